"""Who may take part and where: the edges of the birth window, each state of a region, and what is near."""

from datetime import date, datetime, timedelta

import pytest

from programs.eligibility import Verdict, eligibility
from tests.factories import ADULT_BORN, DURING_REGISTRATION, OPENS, WIB, make_program, make_region, make_session

pytestmark = pytest.mark.django_db


def ask(session, born=ADULT_BORN, now=DURING_REGISTRATION, region=None):
    return eligibility(session.program, birth_date=born, region=region or session.region, now=now)


@pytest.mark.parametrize(
    ("born", "verdict", "needs_guardian"),
    [
        (date(1996, 12, 31), Verdict.TOO_OLD, False),
        (date(1997, 1, 1), Verdict.OPEN, False),
        (date(2007, 12, 16), Verdict.OPEN, False),  # eighteen on the first day
        (date(2007, 12, 17), Verdict.OPEN, True),
        (date(2012, 12, 31), Verdict.OPEN, True),
        (date(2013, 1, 1), Verdict.TOO_YOUNG, False),
        (date(2025, 12, 3), Verdict.NOT_A_BIRTHDAY, False),  # tomorrow
        (date(1, 1, 1), Verdict.NOT_A_BIRTHDAY, False),
        (date(9999, 12, 31), Verdict.NOT_A_BIRTHDAY, False),
    ],
)
def test_eligibility_follows_the_birth_date(born, verdict, needs_guardian):
    answer = ask(make_session(first_day=date(2025, 12, 16)), born)

    assert (answer.verdict, answer.needs_guardian) == (verdict, needs_guardian)


@pytest.mark.parametrize(
    ("now", "options", "verdict"),
    [
        (OPENS - timedelta(seconds=1), {}, Verdict.SOON),
        (OPENS, {}, Verdict.OPEN),
        (OPENS, {"capacity": 0}, Verdict.FULL),
        (OPENS, {"status": "cancelled"}, Verdict.CANCELLED),
        (OPENS, {"status": "draft"}, Verdict.NO_SESSION),
        (datetime(2025, 12, 15, 18, tzinfo=WIB), {}, Verdict.CLOSED),
        (datetime(2025, 12, 18, 16, tzinfo=WIB), {}, Verdict.CLOSED),
    ],
)
def test_eligibility_says_what_the_region_offers(now, options, verdict):
    assert ask(make_session(**options), now=now).verdict == verdict


def test_eligibility_takes_the_best_of_two_sessions_in_one_region():
    full = make_session(capacity=0)
    later = make_session(program=full.program, region=full.region)

    answer = ask(full)

    assert answer.verdict == Verdict.OPEN
    assert [offer.session for offer in answer.offers] == [full, later]


@pytest.mark.parametrize(("options", "elsewhere"), [({}, 0), ({"capacity": 0}, 3), ({"status": "cancelled"}, 3)])
def test_eligibility_names_three_sessions_elsewhere_only_without_a_seat_here(options, elsewhere):
    session = make_session(**options)
    for _ in range(4):
        make_session(program=session.program)

    assert len(ask(session).elsewhere) == elsewhere


def test_eligibility_puts_the_nearest_first():
    program = make_program()
    here = make_session(program=program, region=make_region(latitude=-2.59, longitude=140.67), capacity=0)
    far = make_session(program=program, region=make_region(latitude=3.6, longitude=98.67))
    near = make_session(program=program, region=make_region(latitude=-5.15, longitude=119.43))
    nowhere = make_session(program=program)

    assert [offer.session for offer in ask(here).elsewhere] == [near, far, nowhere]


def test_eligibility_counts_age_on_the_first_day_of_what_it_names():
    """Of age when the session of the own region began, which is cancelled; a minor on the day of the one elsewhere."""
    gone = make_session(first_day=date(2025, 12, 18), status="cancelled")
    make_session(program=gone.program, first_day=date(2025, 12, 16))

    assert ask(gone, born=date(2007, 12, 17)).needs_guardian


@pytest.mark.parametrize("born", [date(1990, 1, 1), date(2030, 1, 1)])
def test_eligibility_asks_nothing_for_a_plain_no(django_assert_num_queries, born):
    program, region = make_program(), make_region()

    with django_assert_num_queries(0):
        eligibility(program, birth_date=born, region=region, now=DURING_REGISTRATION)
