"""Which consents stand for one person of two records, and that parting them gives each its own again."""

import random
from datetime import timedelta

import pytest

from participants.models import Consent, Participant
from participants.operations import consents, merges, withdrawals
from tests.factories import DURING_REGISTRATION, make_participant, make_region
from tests.histories import seeds
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
NUMBERS = ("+6281200000001", "+6281200000002", "+6281200000003")
HOUR = timedelta(hours=1)
TRAINING, STATISTICS, WHATSAPP = Consent.Purpose.TRAINING, Consent.Purpose.STATISTICS, Consent.Purpose.WHATSAPP


@pytest.fixture
def by():
    return make_staff("editor")


@pytest.fixture
def region():
    return make_region()


@pytest.fixture
def person(region):
    def make(phone=NUMBERS[0]):
        made = make_participant(region=region, phone=phone)
        say_yes(made, TRAINING, 0)
        return made

    return make


def at(hour):
    return NOW + HOUR * hour


def say_yes(person, purpose, hour, number=None):
    number = (number or person.phone) if purpose == WHATSAPP else ""
    given = {"text_version": "1", "text_hash": "0" * 64, "language": "id", "given_at": at(hour), "number": number}
    return Consent.objects.create(participant=person, purpose=purpose, **given)


def say_no(person, purpose, hour):
    person.consents.standing().filter(purpose=purpose).update(withdrawn_at=at(hour), withdrawn_by="self")


def standing(person):
    return {(row.purpose, row.number) for row in person.consents.standing().exclude(purpose=TRAINING)}


def everything():
    return list(Consent.objects.order_by("pk").values())


def merge(kept, gone, by, hour, *chosen):
    return merges.merge(kept=kept, gone=gone, chosen=chosen, by=by, now=at(hour))


def test_where_both_agreed_for_their_own_number_that_of_the_chosen_number_stands(person, by):
    kept, gone = person(NUMBERS[0]), person(NUMBERS[1])
    say_yes(kept, WHATSAPP, 1)
    say_yes(gone, WHATSAPP, 2)

    merge(kept, gone, by, 3, "phone")

    assert standing(kept) == {(WHATSAPP, NUMBERS[1])}


def test_a_yes_after_the_no_stands_though_the_other_record_holds_one_from_before(person, by):
    kept, gone = person(), person()
    say_yes(gone, STATISTICS, 1)
    say_yes(kept, STATISTICS, 2)
    say_no(gone, STATISTICS, 3)
    say_yes(gone, STATISTICS, 4)

    merge(kept, gone, by, 5)

    assert standing(kept) == {(STATISTICS, "")}


def test_a_no_after_the_yes_counts_on_whichever_record_it_was_said(person, by):
    kept, gone = person(), person()
    say_yes(gone, STATISTICS, 1)
    say_yes(kept, STATISTICS, 2)
    say_no(gone, STATISTICS, 3)
    say_yes(kept, WHATSAPP, 1)
    say_yes(gone, WHATSAPP, 2)
    say_no(kept, WHATSAPP, 3)

    merge(kept, gone, by, 4)

    assert standing(kept) == set()


def test_what_a_merge_has_ended_is_no_word_in_the_next(person, by):
    kept, gone, third = person(NUMBERS[0]), person(NUMBERS[1]), person(NUMBERS[0])
    for whose, hour in ((kept, 1), (gone, 2), (third, 3)):
        say_yes(whose, WHATSAPP, hour)
    merge(kept, gone, by, 4, "phone")

    merge(third, kept, by, 5)

    assert standing(third) == {(WHATSAPP, NUMBERS[0])}


def test_what_was_taken_back_meanwhile_was_taken_back_of_both(person, by):
    kept, gone = person(), person()
    for whose in (kept, gone):
        say_yes(whose, STATISTICS, 1)
    made = merge(kept, gone, by, 2)
    withdrawals.withdraw(participant=kept, purpose=STATISTICS, now=at(3))

    merges.undo(merge=made, by=by, now=at(4))

    assert (standing(kept), standing(gone)) == (set(), set())


def test_what_was_agreed_to_meanwhile_stays_with_the_record_that_was_kept(person, by):
    kept, gone = person(), person()
    for whose in (kept, gone):
        say_yes(whose, STATISTICS, 1)
    say_yes(kept, WHATSAPP, 1)
    say_no(gone, STATISTICS, 2)
    made = merge(kept, gone, by, 3)
    assert standing(kept) == {(WHATSAPP, NUMBERS[0])}
    consents.add(participant=kept, purpose=STATISTICS, now=at(4), language="id")

    merges.undo(merge=made, by=by, now=at(5))

    assert (standing(kept), standing(gone)) == ({(STATISTICS, ""), (WHATSAPP, NUMBERS[0])}, set())


def test_what_was_agreed_to_meanwhile_for_the_other_number_ends_with_it(person, by):
    kept, gone = person(NUMBERS[0]), person(NUMBERS[1])
    say_yes(kept, WHATSAPP, 1)
    made = merge(kept, gone, by, 2, "phone")
    consents.add(participant=Participant.objects.get(pk=kept.pk), purpose=WHATSAPP, now=at(3), language="id")

    merges.undo(merge=made, by=by, now=at(4))

    assert standing(kept) == {(WHATSAPP, NUMBERS[0])}


@pytest.mark.parametrize(("number", "told"), [(NUMBERS[0], 0), (NUMBERS[1], 1)])
def test_stop_ends_for_good_what_would_stand_again_once_they_are_parted(person, by, number, told):
    kept, gone = person(NUMBERS[0]), person(NUMBERS[1])
    for whose in (kept, gone):
        say_yes(whose, WHATSAPP, 1)
    made = merge(kept, gone, by, 2, "phone")

    assert withdrawals.stop_whatsapp(number=number, now=at(3)) == told

    merges.undo(merge=made, by=by, now=at(4))
    assert not Consent.objects.standing().filter(purpose=WHATSAPP, number=number).exists()


def test_stop_ends_what_the_record_that_is_gone_holds_as_proof(person, by):
    kept, gone = person(), person()
    for whose in (kept, gone):
        say_yes(whose, WHATSAPP, 1)
    made = merge(kept, gone, by, 2)

    assert withdrawals.stop_whatsapp(number=NUMBERS[0], now=at(3)) == 1

    merges.undo(merge=made, by=by, now=at(4))
    assert not Consent.objects.standing().filter(purpose=WHATSAPP).exists()


def test_stop_reaches_everybody_though_one_of_them_goes_into_another_record_at_that_moment(person, by, monkeypatch):
    first, second, third = person(), person(), person(NUMBERS[1])
    for whose in (first, second):
        say_yes(whose, WHATSAPP, 1)
    withdraw, went = withdrawals._withdraw, []

    def go_and_withdraw(participant, *told):
        if not went:
            went.append(merge(third, participant, by, 2, "phone"))
        withdraw(participant, *told)

    monkeypatch.setattr(withdrawals, "_withdraw", go_and_withdraw)

    assert withdrawals.stop_whatsapp(number=NUMBERS[0], now=at(3)) == 2

    assert not Consent.objects.standing().filter(purpose=WHATSAPP).exists()


def change_number(person, number, hour):
    """On whichever record the person has now."""
    now = Participant.objects.get(pk=person.pk)
    now.phone = number
    now.save(update_fields=["phone"])
    consents.follow_number(now, now=at(hour))


def test_a_number_changed_meanwhile_takes_back_nothing_about_the_other_records_number(person, by):
    kept, gone = person(NUMBERS[0]), person(NUMBERS[1])
    for whose in (kept, gone):
        say_yes(whose, WHATSAPP, 1)
    made = merge(kept, gone, by, 2)
    change_number(kept, NUMBERS[2], 3)

    merges.undo(merge=made, by=by, now=at(4))

    assert (standing(kept), standing(gone)) == (set(), {(WHATSAPP, NUMBERS[1])})


def test_what_a_merge_ended_does_not_stand_again_for_a_number_changed_meanwhile(person, by):
    kept, gone = person(), person()
    say_yes(kept, WHATSAPP, 1)
    say_yes(gone, WHATSAPP, 1)
    say_no(gone, WHATSAPP, 2)
    made = merge(kept, gone, by, 3)
    change_number(kept, NUMBERS[2], 4)

    merges.undo(merge=made, by=by, now=at(5))

    assert standing(kept) == set()


def live(people, dice):
    """A history of words and changed numbers of several records, in which each has at most one yes that stands."""
    for hour in range(1, 16):
        whose, purpose = dice.choice(people), dice.choice([STATISTICS, WHATSAPP])
        if dice.random() < 0.2:
            whose.phone = dice.choice(NUMBERS)
            whose.save()
            consents.follow_number(whose, now=at(hour))
        elif whose.consents.standing().filter(purpose=purpose).exists():
            say_no(whose, purpose, hour)
        else:
            say_yes(whose, purpose, hour)


def latest_words(rows, phone):
    """What stands by the rule, told word by word in the order in which they were said."""
    said = [(row.given_at, 1, row, True) for row in rows]
    said += [(row.withdrawn_at, 0, row, False) for row in rows if row.withdrawn_at]
    last = {}
    for _at, _order, row, is_yes in sorted(said, key=lambda one: one[:2]):
        last[row.purpose, row.number] = is_yes
    return {key for key, is_yes in last.items() if is_yes and key[0] != TRAINING and key[1] in ("", phone)}


@pytest.mark.parametrize("seed", seeds(50))
def test_after_any_history_the_latest_words_stand_and_undoing_gives_back_what_was(person, by, seed):
    dice = random.Random(seed)
    kept, gone, third = people = [person(dice.choice(NUMBERS)) for _ in range(3)]
    live(people, dice)
    before = everything()
    chosen = dice.choice([(), ("phone",)])
    wanted = latest_words([*kept.consents.all(), *gone.consents.all()], (gone if chosen else kept).phone)

    made = merge(kept, gone, by, 20, *chosen)

    assert standing(kept) == wanted
    between = everything()
    into, out = dice.sample([Participant.objects.get(pk=kept.pk), third], 2)
    rows = [*into.consents.all(), *out.consents.all()]
    said = [row for row in rows if row.pk not in made.moved["ended"]]
    chosen = dice.choice([(), ("phone",)])
    wanted = latest_words(said, (out if chosen else into).phone)

    later = merge(into, out, by, 21, *chosen)

    assert standing(into) == wanted
    merges.undo(merge=later, by=by, now=at(22))
    assert everything() == between
    merges.undo(merge=made, by=by, now=at(23))
    assert everything() == before


def live_as_one(kept, dice, *, may_change_number):
    """What the one record says until the two are parted again: (purpose, number) and whether it is a yes, in order."""
    said = []
    for hour in range(21, 21 + dice.randrange(5)):
        now, purpose = Participant.objects.get(pk=kept.pk), dice.choice([STATISTICS, WHATSAPP])
        before = standing(now)
        if may_change_number and dice.random() < 0.4:
            change_number(now, dice.choice(NUMBERS), hour)
        elif any(key[0] == purpose for key in before):
            say_no(now, purpose, hour)
        else:
            say_yes(now, purpose, hour)
        after = standing(now)
        said += [(key, False) for key in before - after] + [(key, True) for key in after - before]
    return said


@pytest.mark.parametrize("seed", seeds(40))
def test_whatever_is_said_between_merging_and_parting_each_has_its_own_but_for_what_was_taken_back(person, by, seed):
    dice = random.Random(seed)
    kept, gone = people = [person(dice.choice(NUMBERS)) for _ in range(2)]
    live(people, dice)
    own, theirs = standing(kept), standing(gone)
    chosen = dice.choice([(), ("phone",)])
    made = merge(kept, gone, by, 20, *chosen)

    said = live_as_one(kept, dice, may_change_number=not chosen)
    merges.undo(merge=made, by=by, now=at(30))

    for key, is_yes in said:
        own = own | {key} if is_yes else own - {key}
        theirs = theirs if is_yes else theirs - {key}
    number = Participant.objects.get(pk=kept.pk).phone
    assert standing(kept) == {key for key in own if key[1] in ("", number)}
    assert standing(gone) == theirs
