"""The attendance grid and the export, as coordinators and the ministry use them."""

import csv
import hashlib
import io
import uuid
from datetime import datetime

import openpyxl
import pytest
from bs4 import BeautifulSoup

from participants.models import Attendance, AttendanceExport, AttendanceFact
from portal import roles
from tests.factories import (
    WIB,
    log_in_staff,
    make_coordinator,
    make_participant,
    make_program,
    make_region,
    make_registration,
    make_session,
)
from tests.participants.test_fields import NAMES

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
            "who": "Ibu Koordinator 17\u00a0Des\u00a012.00\u00a0WIT",
        }
        fact = AttendanceFact.objects.get()
        assert (fact.recorded_by, fact.source, fact.mark) == (coordinator, "grid", "present")

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

    def test_the_rest_are_present_beside_what_was_just_chosen(self, client, coordinator, session):
        sick, silent = make_registration(session), make_registration(session)
        name = f"{sick.pk}-{session.days.get(number=1).pk}"

        client.post(grid(session), {"all_present": "1", f"m-{name}": "excused", f"o-{name}": ""})

        marks = dict(Attendance.objects.values_list("registration", "mark"))
        assert marks == {sick.pk: "excused", silent.pk: "present"}

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

        client.post(grid(session), {"all_present": "1"})

        marks = dict(Attendance.objects.values_list("registration", "mark"))
        assert marks == {excused.pk: "excused", silent.pk: "present"}

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

        with django_assert_num_queries(11):
            client.get(grid(session))


class TestExport:
    PAGE = "/staf/participants/attendanceexport/unduh/"

    @pytest.fixture
    def ministry(self, client):
        return log_in_staff(client, make_coordinator(name="Staf"), roles.MINISTRY)

    def download(self, client, format_="csv;", **fields):
        response = client.post(self.PAGE, {"format": format_} | fields)
        assert response.status_code == 200, response.context["form"].errors
        return b"".join(response.streaming_content), response

    def rows(self, data, delimiter=";"):
        assert data.startswith(b"\xef\xbb\xbf")
        return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=delimiter))

    def test_gives_a_row_a_participant_with_the_days_side_by_side(self, client, ministry, session):
        registration = make_registration(session)
        AttendanceFact.objects.create(
            registration=registration,
            day=session.days.get(number=2),
            session=session,
            kind="correction",
            source="grid",
            mark="late",
            recorded_at=SECOND_DAY,
        )

        data, response = self.download(client)

        (row,) = self.rows(data)
        assert (row["Kota"], row["Nama"], row["Zona waktu"]) == ("Jayapura", "Siti Nur'aini", "WIT")
        assert (row["Hari 1"], row["Hari 2"], row["Hari 3"]) == ("Tidak hadir", "Terlambat", "")
        assert row["Dicatat hari 2 (setempat)"] == "2025-12-17 12:00"
        assert (row["Hari hadir"], row["Memenuhi syarat sertifikat"]) == ("1", "tidak")
        assert response.headers["Content-Disposition"] == 'attachment; filename="kehadiran-20251217-1000.csv"'

    def test_xlsx_holds_the_same_with_typed_cells(self, client, ministry, session):
        make_registration(session)

        csv_rows = self.rows(self.download(client, personal=["phone"], reason="uji")[0])
        data, _response = self.download(client, "xlsx", personal=["phone"], reason="uji")

        book = openpyxl.load_workbook(io.BytesIO(data))
        sheet = book["Kehadiran"]
        header = [cell.value for cell in sheet[1]]
        assert header == list(csv_rows[0])
        phone = sheet.cell(2, header.index("Nomor ponsel") + 1)
        assert (phone.value, phone.data_type) == ("+6281234567890", "s")
        assert csv_rows[0]["Nomor ponsel"] == "0812-3456-7890"
        assert (sheet.freeze_panes, bool(sheet.auto_filter.ref)) == ("A2", True)
        assert book["Keterangan"].cell(3, 2).value == "1"

    def test_leaves_out_personal_columns_unless_asked_for_with_a_reason(self, client, ministry, session):
        make_registration(session)

        assert "Nomor ponsel" not in self.rows(self.download(client)[0])[0]
        refused = client.post(self.PAGE, {"format": "csv;", "personal": ["phone"]})
        assert refused.context["form"].errors["reason"]

    def test_records_who_took_what(self, client, ministry, session):
        make_registration(session)

        data, _response = self.download(client, session=session.pk)

        row = AttendanceExport.objects.get()
        assert (row.by, row.row_count, row.format) == (ministry, 1, "csv")
        assert row.sha256 == hashlib.sha256(data).hexdigest()

    def test_filters_by_session_region_edition_and_dates(self, client, ministry, session):
        make_registration(session)
        program = make_program()
        other = make_session(program=program, first_day=datetime(2026, 1, 5, tzinfo=WIB).date())
        make_registration(other)

        def count(**fields):
            return len(self.rows(self.download(client, **fields)[0]))

        assert count() == 2
        assert count(session=session.pk) == count(region=other.region.pk) == count(program=program.pk) == 1
        assert count(first="2026-01-01") == count(last="2025-12-31") == 1

    def test_is_not_there_for_coordinators(self, client, coordinator):
        assert client.get(self.PAGE).status_code == 404
        assert client.post(self.PAGE, {"format": "csv;"}).status_code == 404

    @pytest.mark.parametrize(
        "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1+1", "\u00a0=1", "|calc", "%0A=1"]
    )
    def test_no_name_becomes_a_formula(self, client, ministry, session, name):
        make_registration(session, participant=make_participant(full_name=name, region=session.region))

        (row,) = self.rows(self.download(client)[0])
        data, _response = self.download(client, "xlsx")

        assert row["Nama"].startswith("'")
        cells = openpyxl.load_workbook(io.BytesIO(data))["Kehadiran"][2]
        assert {cell.data_type for cell in cells} <= {"s", "n"}

    def test_names_are_in_list_grid_and_files_as_they_were_typed(self, client, ministry, session):
        for name in NAMES:
            make_registration(session, participant=make_participant(full_name=name, region=session.region))

        rows = self.rows(self.download(client)[0])
        sheet = openpyxl.load_workbook(io.BytesIO(self.download(client, "xlsx")[0]))["Kehadiran"]
        column = [cell.value for cell in sheet[1]].index("Nama")
        pages = [f"/staf/programs/trainingsession/{session.pk}/hadir/", "/staf/participants/registration/"]

        assert sorted(row["Nama"] for row in rows) == sorted(NAMES)
        assert sorted(row[column] for row in sheet.iter_rows(min_row=2, values_only=True)) == sorted(NAMES)
        for path in pages:
            shown = BeautifulSoup(client.get(path).content, "html.parser").get_text("\n")
            assert [name for name in NAMES if name not in shown] == [], path

    def test_control_characters_and_long_texts_do_not_break_a_file(self, client, ministry, session):
        session.program.name_id = "a\x0b\x1fb" + "c" * 20
        session.program.save()
        make_registration(session)

        (row,) = self.rows(self.download(client)[0])
        self.download(client, "xlsx")

        assert row["Edisi"] == "ab" + "c" * 20
