"""Devices: paired once by a short-lived code, refused as soon as they or whoever made them may no longer look."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from participants.models import Scanner, WrongCode
from participants.operations import guesses, invitations, locks, scanners
from programs.models import Coordination
from tests.factories import WIB, make_session
from tests.races import at_once, meeting
from tests.scanning import paired, recorder, scanner_of
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 12, 16, 8, tzinfo=WIB)


@pytest.fixture
def session():
    return make_session()


def made(session, **fields):
    return scanners.make(session=session, gate="Pintu 1", by=recorder(session), now=NOW, machine_now=NOW, **fields)


def pair(code, now=NOW, network="192.0.2.1"):
    return scanners.pair(code=code, network=network, now=now, machine_now=now)


def known(token, now=NOW):
    return scanners.known(token, now=now, machine_now=now)


class TestPairing:
    def test_gives_a_token_of_which_only_a_hash_is_kept(self, session):
        scanner = made(session)

        paired_one, token = pair(scanners.code_of(scanner))

        assert (paired_one, known(token)) == (scanner, scanner)
        assert token not in str(Scanner.objects.values().get())

    def test_works_once(self, session):
        code = scanners.code_of(made(session))
        pair(code)

        with pytest.raises(scanners.CodeIsUnknown):
            pair(code)

    @pytest.mark.parametrize("minutes", [10, 60])
    def test_ends_after_ten_minutes(self, session, minutes):
        with pytest.raises(scanners.CodeIsUnknown):
            pair(scanners.code_of(made(session)), NOW + timedelta(minutes=minutes))

    def test_does_not_work_once_withdrawn(self, session):
        scanner = made(session)
        scanners.withdraw(scanner=scanner, by=scanner.made_by, now=NOW)

        with pytest.raises(scanners.CodeIsUnknown):
            pair(scanners.code_of(scanner))

    def test_who_guesses_is_told_to_stop_and_nobody_else_is(self, session):
        for wrong in range(guesses.AT_MOST):
            with pytest.raises(scanners.CodeIsUnknown):
                pair(f"{wrong:012}")

        with pytest.raises(guesses.TooManyCodes) as refusal:
            pair("000000000099")
        assert refusal.value.retry_at == NOW + guesses.WITHIN
        with pytest.raises(scanners.CodeIsUnknown):
            pair("000000000099", network="192.0.2.9")
        assert "192.0.2" not in str(list(WrongCode.objects.values()))

    def test_a_right_code_pairs_however_many_wrong_ones_came_from_the_same_network(self, session):
        code = scanners.code_of(made(session))
        for wrong in range(3 * guesses.AT_MOST):
            with pytest.raises((scanners.CodeIsUnknown, guesses.TooManyCodes)):
                pair(f"{wrong:012}")

        assert pair(code)[0].session == session

    def test_at_the_ceiling_who_guessed_waits_even_with_a_right_code_and_nobody_else_does(self, session, monkeypatch):
        monkeypatch.setattr(scanners, "CEILING", 15)
        code = scanners.code_of(made(session))
        for wrong in range(15):
            with pytest.raises((scanners.CodeIsUnknown, guesses.TooManyCodes)):
                pair(f"{wrong:012}")

        for typed in ("000000000099", code):
            with pytest.raises(guesses.TooManyCodes) as refusal:
                pair(typed)
            assert refusal.value.retry_at == NOW + guesses.WITHIN
        assert pair(code, network="192.0.2.9")[0].session == session

    def test_guessing_stays_hopeless(self, session):
        code, doors, training = scanners.code_of(made(session)), 50, timedelta(hours=24) // guesses.WITHIN
        assert len(code) == 12
        chance = training * doors * scanners.CEILING / 10 ** len(code)  # 50 codes open all day, guessed at without rest
        assert chance < 1 / 10_000


@pytest.mark.django_db(transaction=True)
class TestPairingRaces:
    CEILING, GUESSERS = 20, 16

    def guess(self, monkeypatch, session):
        """Let 16 guess at once from a network that has sent ten wrong codes; return how many codes were compared."""
        made(session)
        compared = []
        monkeypatch.setattr(scanners, "CEILING", self.CEILING)
        monkeypatch.setattr(scanners, "code_of", lambda _scanner: compared.append(1) or "x")
        for _wrong in range(guesses.AT_MOST):
            with pytest.raises(scanners.CodeIsUnknown):
                pair("000000000000")

        refused = at_once([partial(pair, "000000000000")] * self.GUESSERS)
        assert {type(one) for one in refused} <= {scanners.StillWrong, guesses.TooManyCodes}
        return len(compared)

    def test_guesses_at_once_stop_at_the_ceiling(self, monkeypatch, session):
        assert self.guess(monkeypatch, session) == self.CEILING

    def test_control_without_the_lock_more_are_compared(self, monkeypatch, session):
        real = guesses.free_at
        together = meeting(real, number=self.GUESSERS)
        monkeypatch.setattr(locks, "hold", lambda _key: None)
        monkeypatch.setattr(
            guesses, "free_at", lambda who, **how: (together if who == scanners.EVERYBODY else real)(who, **how)
        )

        assert self.guess(monkeypatch, session) > self.CEILING

    def test_one_right_code_at_once_pairs_one_phone_amid_guesses(self, session):
        code = scanners.code_of(made(session))
        calls = [partial(pair, code)] * 4 + [partial(pair, f"{wrong:012}") for wrong in range(12)]

        results = at_once(calls)

        assert sum(isinstance(result, tuple) for result in results) == 1
        assert Scanner.objects.filter(paired_at=NOW).count() == 1


class TestKnown:
    @pytest.mark.parametrize(
        "lose",
        [
            lambda scanner: Scanner.objects.filter(pk=scanner.pk).update(withdrawn_at=NOW),
            lambda scanner: Coordination.objects.all().delete(),
            lambda scanner: scanner.made_by.groups.clear(),
            lambda scanner: type(scanner.made_by).objects.update(is_active=False),
            lambda scanner: type(scanner.made_by).objects.update(is_staff=False),
            lambda scanner: invitations.withdraw(account=scanner.made_by, by=make_staff("accounts"), now=NOW),
        ],
        ids=["withdrawn", "region taken", "role taken", "account off", "no staff", "access withdrawn"],
    )
    def test_ends_at_once_with_the_device_or_with_its_makers_right(self, session, lose):
        token = paired(session, now=NOW)
        assert known(token)

        lose(scanner_of(token))

        with pytest.raises(scanners.ScannerIsDead):
            known(token)

    def test_ends_a_day_after_the_last_day(self, session):
        token, last = paired(session, now=NOW), datetime(2025, 12, 19, 16, tzinfo=WIB)

        assert known(token, last)
        with pytest.raises(scanners.ScannerIsDead):
            known(token, last + timedelta(seconds=1))

    def test_asks_so_and_so_often_a_minute(self, session, monkeypatch):
        monkeypatch.setattr(scanners, "ASKS_A_MINUTE", 2)
        token = paired(session, now=NOW)
        known(token), known(token)

        with pytest.raises(scanners.AskedTooOften):
            known(token)
        assert known(token, NOW + timedelta(minutes=1))
