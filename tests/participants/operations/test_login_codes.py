"""The participants' door: who gets in, what is counted, and that it is counted right when many guess at once."""

import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import Value
from django.test.utils import CaptureQueriesContext

from participants.models import LoginCode, Notification
from participants.operations import door_limits, login_codes
from portal.accounts.models import User
from programs.compiled import compiled
from tests.factories import DURING_REGISTRATION, make_coordinator, make_user
from tests.races import at_once, meeting

NOW = DURING_REGISTRATION
MACHINE = datetime(2026, 3, 1, 8, tzinfo=UTC)
EMAIL = "siti@example.com"
WRONG = "BBBBBBBB"


def new_browser():
    return secrets.token_urlsafe(32)


def ask(browser, email=EMAIL, at=MACHINE, network=""):
    return login_codes.ask(email=email, browser=browser, language="id", machine_now=at, now=NOW, network=network)


def check(browser, code, at=MACHINE):
    return login_codes.check(code=code, browser=browser, machine_now=at, now=NOW)


def guess_wrong(browser, times=1, at=MACHINE):
    for _ in range(times):
        with pytest.raises((login_codes.WrongCode, login_codes.CodeIsDead)):
            check(browser, WRONG, at)


def log_in(browser, email=EMAIL, at=MACHINE, network=""):
    return check(browser, login_codes.text(ask(browser, email, at, network)), at)


@pytest.fixture
def browser():
    return new_browser()


class TestText:
    def test_is_eight_letters_of_twenty_and_never_the_same(self):
        texts = [login_codes.text(LoginCode()) for _ in range(10_000)]

        assert {len(text) for text in texts} == {8}
        assert set("".join(texts)) == set("BCDFGHJKLMNPQRSTVWXZ")
        assert len(set(texts)) == 10_000

    def test_needs_the_servers_key(self, settings):
        row = LoginCode()
        before = login_codes.text(row)
        settings.SECRET_KEY = secrets.token_urlsafe(60)

        assert login_codes.text(row) != before

    def test_is_stored_nowhere(self, db, browser):
        code = login_codes.text(ask(browser))

        for model in [LoginCode, Notification]:
            assert code not in str(list(model.objects.values()))


@pytest.mark.django_db
class TestAsk:
    def test_promises_the_mail_in_the_same_breath(self, browser):
        row = ask(browser)

        promised = Notification.objects.get()
        assert (promised.kind, promised.login_code, promised.queue) == ("login_code", row, "codes")
        assert (promised.due_at, promised.useful_until) == (NOW, NOW + timedelta(minutes=10))

    def test_costs_the_same_queries_for_a_known_and_a_new_address(self, browser):
        make_user(email="known@example.com")
        statements = []
        for email in ["known@example.com", "new@example.com"]:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                ask(new_browser(), email)
            statements.append([query["sql"].partition("(")[0].partition('"')[0] for query in queries])

        assert statements[0] == statements[1]

    def test_sends_a_known_accounts_code_to_the_address_it_was_made_with(self, browser):
        make_user(email="Siti@example.com")

        assert ask(browser, "siTI@example.com").email == "Siti@example.com"

    def test_keeps_the_secret_of_the_browser_as_a_hash(self, browser):
        ask(browser)

        assert browser not in str(LoginCode.objects.values().get())

    def test_mails_an_inbox_three_times_in_ten_minutes_over_all_its_spellings(self):
        for spelling in ["siti.nur@gmail.com", "SITINUR+1@gmail.com", "sitinur@googlemail.com"]:
            ask(new_browser(), spelling)

        with pytest.raises(login_codes.TooManyMails) as refusal:
            ask(new_browser(), "s.itinur@gmail.com", MACHINE + timedelta(minutes=9, seconds=59))
        assert refusal.value.retry_at == MACHINE + timedelta(minutes=10)
        assert LoginCode.objects.count() == Notification.objects.count() == 3
        ask(new_browser(), "s.itinur@gmail.com", MACHINE + timedelta(minutes=10))

    def test_mails_an_inbox_ten_times_a_day(self):
        for number in range(10):
            ask(new_browser(), at=MACHINE + timedelta(minutes=10 * number))

        with pytest.raises(login_codes.TooManyMails) as refusal:
            ask(new_browser(), at=MACHINE + timedelta(hours=23))
        assert refusal.value.retry_at == MACHINE + timedelta(days=1)
        ask(new_browser(), at=MACHINE + timedelta(days=1))

    def test_a_stranger_who_uses_up_the_mails_does_not_lock_out_the_owners_browser(self, browser):
        log_in(browser)
        for number in range(1, 10):
            ask(new_browser(), at=MACHINE + timedelta(minutes=10 * number))
        later = MACHINE + timedelta(hours=2)
        with pytest.raises(login_codes.TooManyMails):
            ask(new_browser(), at=later)

        assert log_in(browser, at=later).email == EMAIL
        for _ in range(2):
            ask(browser, at=later)
        with pytest.raises(login_codes.TooManyMails):
            ask(browser, at=later)

    @pytest.mark.parametrize(("minutes", "most"), [(0, 2), (10, 7)])
    def test_a_stranger_elsewhere_leaves_a_mail_for_a_browser_that_was_never_inside(self, browser, minutes, most):
        """However often they ask: at once, and all day."""
        for number in range(12):
            at, stranger = MACHINE + timedelta(minutes=minutes * number), new_browser()
            if number < most:
                ask(stranger, at=at, network="192.0.2.1")
            else:
                with pytest.raises(login_codes.TooManyMails):
                    ask(stranger, at=at, network="192.0.2.1")

        assert log_in(browser, at=at, network="198.51.100.7").email == EMAIL

    @pytest.mark.parametrize(("minutes", "most"), [(0, 3), (10, 10)])
    def test_an_inbox_gets_no_more_mails_however_many_networks_ask(self, minutes, most):
        for number in range(20):
            with suppress(login_codes.TooManyMails):
                ask(new_browser(), at=MACHINE + timedelta(minutes=minutes * number), network=f"192.0.2.{number}")

        assert LoginCode.objects.count() == Notification.objects.count() == most

    @pytest.mark.parametrize("is_known", [True, False])
    def test_says_the_same_at_a_limit_whether_the_address_is_known_or_new(self, is_known):
        if is_known:
            make_user(email=EMAIL)
        said = []
        for number in range(6):
            try:
                ask(new_browser(), network=f"192.0.2.{number // 3}")
                said.append("mailed")
            except login_codes.TooManyMails as refusal:
                said.append(refusal.retry_at - MACHINE)

        wait = timedelta(minutes=10)
        assert said == ["mailed", "mailed", wait, "mailed", wait, wait]


@pytest.mark.django_db
class TestCheck:
    def test_makes_a_new_address_a_user_without_a_password(self, browser):
        user = log_in(browser)

        assert (user.email, user.is_staff, user.joined_at) == (EMAIL, False, NOW)
        assert not user.has_usable_password()
        assert user.password.startswith("!")
        assert EmailAddress.objects.values_list("user", "email", "verified", "primary").get() == (
            user.pk,
            EMAIL,
            True,
            True,
        )

    def test_knows_a_user_again_whatever_the_case(self, browser):
        user = make_user(email="Siti@Example.com")

        assert log_in(browser, "siti@example.com") == user
        assert log_in(browser, "SITI@example.com") == user
        assert EmailAddress.objects.filter(user=user, verified=True).count() == 1

    def test_lets_staff_in_without_making_their_password_anything_else(self, browser):
        staff = make_coordinator(email=EMAIL)

        assert log_in(browser) == staff
        assert User.objects.get().password == staff.password

    def test_works_once(self, browser):
        code = login_codes.text(ask(browser))
        check(browser, code)

        with pytest.raises(login_codes.CodeIsDead):
            check(browser, code)

    def test_works_only_in_the_browser_that_asked(self, browser):
        code = login_codes.text(ask(browser))
        other = new_browser()

        with pytest.raises(login_codes.NoCode):
            check(other, code)
        ask(other, "budi@example.com")
        with pytest.raises(login_codes.WrongCode):
            check(other, code)

    def test_works_only_with_the_newest_code(self, browser):
        older = login_codes.text(ask(browser))
        newer = login_codes.text(ask(browser))

        with pytest.raises(login_codes.WrongCode):
            check(browser, older)
        assert check(browser, newer).email == EMAIL

    @pytest.mark.parametrize(("seconds", "works"), [(599, True), (600, False), (660, False)])
    def test_works_for_ten_minutes(self, browser, seconds, works):
        code = login_codes.text(ask(browser))
        later = MACHINE + timedelta(seconds=seconds)

        if works:
            assert check(browser, code, later).email == EMAIL
        else:
            with pytest.raises(login_codes.CodeIsDead):
                check(browser, code, later)

    def test_refuses_the_right_code_after_three_wrong_ones(self, browser):
        code = login_codes.text(ask(browser))
        guess_wrong(browser, 3)

        with pytest.raises(login_codes.CodeIsDead):
            check(browser, code)
        assert not User.objects.exists()

    def test_says_how_many_guesses_are_left(self, browser):
        ask(browser)

        with pytest.raises(login_codes.WrongCode) as refusal:
            check(browser, WRONG)
        assert "2 kali lagi" in refusal.value.remedy

    def test_refuses_an_account_that_was_switched_off(self, browser):
        user = make_user(email=EMAIL)
        User.objects.update(is_active=False)
        code = login_codes.text(ask(browser))

        with pytest.raises(login_codes.AccountIsOff):
            check(browser, code)
        assert User.objects.get() == user

    def test_stops_comparing_after_ten_wrong_guesses_in_an_hour_from_any_browsers(self):
        wrong = 0
        for number in range(4):
            browser, at = new_browser(), MACHINE + timedelta(minutes=10 * number)
            ask(browser, at=at)
            for _ in range(3 if wrong < 9 else 1):
                guess_wrong(browser, at=at)
                wrong += 1
        browser, at = new_browser(), MACHINE + timedelta(minutes=41)
        code = login_codes.text(ask(browser, at=at))

        with pytest.raises(login_codes.TooManyGuesses) as refusal:
            check(browser, code, at)
        assert refusal.value.retry_at == MACHINE + timedelta(minutes=10, hours=1)
        assert sum(LoginCode.objects.values_list("wrong_guesses", flat=True)) == 10

    def test_stops_comparing_after_thirty_wrong_guesses_in_a_day(self):
        for number in range(10):
            at = MACHINE + timedelta(hours=2 * number)
            browser = new_browser()
            LoginCode.objects.filter(pk=ask(browser, at=at).pk).update(inbox_key=f"{number}")
            guess_wrong(browser, 3, at)
        browser, at = new_browser(), MACHINE + timedelta(hours=20)
        code = login_codes.text(ask(browser, at=at))

        with pytest.raises(login_codes.TooManyGuesses):
            check(browser, code, at)

    def test_a_stranger_who_guesses_does_not_lock_out_the_owners_browser(self, browser):
        log_in(browser, at=MACHINE - timedelta(days=2))
        for number in range(4):
            stranger, at = new_browser(), MACHINE + timedelta(minutes=5 * number)
            LoginCode.objects.filter(pk=ask(stranger, at=at).pk).update(inbox_key=f"{number}")
            guess_wrong(stranger, 3 if number < 3 else 1, at)
        later = MACHINE + timedelta(minutes=30)

        assert log_in(browser, at=later).email == EMAIL

    def test_a_stranger_who_guesses_elsewhere_leaves_guesses_for_a_browser_that_was_never_inside(self, browser):
        compared = 0
        for number in range(4):
            stranger, at = new_browser(), MACHINE + timedelta(minutes=10 * number)
            ask(stranger, at=at, network="192.0.2.1")
            for _ in range(3):
                with pytest.raises((login_codes.WrongCode, login_codes.CodeIsDead, login_codes.TooManyGuesses)):
                    check(stranger, WRONG, at)
            compared = sum(LoginCode.objects.values_list("wrong_guesses", flat=True))
        later = MACHINE + timedelta(minutes=40)
        ask(browser, at=later, network="198.51.100.7")
        guess_wrong(browser, 2, later)

        assert compared == 6
        assert check(browser, login_codes.text(LoginCode.objects.latest("pk")), later).email == EMAIL


@pytest.mark.django_db
class TestPurge:
    def test_forgets_untyped_codes_after_a_week_and_typed_ones_after_a_month(self):
        ask(new_browser(), "unused@example.com")
        log_in(new_browser(), "used@example.com")
        kept = []
        for days in [7, 8, 30, 31]:
            login_codes.purge(machine_now=MACHINE + timedelta(days=days))
            kept.append(sorted(LoginCode.objects.values_list("email", flat=True)))

        assert kept == [["unused@example.com", "used@example.com"], ["used@example.com"], ["used@example.com"], []]
        assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestRaces:
    GUESSERS = 20

    def guess(self, monkeypatch, browser):
        """Let 20 guess wrong at once; return how many codes were compared."""
        compared = []

        def compare(code, typed):
            compared.append(typed)
            return False

        monkeypatch.setattr("participants.operations.login_codes.hmac.compare_digest", compare)
        at_once([partial(check, browser, WRONG)] * self.GUESSERS)
        return len(compared)

    def test_twenty_guesses_at_once_are_compared_three_times(self, monkeypatch, browser):
        ask(browser)

        assert self.guess(monkeypatch, browser) == 3
        assert LoginCode.objects.get().wrong_guesses == 3

    def test_control_without_the_lock_more_are_compared(self, monkeypatch, browser):
        ask(browser)
        monkeypatch.setattr(login_codes, "_Lock", lambda field: Value(""))
        monkeypatch.setattr(login_codes, "_held", compiled(login_codes._held.__wrapped__))
        free_at = meeting(login_codes._guessing_free_at, number=self.GUESSERS)
        monkeypatch.setattr(login_codes, "_guessing_free_at", free_at)

        assert self.guess(monkeypatch, browser) > 3

    def test_one_right_code_at_once_logs_in_once(self, browser):
        code = login_codes.text(ask(browser))

        results = at_once([partial(check, browser, code)] * 8)

        assert sorted(type(result).__name__ for result in results) == ["CodeIsDead"] * 7 + ["User"]
        assert User.objects.count() == 1

    def test_guesses_from_many_browsers_at_once_stop_at_ten(self, monkeypatch):
        browsers = [new_browser() for _ in range(self.GUESSERS)]
        for number, browser in enumerate(browsers):
            LoginCode.objects.filter(pk=ask(browser).pk).update(inbox_key=f"{number}")
        compared = []
        real = login_codes.hmac.compare_digest
        monkeypatch.setattr(
            "participants.operations.login_codes.hmac.compare_digest", lambda *codes: compared.append(1) or real(*codes)
        )

        at_once([partial(check, browser, WRONG) for browser in browsers])

        assert len(compared) == 10

    def test_asking_at_once_mails_three_times(self):
        results = at_once([partial(ask, new_browser()) for _ in range(self.GUESSERS)])

        assert [type(result).__name__ for result in results].count("LoginCode") == 3
        assert Notification.objects.count() == 3

    def test_control_without_the_lock_more_are_mailed(self, monkeypatch):
        monkeypatch.setattr(login_codes, "lock", lambda key: None)
        monkeypatch.setattr(door_limits, "_free_at", meeting(door_limits._free_at, number=self.GUESSERS))
        at_once([partial(ask, new_browser()) for _ in range(self.GUESSERS)])

        assert Notification.objects.count() > 3
