"""Paper: a roster with codes for each day, and what was ticked on it typed in, all or nothing."""

from datetime import datetime

import pytest

from participants.admin import papers
from participants.documents import tickets
from participants.models import Attendance, AttendanceFact
from participants.operations import ticket_changes
from participants.queries import names
from portal import roles
from tests.factories import WIB, log_in_staff, make_coordinator, make_participant, make_registration, make_session

pytestmark = pytest.mark.django_db
EVENING = datetime(2025, 12, 16, 20, tzinfo=WIB)


@pytest.fixture(autouse=True)
def _moment(monkeypatch):
    monkeypatch.setattr("portal.clock.now", lambda: EVENING)


@pytest.fixture
def session():
    return make_session()


@pytest.fixture(autouse=True)
def coordinator(client, session):
    return log_in_staff(client, make_coordinator(session.region), roles.COORDINATOR)


def enrol(session, *names):
    return [
        make_registration(session, participant=make_participant(full_name=name, region=session.region))
        for name in names
    ]


def paper(session, more=""):
    return f"/staf/programs/trainingsession/{session.pk}/kertas/{more}"


def type_in(client, session, *lines, **fields):
    data = {"day": session.days.get(number=1).pk, "mark": "present", "lines": "\n".join(lines)} | fields
    return client.post(paper(session), data)


def marks():
    return dict(Attendance.objects.values_list("registration__participant__full_name", "mark"))


@pytest.mark.parametrize(("replaced_at", "is_told"), [(EVENING.replace(hour=9), True), (EVENING, False)])
def test_a_code_that_was_replaced_is_recorded_and_named_unless_it_was_good_on_that_day(
    client, session, replaced_at, is_told
):
    ayu, _budi = enrol(session, "Ayu Lestari", "Budi Santoso")
    old = tickets.short_code(ayu)
    ticket_changes.replace(registration=ayu, old=ayu.ticket, by=None, now=replaced_at)

    answer = type_in(client, session, old, "Budi Santoso")
    told = client.get(answer["Location"]).text

    assert marks() == {"Ayu Lestari": "present", "Budi Santoso": "present"}
    assert (f"{old} (Ayu Lestari)" in told) is is_told
    assert ("sudah diganti" in told) is is_told


def test_a_code_that_two_replaced_tickets_had_means_both(client, session, monkeypatch):
    people = enrol(session, "Ayu Lestari", "Budi Santoso")
    old, code_of = [row.ticket for row in people], tickets.code_of
    code = code_of(old[0])
    for row in people:
        ticket_changes.replace(registration=row, old=row.ticket, by=None, now=EVENING.replace(hour=9))
    monkeypatch.setattr("participants.documents.tickets.code_of", lambda one: code if one in old else code_of(one))

    answer = type_in(client, session, code)

    assert "ada beberapa orang" in answer.text
    assert marks() == {}


def test_codes_and_names_are_typed_in_as_they_come(client, session, coordinator):
    ayu, _budi, _citra = enrol(session, "Ayu Lestari", "Budi Santoso", "Citra Dewi")

    answer = type_in(client, session, tickets.short_code(ayu).lower().replace("-", " "), "", " budi santoso ")

    assert answer.status_code == 302
    assert marks() == {"Ayu Lestari": "present", "Budi Santoso": "present"}
    assert set(AttendanceFact.objects.values_list("source", "recorded_by")) == {("paper", coordinator.pk)}


def test_all_present_but_those_who_are_named(client, session):
    enrol(session, "Ayu Lestari", "Budi Santoso", "Citra Dewi")

    type_in(client, session, "Budi Santoso", mark="absent", rest_present="on")

    assert marks() == {"Ayu Lestari": "present", "Budi Santoso": "absent", "Citra Dewi": "present"}


def test_every_line_that_means_nobody_or_two_is_named_and_nothing_is_written(client, session):
    _ayu, twin, _other = enrol(session, "Ayu Lestari", "Siti", "Siti")
    foreign = make_registration(make_session())
    code = tickets.short_code(twin)

    page = type_in(
        client, session, "Ayu Lestari", "Siti", tickets.short_code(foreign), code[:-1] + "?", "<b>kanari</b>"
    )

    errors = page.context["form"].errors["lines"]
    assert [error.split(",")[0] for error in errors] == ["Baris 2", "Baris 3", "Baris 4", "Baris 5"]
    assert "<b>kanari" not in page.text
    assert not AttendanceFact.objects.exists()


def test_a_name_that_is_nobodys_suggests_those_who_may_be_meant(client, session):
    ayu, _budi = enrol(session, "Ayu Lestari", "Budi Santoso")

    page = type_in(client, session, "Ayu Lestary", "ayu", "Zzz")

    close, part, nobody = page.context["form"].errors["lines"]
    meant = f"Maksudmu Ayu Lestari ({tickets.short_code(ayu)})?"
    assert (meant in close, meant in part, "Maksudmu" in nobody) == (True, True, False)


def test_each_name_is_read_once_however_many_lines_are_wrong(client, session, monkeypatch):
    enrol(session, "Ayu Lestari", "Budi Santoso", "Citra Dewi")
    read = []
    monkeypatch.setattr(papers, "grams", lambda name: read.append(name) or names.grams(name))

    type_in(client, session, "Ayu Lestary", "Budy", "Citro", "Zzz")

    assert sorted(read) == sorted(["Ayu Lestari", "Budi Santoso", "Citra Dewi", "Ayu Lestary", "Budy", "Citro", "Zzz"])


@pytest.mark.parametrize("day", [3, "x", "9" * 30])
def test_a_day_that_has_not_come_is_not_there_to_choose(client, session, day):
    enrol(session, "Ayu Lestari")
    number = session.days.get(number=day).pk if day == 3 else day

    assert type_in(client, session, "Ayu Lestari", day=number).status_code == 200
    assert not AttendanceFact.objects.exists()


def test_another_regions_session_is_not_there(client):
    other = make_session()
    day = other.days.get(number=1)

    assert client.get(paper(other)).status_code == 404
    assert client.get(paper(other, f"{day.pk}.pdf")).status_code == 404
    assert type_in(client, other).status_code == 404


def test_the_ministry_prints_and_does_not_type(client, session):
    log_in_staff(client, make_coordinator(), roles.MINISTRY)

    assert client.get(paper(session)).status_code == 200
    assert type_in(client, session).status_code == 404


def test_the_roster_is_a_pdf_of_that_day(client, session):
    enrol(session, "Ayu Lestari", '#panic() "*_$x$ <b>')
    day = session.days.get(number=2)

    answer = client.get(paper(session, f"{day.pk}.pdf"))

    assert (answer.headers["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert client.get(paper(make_session(region=session.region), f"{day.pk}.pdf")).status_code == 404
