"""The attendance grid, as coordinators use it."""

import re
import uuid
from datetime import datetime
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants.models import Appeal, Attendance, AttendanceFact
from participants.models.appeals import absence_code
from participants.operations import attendance
from participants.operations.attendance import NewMark
from portal import roles
from tests.factories import (
    WIB,
    log_in_staff,
    make_coordinator,
    make_participant,
    make_region,
    make_registration,
    make_session,
)

pytestmark = pytest.mark.django_db
SECOND_DAY = datetime(2025, 12, 17, 10, tzinfo=WIB)


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    now = [SECOND_DAY]
    monkeypatch.setattr("portal.clock.now", lambda: now[0])
    return now


@pytest.fixture
def session():
    return make_session(region=make_region(name="Papua", city="Jayapura", time_zone="Asia/Jayapura"))


@pytest.fixture
def coordinator(client, session):
    return log_in_staff(client, make_coordinator(session.region, name="Ibu Koordinator"), roles.COORDINATOR)


def grid(session):
    return f"/staf/programs/trainingsession/{session.pk}/hadir/"


def send(client, session, registration, day, mark, /, **fields):
    data = {"id": uuid.uuid4(), "registration": registration.pk, "day": day.pk, "mark": mark} | fields
    return client.post(grid(session), data, headers={"x-requested-with": "fetch"})


class TestGrid:
    def test_records_one_mark_and_says_who_and_when(self, client, coordinator, session):
        registration, day = make_registration(session), session.days.get(number=1)

        answer = send(client, session, registration, day, "present").json()

        assert answer["cells"][0] == {
            "name": f"{registration.pk}-{day.pk}",
            "mark": "present",
            "who": "Ibu Koordinator 17\u00a0Des 12.00\u00a0WIT",
        }
        fact = AttendanceFact.objects.get()
        assert (fact.recorded_by, fact.source, fact.mark) == (coordinator, "grid", "present")

    def test_shows_who_said_that_they_cannot_come_and_counts_nobody_as_excused(self, client, coordinator, session):
        registration, third = make_registration(session), session.days.get(number=3)
        said = {"user": registration.participant.user, "session": session, "registration": registration}
        appeal = Appeal.objects.create(code=absence_code(third.date), text="<b>Ujian</b>", asked_at=SECOND_DAY, **said)

        page = BeautifulSoup(client.get(grid(session)).content, "html.parser")

        (word,) = page.select(".said-absent")
        cell = word.find_parent("td")
        assert word.text == "Bilang tidak bisa datang (Belum dijawab): <b>Ujian</b>"
        assert word.a["href"] == f"/staf/participants/appeal/{appeal.pk}/change/"
        assert cell.select_one("select")["name"] == f"m-{registration.pk}-{third.pk}"
        assert cell.select_one("select")["data-mark"] == ""
        answer = client.get(f"/staf/participants/appeal/{appeal.pk}/jawab/").content.decode()
        assert f'href="{grid(session)}"' in answer

    def test_a_repeat_records_nothing_new(self, client, coordinator, session):
        registration, day, key = make_registration(session), session.days.get(number=1), uuid.uuid4()

        for _ in range(3):
            assert send(client, session, registration, day, "present", id=key).status_code == 200

        assert AttendanceFact.objects.count() == 1

    def test_works_without_its_script(self, client, coordinator, session):
        first, second = make_registration(session), make_registration(session)
        day = session.days.get(number=1)
        names = [f"{row.pk}-{day.pk}" for row in (first, second)]

        response = client.post(
            grid(session),
            {f"m-{names[0]}": "late", f"o-{names[0]}": "", f"m-{names[1]}": "absent", f"o-{names[1]}": "absent"},
        )

        assert response.status_code == 302
        assert list(Attendance.objects.values_list("registration", "mark")) == [(first.pk, "late")]

    @pytest.mark.parametrize("people", [300, 800])
    def test_takes_the_form_of_a_whole_cohort_without_its_script(self, client, coordinator, session, people):
        registration = make_registration(session)
        days = [day.pk for day in session.days.all()]
        cells = [f"{1_000_000 + number}-{day}" for number in range(people - 1) for day in days]
        typed = {f"{kind}-{cell}": "present" for cell in cells for kind in "mo"}  # nothing that others have is changed
        for day in days[:2]:  # the third is ahead
            typed |= {f"m-{registration.pk}-{day}": "late", f"o-{registration.pk}-{day}": ""}

        response = client.post(grid(session), urlencode(typed), content_type="application/x-www-form-urlencoded")

        assert (len(typed), response.status_code) == (people * 3 * 2 - 2, 302)
        assert Attendance.objects.filter(registration=registration, mark="late").count() == 2

    def test_the_rest_are_present_beside_what_was_just_chosen(self, client, coordinator, session):
        sick, silent = make_registration(session), make_registration(session)
        name = f"{sick.pk}-{session.days.get(number=1).pk}"

        client.post(grid(session), {"all_present": "1", "sure": "1", f"m-{name}": "excused", f"o-{name}": ""})

        marks = dict(Attendance.objects.values_list("registration", "mark"))
        assert marks == {sick.pk: "excused", silent.pk: "present"}

    def test_asks_before_the_rest_are_present_and_says_how_many_were(self, client, coordinator, session):
        sick, *_silent = [make_registration(session) for _ in range(3)]
        name = f"{sick.pk}-{session.days.get(number=1).pk}"
        chosen = {"all_present": "1", f"m-{name}": "excused", f"o-{name}": ""}

        asked = client.post(grid(session), chosen)
        page = BeautifulSoup(asked.content, "html.parser")

        assert "Tandai 2 orang yang belum tercatat di hari 1 sebagai hadir?" in page.h2.text
        assert not AttendanceFact.objects.exists()
        fields = page.select("#content-main form input[name]")
        done = client.post(grid(session), {field["name"]: field["value"] for field in fields}, follow=True)
        assert sorted(Attendance.objects.values_list("mark", flat=True)) == ["excused", "present", "present"]
        assert "2 orang ditandai hadir. Salah? Tekan" in done.text
        rest = BeautifulSoup(done.content, "html.parser").select("[name=all_present]")
        assert [(button["value"], button.has_attr("hidden")) for button in rest] == [("1", True), ("2", False)]

    @pytest.mark.parametrize("number", ["9", "9" * 30, "9" * 5000, "\u0662", "x"])
    def test_the_rest_of_a_day_that_is_not_there_changes_nothing(self, client, coordinator, session, number):
        name = f"{make_registration(session).pk}-{session.days.get(number=1).pk}"

        answer = client.post(grid(session), {"all_present": number, f"m-{name}": "late", f"o-{name}": ""})

        assert answer.status_code == 302
        assert not AttendanceFact.objects.exists()

    @pytest.mark.parametrize(
        ("device_at", "kept"), [("2025-12-17T09:00:00+09:00", True), ("0001-01-01T00:00:00+23:00", False)]
    )
    def test_keeps_the_devices_time_unless_its_clock_is_broken(self, client, coordinator, session, device_at, kept):
        registration = make_registration(session)

        answer = send(client, session, registration, session.days.get(number=1), "present", device_at=device_at)

        assert answer.status_code == 200
        assert (AttendanceFact.objects.get().device_at is not None) is kept

    @pytest.mark.parametrize("since", ["9" * 30, "9" * 5000, "-1", "x", ""])
    def test_tells_changes_whatever_it_is_asked(self, client, coordinator, session, since):
        assert client.get(f"{grid(session)}baru/", {"since": since}).status_code == 200

    def test_says_who_counts_as_absent_and_how_many_are_there(self, client, coordinator, session):
        late, _silent = make_registration(session), make_registration(session)
        send(client, session, late, session.days.get(number=1), "late")

        page = client.get(grid(session)).text

        assert page.count("belum dicatat: dihitung tidak hadir") == 1
        assert [page.count(f'data-count="{day}">{there}</b>/2') for day, there in ((1, 1), (2, 0))] == [1, 1]
        assert 'data-count="3"' not in page

    def test_marks_the_rest_present(self, client, coordinator, session):
        excused, silent = make_registration(session), make_registration(session)
        day = session.days.get(number=1)
        send(client, session, excused, day, "excused")

        client.post(grid(session), {"all_present": "1", "sure": "1"})

        marks = dict(Attendance.objects.values_list("registration", "mark"))
        assert marks == {excused.pk: "excused", silent.pk: "present"}

    def test_what_was_pressed_last_is_taken_back(self, client, coordinator, session):
        make_registration(session), make_registration(session)
        client.post(grid(session), {"all_present": "1", "sure": "1"})
        batch = re.search(r'id="undo" value="([0-9a-f-]{36})">', client.get(grid(session)).text)[1]

        client.post(grid(session), {"undo": batch})

        assert not Attendance.objects.exists()
        assert 'id="undo" value="" hidden>' in client.get(grid(session)).text

    def test_one_mark_is_taken_back_by_the_script(self, client, coordinator, session):
        registration, day, key = make_registration(session), session.days.get(number=1), uuid.uuid4()
        send(client, session, registration, day, "late", id=key)

        answer = client.post(grid(session), {"undo": key}, headers={"x-requested-with": "fetch"})

        assert answer.json()["cells"][0]["mark"] == ""
        assert client.post(grid(session), {"undo": "x"}, headers={"x-requested-with": "fetch"}).status_code == 409

    def test_two_coordinators_lose_nothing(self, client, coordinator, session):
        registration = make_registration(session)
        first, second = session.days.filter(number__lte=2)
        newest = send(client, session, registration, first, "present").json()["newest"]
        other = make_coordinator(session.region, name="Pak Lain")
        other.groups.set(coordinator.groups.all())
        log_in_staff(client, other, roles.COORDINATOR)

        send(client, session, registration, second, "late")
        changes = client.get(f"{grid(session)}baru/?since={newest}").json()

        assert [(cell["mark"]) for cell in changes["cells"]][:2] == ["present", "late"]
        assert AttendanceFact.objects.count() == 2

    @pytest.fixture
    def changed(self, client, coordinator, session):
        """A cell that somebody saw empty, and that Pak Lain has filled since."""
        registration, day = make_registration(session), session.days.get(number=1)
        other = make_coordinator(session.region, name="Pak Lain")
        other.groups.set(coordinator.groups.all())
        marks = [NewMark(registration.pk, day.pk, "present")]
        attendance.record(session=session, marks=marks, by=other, now=SECOND_DAY)
        return registration, day

    def test_a_tap_on_what_was_not_seen_is_refused_once_and_says_who_and_when(self, client, session, changed):
        key = uuid.uuid4()
        refused = [send(client, session, *changed, "excused", id=key, seen="") for _ in range(2)]

        (cell,) = refused[0].json()["changed"]
        assert [answer.status_code for answer in refused] == [409, 409]
        assert (cell["mark"], cell["who"]) == ("present", "Pak Lain 17\u00a0Des 12.00\u00a0WIT")
        assert list(Attendance.objects.values_list("mark", flat=True)) == ["present"]
        again = uuid.uuid4()
        assert send(client, session, *changed, "excused", id=again, seen="present").status_code == 200
        assert send(client, session, *changed, "excused", id=again, seen="present").status_code == 200  # a repeat
        assert list(Attendance.objects.values_list("mark", flat=True)) == ["excused"]

    def test_of_what_was_emptied_meanwhile_it_is_told_by_whom(self, client, session, changed):
        send(client, session, *changed, "", seen="present")

        (cell,) = send(client, session, *changed, "late", seen="present").json()["changed"]

        assert (cell["mark"], cell["who"]) == ("", "Ibu Koordinator 17\u00a0Des 12.00\u00a0WIT")

    @pytest.mark.parametrize("fields", [{"mark": "present", "seen": ""}, {"mark": "late"}])
    def test_who_wants_the_same_or_says_not_what_they_saw_is_not_refused(self, client, session, changed, fields):
        assert send(client, session, *changed, "", **fields).status_code == 200

    def test_an_old_form_is_refused_once_and_keeps_what_was_chosen(self, client, session, changed):
        other, day = make_registration(session), changed[1]
        names = [f"{row.pk}-{day.pk}" for row in (changed[0], other)]
        typed = {f"{kind}-{name}": value for name in names for kind, value in (("m", "excused"), ("o", ""))}

        refused = client.post(grid(session), typed)

        page = BeautifulSoup(refused.content, "html.parser")
        cell = page.select_one(f"[name=m-{names[0]}]").parent
        assert (refused.status_code, AttendanceFact.objects.count()) == (409, 1)
        assert cell.select_one(".now").text == "Sekarang: Hadir"
        assert cell.select_one(".who").text == "Pak Lain 17\u00a0Des 12.00\u00a0WIT"
        assert not page.select_one(f"[name=m-{names[1]}]").parent.select(".now")
        again = {field["name"]: field["value"] for field in page.select("[name^=o-]")}
        again |= {field["name"]: field.select_one("[selected]")["value"] for field in page.select("[name^=m-]")}
        assert client.post(grid(session), again).status_code == 302
        assert list(Attendance.objects.values_list("mark", flat=True)) == ["excused", "excused"]

    def test_who_left_meanwhile_takes_no_mark_of_others_along(self, client, coordinator, session):
        stays, leaves = make_registration(session), make_registration(session)
        names = [f"{row.pk}-{session.days.get(number=1).pk}" for row in (stays, leaves)]
        typed = {f"{kind}-{name}": value for name in names for kind, value in (("m", "late"), ("o", ""))}
        released = {"place": "released", "release_reason": "cancelled", "released_at": SECOND_DAY}
        type(leaves).objects.filter(pk=leaves.pk).update(**released)

        refused = client.post(grid(session), typed)

        page = BeautifulSoup(refused.content, "html.parser")
        assert (refused.status_code, AttendanceFact.objects.count()) == (409, 0)
        assert "bukan peserta pasti" in page.select_one(".messagelist .error").text
        again = {field["name"]: field["value"] for field in page.select("[name^=o-]")}
        again |= {field["name"]: field.select_one("[selected]")["value"] for field in page.select("[name^=m-]")}
        assert client.post(grid(session), again).status_code == 302
        assert list(Attendance.objects.values_list("registration", "mark")) == [(stays.pk, "late")]

    def test_an_old_form_costs_the_same_however_many_cells_were_emptied_meanwhile(self, client, coordinator, session):
        day, asked = session.days.get(number=1), []
        rows = [make_registration(session) for _ in range(4)]
        for mark in ("present", ""):
            marks = [NewMark(row.pk, day.pk, mark) for row in rows]
            attendance.record(session=session, marks=marks, by=coordinator, now=SECOND_DAY)
        for some in (rows[:1], rows[:1], rows):  # the first time more is asked
            typed = {f"m-{row.pk}-{day.pk}": "excused" for row in some} | {
                f"o-{row.pk}-{day.pk}": "present" for row in some
            }
            with CaptureQueriesContext(connection) as queries:
                assert client.post(grid(session), typed).status_code == 409
            asked.append(len(queries))

        assert asked[1] == asked[2]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("mark", "banana"),
            ("registration", "x"),
            ("day", "999999"),
            ("id", "not-a-uuid"),
            ("registration", "999999"),
            ("registration", "9" * 30),
            ("day", "9" * 30),
            ("day", "9" * 5000),
            ("device_at", "2025-12-17T25:00:00Z"),
        ],
    )
    def test_refuses_what_cannot_be_meant(self, client, coordinator, session, field, value):
        registration, day = make_registration(session), session.days.get(number=1)

        answer = send(client, session, registration, day, "present", **{field: value})

        assert answer.status_code == 409
        assert answer.json()["refused"]
        assert not AttendanceFact.objects.exists()

    def test_refuses_a_day_that_has_not_come_in_the_sessions_own_time(self, client, coordinator, session, moment):
        registration, third = make_registration(session), session.days.get(number=3)
        moment[0] = datetime(2025, 12, 17, 21, 59, tzinfo=WIB)
        assert send(client, session, registration, third, "present").status_code == 409

        moment[0] = datetime(2025, 12, 17, 22, 0, tzinfo=WIB)  # midnight in Jayapura
        assert send(client, session, registration, third, "present").status_code == 200

    @pytest.mark.parametrize("fields", [{"guardian": "asked"}, {"place": "queued", "queue_number": 1}])
    def test_only_the_confirmed_are_in_the_cohort(self, client, coordinator, session, fields):
        registration = make_registration(
            session, participant=make_participant(full_name="Belum Pasti", region=session.region), **fields
        )

        assert "Belum Pasti" not in client.get(grid(session)).text
        assert send(client, session, registration, session.days.get(number=1), "present").status_code == 409

    def test_of_another_region_is_not_there(self, client, coordinator):
        other = make_session()
        registration = make_registration(other)

        assert client.get(grid(other)).status_code == 404
        assert client.get(f"{grid(other)}baru/").status_code == 404
        assert send(client, other, registration, other.days.get(number=1), "present").status_code == 404

    def test_a_forged_registration_of_another_region_is_refused(self, client, coordinator, session):
        foreign = make_registration(make_session())

        answer = send(client, session, foreign, session.days.get(number=1), "present")

        assert answer.status_code == 409
        assert not AttendanceFact.objects.exists()

    def test_ministry_staff_look_and_do_not_record(self, client, session):
        log_in_staff(client, make_coordinator(), roles.MINISTRY)
        registration = make_registration(session)

        assert client.get(grid(session)).status_code == 200
        assert send(client, session, registration, session.days.get(number=1), "present").status_code == 404

    @pytest.mark.parametrize("people", [1, 3])
    def test_costs_the_same_for_one_and_three(self, client, coordinator, session, people, django_assert_num_queries):
        for _ in range(people):
            make_registration(session)

        with django_assert_num_queries(10):
            client.get(grid(session))
