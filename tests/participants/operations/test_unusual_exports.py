"""Others are told, once, when somebody takes unusually much personal data: by mail and on the first page."""

from datetime import timedelta
from functools import partial

import pytest
from bs4 import BeautifulSoup

from participants import queries
from participants.messages.mails import mail
from participants.models import AttendanceExport, Notification
from participants.operations import export_files, exports, unusual_exports
from portal import roles
from tests.factories import log_in_staff
from tests.participants.operations.exporting import NOW, asked, no_broker, session, staff, wanted
from tests.races import at_once, meeting

__all__ = ["no_broker", "session"]

pytestmark = pytest.mark.django_db
PHONES = {"personal": frozenset({"phone"}), "reason": "Kiriman sertifikat"}
LIST = "/staf/participants/attendanceexport/"


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Three people a file: the third file names more than six of them in a day."""
    monkeypatch.setattr(unusual_exports, "PEOPLE", 6)


@pytest.fixture
def colleagues():
    """Who may see the list of files, and who may not."""
    return staff(name="Satu"), staff(roles.EDITOR, name="Dua"), staff(roles.COORDINATOR), staff(roles.ACCOUNTS)


def asked_at(by, now, **options):
    return exports.ask(wanted=wanted(**PHONES | options), by=by, now=now)


def told():
    rows = Notification.objects.filter(kind="exports_unusual").order_by("pk")
    return [(row.account.name, row.occurrence) for row in rows]


def test_whoever_may_see_the_list_is_told_once_and_who_asked_is_not(session, colleagues):
    by = staff(name="Yang meminta")
    files = [asked_at(by, NOW + timedelta(minutes=number)) for number in range(5)]

    assert told() == [("Satu", str(files[2].pk)), ("Dua", str(files[2].pk))]
    assert [bool(export.alarmed_at) for export in files] == [False, False, True, False, False]


def test_a_day_later_it_is_said_again_if_it_goes_on(session, colleagues):
    by = staff()
    [asked_at(by, NOW) for _file in range(3)]
    later = NOW + timedelta(hours=24)
    assert len(told()) == 2
    [asked_at(by, later) for _file in range(3)]
    assert len(told()) == 4


def test_what_is_spread_over_days_or_people_or_names_nobody_is_usual(session, colleagues):
    by = staff()
    for day in range(4):
        asked_at(by, NOW + timedelta(hours=24 * day))
    for _number in range(2):
        asked_at(staff(), NOW)
    for _file in range(9):
        asked(by)
    assert told() == []


def test_a_file_counts_from_when_it_was_given_whenever_it_was_asked_for(session, colleagues, monkeypatch):
    monkeypatch.setattr(exports, "MANY", 2)
    monkeypatch.setattr(unusual_exports, "PEOPLE", 5)
    by = staff()
    for asked_for, given in ((0, 23), (25, 25)):
        waiting = asked_at(by, NOW + timedelta(hours=asked_for))
        exports.judge(export=waiting, agrees=True, by=colleagues[0], now=NOW + timedelta(hours=given))
    assert len(told()) == 2


def test_what_was_noted_as_of_later_takes_a_second_person_too(session, monkeypatch):
    """Two requests at once: the one that came first may be counted last, and clocks of hosts differ."""
    monkeypatch.setattr(exports, "MANY", 5)
    by = staff()
    asked_at(by, NOW + timedelta(seconds=1))
    assert asked_at(by, NOW).state == AttendanceExport.State.ASKED


def test_many_files_of_few_people_are_unusual_too(session, colleagues, monkeypatch):
    monkeypatch.setattr(unusual_exports, "PEOPLE", 1_000)
    by = staff()
    for _file in range(unusual_exports.FILES):
        asked_at(by, NOW)
    assert told() == []
    asked_at(by, NOW)
    assert len(told()) == 2


def test_what_waits_for_a_second_yes_counts_from_that_yes_on(session, colleagues, monkeypatch):
    monkeypatch.setattr(exports, "MANY", 2)
    monkeypatch.setattr(unusual_exports, "PEOPLE", 5)
    waiting = [asked_at(staff(name="Pertama"), NOW)]
    waiting.append(asked_at(waiting[0].by, NOW))
    assert told() == []

    for export in waiting:
        exports.judge(export=export, agrees=True, by=colleagues[0], now=NOW)

    assert told() == [("Satu", str(waiting[1].pk)), ("Dua", str(waiting[1].pk))]


def test_what_was_declined_was_not_taken(session, colleagues, monkeypatch):
    monkeypatch.setattr(exports, "MANY", 2)
    monkeypatch.setattr(unusual_exports, "PEOPLE", 2)
    exports.judge(export=asked_at(staff(), NOW), agrees=False, by=colleagues[0], now=NOW)
    assert told() == []


def test_the_mail_says_how_much_and_leads_to_who(session, colleagues):
    by = staff(name="Yang Meminta")
    files = [asked_at(by, NOW) for _file in range(3)]
    (row, _other) = Notification.objects.filter(kind="exports_unusual").order_by("pk")

    message = mail(row, now=NOW)

    assert message.to == [row.account.email]
    assert "Berkas dalam 24 jam: 3. Peserta, dihitung per berkas: 9." in message.body
    assert f"{LIST}{files[2].pk}/change/" in message.body
    assert "Meminta" not in message.body
    assert "Peserta 1" not in message.body


def test_the_file_keeps_the_word_when_it_is_built(session, colleagues):
    by = staff()
    files = [asked_at(by, NOW) for _file in range(3)]
    export_files.give_out(export=files[2], now=NOW).close()
    assert AttendanceExport.objects.get(alarmed_at=NOW) == files[2]


def test_the_first_page_and_the_list_show_it_for_a_day(client, session, colleagues, monkeypatch):
    by = staff()
    [asked_at(by, NOW) for _file in range(3)]
    monkeypatch.setattr("portal.clock.now", lambda: NOW)
    assert [queries.unusual_askers(user, now=NOW) for user in (*colleagues, by)] == [1, 1, 0, 0, 0]
    assert queries.unusual_askers(colleagues[0], now=NOW + timedelta(hours=24)) == 0

    log_in_staff(client, colleagues[0], roles.MINISTRY)
    asked_at(staff(), NOW)
    link = BeautifulSoup(client.get("/staf/").text, "html.parser").select_one(f"a[href^='{LIST}?']")
    assert "lebih dari biasanya" in link.text
    assert len(BeautifulSoup(client.get(link["href"]).text, "html.parser").select("#result_list tbody tr")) == 1


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    """Two files, each of which is one too many."""

    def asked_at_once(self, monkeypatch):
        monkeypatch.setattr(unusual_exports, "PEOPLE", 2)
        by = staff()
        at_once([partial(asked_at, by, NOW)] * 2)
        return len(told())

    def test_are_told_once(self, session, colleagues, monkeypatch):
        assert self.asked_at_once(monkeypatch) == 2

    def test_are_told_twice_without_the_lock(self, session, colleagues, monkeypatch):
        monkeypatch.setattr(exports.locks, "hold", lambda name: None)
        # Both have looked before either commits.
        promise_all = meeting(unusual_exports.notifications.promise_all, number=2)
        monkeypatch.setattr(unusual_exports.notifications, "promise_all", promise_all)
        assert self.asked_at_once(monkeypatch) == 4
