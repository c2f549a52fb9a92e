"""The ministry's page says what exports and certificates say, and no more than its reader may know."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from participants.models import Registration, Tally
from participants.operations import tallies
from participants.queries import dashboards, person_days
from participants.queries.person_days import Filter, Selection
from portal.accounts.models import User
from programs.models import Program, Visits
from tests.factories import WIB, make_participant, make_program, make_region, make_registration, make_session
from tests.participants.queries.test_person_days import make_history
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
MACHINE = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2025, 12, 19, 12, tzinfo=WIB)


def count(program: Program, now: datetime = NOW) -> None:
    assert tallies.count(program=program, now=now, machine_now=MACHINE)


def fill(session, number: int, **fields) -> None:
    gender = fields.pop("gender", "female")
    for _number in range(number):
        person = make_participant(region=session.region, gender=gender)
        make_registration(session, participant=person, **fields)


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [(0, 300, 0), (1, 300, 1), (299, 300, 99), (300, 300, 100), (2, 3, 67), (None, 300, None), (0, 0, None)],
)
def test_all_are_a_hundred_and_nobody_is_none_and_no_other(part, whole, share):
    assert dashboards.in_a_hundred(part, whole) == share


@pytest.mark.parametrize("seed", range(12))
def test_page_exports_and_certificates_agree_about_a_random_history(seed):
    now = make_history(random.Random(seed))
    program = Program.objects.get()
    reader = make_staff("coordinator", *(session.region for session in program.sessions.all()))
    count(program, now)
    board = dashboards.board(reader, program)
    selection = Selection(Registration.objects.visible_to(reader), now, Filter(program=program.pk))
    (totals,) = person_days.totals(selection)

    assert board.all.numbers["confirmed"] == totals["people"]
    assert board.all.numbers["complete"] == totals["complete"] == len(person_days.certificate_ids(selection))
    for day in range(1, board.days + 1):
        assert board.all.numbers[f"there_{day}"] == totals.get(f"there_{day}", 0)
    for rows, by in ((board.regions, "region"), *((board.traits[trait], trait) for trait in board.traits)):
        groups = {group[by] or "": group for group in person_days.totals(selection, by=(str(by),))}
        shown = {row.key: row.numbers for row in rows if row.numbers["confirmed"]}
        assert {key: numbers["confirmed"] for key, numbers in shown.items()} == {
            key: group["people"] for key, group in groups.items()
        }
        assert {key: numbers["complete"] for key, numbers in shown.items()} == {
            key: group["complete"] for key, group in groups.items()
        }
        assert sum(row.numbers["registered"] for row in rows) == board.all.numbers["registered"]
    assert board.all.numbers["registered"] == Registration.objects.count()


def test_coordinator_sees_own_region_whole_and_no_other():
    program = make_program()
    own, other = make_session(program=program), make_session(program=program)
    fill(own, 2)
    fill(other, 9)
    Visits.objects.create(day=date(2025, 12, 2), page="session", session=own, number=3)
    Visits.objects.create(day=date(2025, 12, 2), page="session", session=other, number=40)
    count(program)
    board = dashboards.board(make_staff("coordinator", own.region), program)

    assert [row.key for row in board.regions] == [own.region_id]
    assert (board.all.numbers["registered"], board.visits, board.public_visits) == (2, 3, None)
    assert not board.is_masked


def test_coordinator_without_a_region_sees_nobody():
    program = make_program()
    fill(make_session(program=program), 6)
    count(program)
    board = dashboards.board(make_staff("coordinator"), program)

    assert (board.regions, board.all.numbers["registered"]) == ([], 0)


def test_ministry_sees_few_people_masked_and_another_region_with_them():
    program = make_program()
    small, middle, large = (make_session(program=program) for _number in range(3))
    fill(small, 2)
    fill(middle, 7)
    fill(large, 20)
    count(program)
    ministry = make_staff("ministry")
    board = dashboards.board(ministry, program)

    shown = {row.key: row.numbers["registered"] for row in board.regions}
    assert shown == {small.region_id: None, middle.region_id: None, large.region_id: 20}
    assert board.all.numbers["registered"] == 29
    for region in (small.region, middle.region):  # what one page masks no other tells
        alone = dashboards.board(ministry, program, region=region)
        assert alone.all.numbers["registered"] is None
        assert [row.numbers["registered"] for row in alone.sessions] == [None]
        assert {row.numbers["registered"] for rows in alone.traits.values() for row in rows} == {None}


@pytest.mark.parametrize("seed", range(4))
def test_what_one_page_masks_no_other_shows(seed):
    chance, program, ministry = random.Random(seed), make_program(), make_staff("ministry")
    regions = [make_region() for _number in range(4)]
    for region in regions:
        for _session in range(chance.randint(1, 2)):
            session = make_session(program=program, region=region)
            for gender in ("female", "male", ""):
                fill(session, chance.choice([0, 1, 2, 4, 7]), gender=gender)
    count(program)
    whole = dashboards.board(ministry, program)
    pages = {region.pk: dashboards.board(ministry, program, region=region) for region in regions}

    for row in whole.regions:
        assert pages[row.key].all.numbers == row.numbers
    for page in pages.values():
        assert page.regions == whole.regions
        for row in page.sessions:
            session = program.sessions.get(pk=row.key)
            assert dashboards.board(ministry, program, session=session).all.numbers == row.numbers
    cells = {row.key: row.numbers["registered"] for row in whole.traits["gender"]}
    for gender, number in cells.items():
        parts = [row for page in pages.values() for row in page.traits["gender"] if row.key == gender]
        shown = [row.numbers["registered"] for row in parts]
        hidden = shown.count(None)
        assert hidden != 1 or number is None
        assert not hidden or number is None or number - sum(part or 0 for part in shown) >= 5


def test_ministry_assigned_to_a_region_sees_it_whole():
    program = make_program()
    small, large = make_session(program=program), make_session(program=program)
    fill(small, 2)
    fill(large, 20)
    count(program)
    board = dashboards.board(make_staff("ministry", small.region), program, session=small)

    assert board.all.numbers["registered"] == 2
    assert {row.key: row.numbers["registered"] for row in board.traits["gender"]} == {"female": 2}


def test_session_outside_own_regions_tells_no_groups():
    program = make_program()
    session = make_session(program=program)
    fill(session, 8)
    count(program)
    board = dashboards.board(make_staff("ministry"), program, session=session)

    assert (board.all.numbers["registered"], board.traits) == (8, {})


def test_moved_registration_counts_where_it_went():
    program = make_program()
    before, after = make_session(program=program), make_session(program=program)
    released = {"place": "released", "release_reason": "switched", "released_at": NOW}
    person = make_participant(region=make_region())
    make_registration(before, participant=person, **released)
    make_registration(after, participant=person)
    count(program)

    assert sum(Tally.objects.filter(dimension="").values_list("registered", flat=True)) == 1


@pytest.mark.parametrize("place", ["seat", "queued", "released"])
def test_person_who_registered_again_is_one_person_where_they_are_now(place):
    program = make_program()
    before, after = make_session(program=program), make_session(program=program)
    released = {"place": "released", "release_reason": "cancelled", "released_at": NOW}
    left = {"place": "queued", "queue_number": 1} if place == "queued" else released if place == "released" else {}
    person = make_participant(region=make_region(), gender="male")
    for session, fields in ((before, released), (before, released), (after, left)):
        make_registration(session, participant=person, **fields)
    make_registration(before, participant=make_participant(gender="male"))
    count(program)

    counted = Tally.objects.filter(registered__gt=0).order_by("session_id", "dimension")
    assert [(row.session_id, row.dimension, row.registered) for row in counted] == [
        (session.pk, dimension, 1) for session in (before, after) for dimension in ("", "age", "gender", "occupation")
    ]


@pytest.mark.parametrize(("opens", "public"), [((2, 0), 10), ((1, 23), 11)])
def test_visits_count_from_the_day_of_opening_in_jakarta(opens, public):
    day, hour = opens
    program = make_program(registration_opens=datetime(2025, 12, day, hour, 30, tzinfo=WIB))
    for number, at in ((1, date(2025, 12, 1)), (10, date(2025, 12, 2))):
        Visits.objects.create(day=at, page="home", number=number)
    for number, at in ((100, program.ends_on), (1000, program.ends_on + timedelta(days=1))):
        Visits.objects.create(day=at, page="sessions", number=number)

    program = Program.objects.get()  # with its instant as the database gives it
    assert dashboards.board(make_staff("ministry"), program).public_visits == public + 100


def test_board_asks_as_often_for_many_sessions_as_for_one(django_assert_num_queries):
    program, reader = make_program(), make_staff("ministry")
    fill(make_session(program=program), 6)
    count(program)
    with django_assert_num_queries(7):
        dashboards.board(User.objects.get(pk=reader.pk), program)
    for _number in range(3):
        fill(make_session(program=program), 6)
    count(program)
    with django_assert_num_queries(7):
        dashboards.board(User.objects.get(pk=reader.pk), program)
