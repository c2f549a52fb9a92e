"""How soon a message is tried again: by what the answer means."""

from datetime import timedelta

import pytest

from participants.operations import retries
from participants.operations.retries import CODES, CONNECTION, QUICK, SLOW
from tests.participants.operations.sending import NOW

DAY = NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("reason", "ladder"),
    [
        ("450 4.7.1 Greylisted, try again", QUICK),
        ("451 busy", QUICK),
        ("451 4.3.0 try later", QUICK),
        ("421 4.7.0 [TSS04] Messages temporarily deferred", SLOW),
        ("421-4.7.28 unusual rate of unsolicited mail", SLOW),
        ("450 4.2.1 receiving mail at a rate that", SLOW),
        ("451 4.7.650 The mail server has been temporarily rate limited", SLOW),
        ("452 4.2.2 The email account is over quota", SLOW),
        ("452 4.5.3 Too many recipients", SLOW),
        ("SMTPServerDisconnected", CONNECTION),
        ("TimeoutError", CONNECTION),
    ],
)
def test_ladder_is_chosen_by_the_kind_of_answer(reason, ladder):
    assert retries.ladder_for(reason, "bulk") is ladder
    assert retries.ladder_for(reason, "codes") is CODES


@pytest.mark.parametrize("ladder", [CODES, CONNECTION, QUICK, SLOW])
def test_every_ladder_waits_longer_each_time(ladder):
    assert list(ladder) == sorted(set(ladder))


def test_each_try_waits_its_rung_spread_by_chance_and_the_last_rung_stays():
    for attempts, rung in ((1, 0), (3, 2), (9, 8), (40, 8)):
        waits = {
            retries.next_try(reason="451 busy", queue="bulk", attempts=attempts, now=NOW, last=NOW + timedelta(days=9))
            - NOW
            for _time in range(50)
        }
        assert len(waits) > 40
        assert 0.8 * QUICK[rung] <= min(waits) <= max(waits) <= 1.2 * QUICK[rung]


@pytest.mark.parametrize(("hours", "is_tried"), [(6, True), (3, False)])
def test_what_would_come_too_late_is_given_up(hours, is_tried):
    last = NOW + timedelta(hours=hours)
    found = retries.next_try(reason="451 busy", queue="bulk", attempts=9, now=NOW, last=last)
    assert (found is not None) is is_tried
