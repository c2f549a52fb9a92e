"""A crowd at the door: 300 pupils behind one address get in, a script does not, whatever happens at once."""

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from functools import partial

import altcha
import pytest

from participants import tokens
from participants.models import LoginCode, Notification, SpentProof, WaitingTurn
from participants.operations import crowds, login_codes
from tests.factories import DURING_REGISTRATION
from tests.races import at_once, meeting

MACHINE = datetime(2026, 3, 1, 8, tzinfo=UTC)
SCHOOL = "203.0.113.7"


@pytest.fixture(autouse=True)
def few_and_cheap(settings, monkeypatch):
    """A crowd of five, and puzzles that cost this machine nothing."""
    settings.CROWD_ASKS = 5
    monkeypatch.setattr(crowds, "ROUNDS", 1)
    monkeypatch.setattr(crowds, "TRIES", (1, 3))


def ask(number=0, *, network=SCHOOL, at=MACHINE, **paid):
    return login_codes.ask(
        email=f"murid{number}@example.com",
        browser=secrets.token_urlsafe(32),
        language="id",
        machine_now=at,
        now=DURING_REGISTRATION,
        network=network,
        **paid,
    )


def solve(puzzle=None, at=MACHINE):
    """Do what the browser's worker does."""
    challenge = altcha.Challenge.from_dict(puzzle or crowds.puzzle(machine_now=at))
    return altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()


def gather():
    for number in range(5):
        ask(f"-awal{number}")


@pytest.mark.django_db
class TestAdmit:
    def test_gives_three_hundred_pupils_behind_one_address_their_codes(self):
        for number in range(300):
            try:
                ask(number)
            except crowds.Crowd:
                ask(number, proof=solve())

        assert Notification.objects.count() == 300
        assert LoginCode.objects.values("email").distinct().count() == 300
        assert SpentProof.objects.count() == 295

    def test_mails_nothing_for_a_script_that_pays_nothing(self):
        gather()
        for number in range(20):
            with pytest.raises(crowds.Crowd):
                ask(number)

        assert Notification.objects.count() == 5

    def test_says_when_asking_is_free_again(self):
        for number in range(5):
            ask(number, at=MACHINE + timedelta(minutes=number))

        with pytest.raises(crowds.Crowd) as refusal:
            ask(9, at=MACHINE + timedelta(minutes=5))
        assert refusal.value.retry_at == MACHINE + timedelta(minutes=10)
        ask(9, at=refusal.value.retry_at)

    def test_leaves_other_networks_alone(self):
        gather()

        assert ask(1, network="203.0.113.8").pk

    def test_keeps_no_address_of_a_network(self):
        ask()

        assert SCHOOL not in str(LoginCode.objects.values().get())

    def test_takes_a_solution_once(self):
        gather()
        proof = solve()
        ask(1, proof=proof)

        with pytest.raises(crowds.Crowd):
            ask(2, proof=proof)

    def test_takes_no_solution_after_ten_minutes(self):
        gather()
        proof = solve(at=MACHINE - timedelta(minutes=10))

        with pytest.raises(crowds.Crowd):
            ask(1, proof=proof)

    @pytest.mark.parametrize("change", ["unsigned", "easier", "longer", "guessed"])
    def test_takes_no_puzzle_that_was_changed(self, change):
        gather()
        sent = json.loads(base64.b64decode(solve()))
        if change == "unsigned":
            del sent["challenge"]["signature"]
        elif change == "easier":
            sent["challenge"]["parameters"]["cost"] = 0
        elif change == "longer":
            sent["challenge"]["parameters"]["data"]["until"] += 9999
        else:
            sent["solution"]["derivedKey"] = "00" * 32

        with pytest.raises(crowds.Crowd):
            ask(1, proof=base64.b64encode(json.dumps(sent).encode()).decode())

    @pytest.mark.parametrize("proof", ["x", "bnVsbA==", "W10=", "e30=", "é", "A" * 10_000])
    def test_takes_nothing_that_is_no_solution(self, proof):
        gather()

        with pytest.raises(crowds.Crowd):
            ask(1, proof=proof)

    def test_keeps_a_solution_unspent_when_the_inbox_is_full(self):
        gather()
        for _ in range(2):
            ask(1, proof=solve())
        proof = solve()
        with pytest.raises(login_codes.TooManyMails):
            ask(1, proof=proof)

        assert ask(2, proof=proof).pk


@pytest.mark.django_db
class TestTakeTurn:
    def test_gives_turns_one_after_another(self):
        turns = [crowds.take_turn(network=SCHOOL, machine_now=MACHINE) for _ in range(3)]

        waits = [(turn.usable_from - MACHINE).total_seconds() for turn in turns]
        assert waits == [15, 20, 25]

    def test_buys_one_code_when_its_time_has_come(self):
        gather()
        turn = crowds.take_turn(network=SCHOOL, machine_now=MACHINE)
        ticket = tokens.ticket(turn.public_id)

        with pytest.raises(crowds.NotYourTurn) as early:
            ask(1, ticket=ticket, at=turn.usable_from - timedelta(seconds=1))
        assert early.value.retry_at == turn.usable_from
        assert ask(1, ticket=ticket, at=turn.usable_from).pk
        with pytest.raises(crowds.Crowd):
            ask(2, ticket=ticket, at=turn.usable_from)

    @pytest.mark.parametrize("ticket", ["x", "A" * 43, "é"])
    def test_takes_no_ticket_that_it_did_not_give(self, ticket):
        gather()

        with pytest.raises(crowds.Crowd):
            ask(1, ticket=ticket)

    def test_refuses_when_the_line_is_ten_minutes_long(self):
        for _ in range(118):
            crowds.take_turn(network=SCHOOL, machine_now=MACHINE)

        with pytest.raises(crowds.LineIsFull) as refusal:
            crowds.take_turn(network=SCHOOL, machine_now=MACHINE)
        assert refusal.value.retry_at == MACHINE + timedelta(seconds=5)


@pytest.mark.django_db
def test_purge_forgets_what_is_a_day_old():
    gather()
    ask(1, proof=solve())
    crowds.take_turn(network=SCHOOL, machine_now=MACHINE)
    kept = []
    for hours in (23, 25):
        crowds.purge(machine_now=MACHINE + timedelta(hours=hours))
        kept.append((SpentProof.objects.count(), WaitingTurn.objects.count()))

    assert kept == [(1, 1), (0, 0)]


@pytest.mark.django_db(transaction=True)
class TestRaces:
    ASKERS = 20

    def burst(self):
        at_once([partial(ask, number) for number in range(self.ASKERS)])
        return Notification.objects.count()

    def test_twenty_at_once_are_mailed_five_times(self):
        assert self.burst() == 5

    def test_control_without_the_lock_more_are_mailed(self, monkeypatch):
        monkeypatch.setattr(crowds, "lock", lambda network_hash: None)
        monkeypatch.setattr(crowds, "admit", meeting(crowds.admit, number=self.ASKERS))

        assert self.burst() > 5

    def test_one_solution_at_once_buys_one_code(self):
        gather()
        proof = solve()

        at_once([partial(ask, number, proof=proof) for number in range(8)])

        assert Notification.objects.count() == 6

    def test_one_turn_at_once_buys_one_code(self):
        gather()
        turn = crowds.take_turn(network=SCHOOL, machine_now=MACHINE)
        ticket = tokens.ticket(turn.public_id)

        at_once([partial(ask, number, ticket=ticket, at=turn.usable_from) for number in range(8)])

        assert Notification.objects.count() == 6
