"""A second person is somebody of their own, not an account that the first one made or shaped."""

from datetime import timedelta

import pytest

from participants.models import Approval, Deed
from participants.operations import approvals, deeds, exports, second_persons
from tests.factories import DURING_REGISTRATION as NOW
from tests.factories import make_region, make_registration, make_session
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
What = Deed.What
LONG_AGO = NOW - timedelta(days=200)


@pytest.fixture
def waits():
    session = make_session()
    people = [make_registration(session) for _number in range(approvals.ALONE + 1)]
    return approvals.cancel_people(session=session, people=people, reason="x", by=make_staff("editor"), now=NOW)


def decide(waits, by, *, yes=True):
    return approvals.decide(approval=waits, yes=yes, by=by, now=NOW)


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        (What.INVITED, {"regions": ("", "Papua")}),
        (What.ADDED, {"email": None}),
        (What.CHANGED, {"groups": ("", "Koordinator wilayah")}),
        (What.ASKED, {"reset_second_factor": None}),
        (What.APPROVED, {"email": None}),
    ],
)
@pytest.mark.parametrize("of_the_asker", [True, False])
def test_who_made_or_changed_the_others_account_decides_nothing_with_them(waits, what, changed, of_the_asker):
    second = make_staff("editor")
    maker, made = (second, waits.asked_by) if of_the_asker else (waits.asked_by, second)
    deeds.note(what, about=made, by=maker, now=LONG_AGO, changed=changed)
    with pytest.raises(second_persons.NotIndependent):
        decide(waits, second)
    assert not Approval.objects.get(pk=waits.pk).verdict
    assert decide(waits, make_staff("editor")) == len(waits.people)


def test_other_work_on_an_account_and_work_of_others_is_no_hindrance(waits):
    second = make_staff("editor")
    deeds.note(What.CHANGED, about=second, by=waits.asked_by, now=LONG_AGO, changed={"name": None})
    deeds.note(What.LINKED, about=second, by=waits.asked_by, now=LONG_AGO)
    deeds.note(What.INVITED, about=second, by=make_staff("accounts"), now=LONG_AGO)
    assert decide(waits, second) == len(waits.people)


@pytest.mark.parametrize("what", [What.INVITED, What.ADDED, What.JOINED])
def test_newcomer_waits_a_day(waits, what):
    second = make_staff("editor")
    deeds.note(what, about=second, by=make_staff("accounts"), now=NOW - timedelta(hours=23))
    with pytest.raises(second_persons.TooNew):
        decide(waits, second)
    Approval.objects.filter(pk=waits.pk).update(expires_at=NOW + timedelta(days=2))
    assert approvals.decide(approval=waits, yes=True, by=second, now=NOW + timedelta(hours=1)) == len(waits.people)


def test_asker_without_the_right_or_the_region_gets_no_yes_but_a_no():
    session = make_session(region=make_region(name="Papua"))
    people = [make_registration(session) for _number in range(approvals.ALONE + 1)]
    asker = make_staff("coordinator", session.region)
    first, second = (
        approvals.cancel_people(session=session, people=people, reason="x", by=asker, now=NOW) for _turn in range(2)
    )
    asker.coordinations.all().delete()
    with pytest.raises(second_persons.AskerWithoutRight):
        decide(first, make_staff("editor"))
    assert decide(first, make_staff("editor"), yes=False) == 0
    asker.groups.clear()
    with pytest.raises(second_persons.AskerWithoutRight):
        decide(second, make_staff("editor"))
    assert session.registrations.live().count() == len(people)


def test_personal_columns_take_an_independent_second_person_too(monkeypatch):
    monkeypatch.setattr(exports, "may_have", lambda user, personal: True)
    asker, second = make_staff("editor"), make_staff("editor")
    export = exports.AttendanceExport.objects.create(
        by=asker,
        at=NOW,
        state="asked",
        layout="people",
        format="csv",
        delimiter=";",
        language="id",
        asked={},
        filter={},
        personal=["phone"],
        columns=[],
        reason="x",
        people=2000,
        row_count=2000,
    )
    deeds.note(What.INVITED, about=second, by=asker, now=LONG_AGO)
    with pytest.raises(second_persons.NotIndependent):
        exports.judge(export=export, agrees=True, by=second, now=NOW)
