"""Staff are told once that messages stand still, again every hour, and once that they leave again."""

import smtplib
from datetime import timedelta

import pytest
from anymail.exceptions import AnymailRecipientsRefused

from participants.models import Heartbeat, Notification
from participants.operations import alarms, notifications, reminders, ticks
from tests.factories import DURING_REGISTRATION, make_registration, make_session, make_user
from tests.races import at_once
from tests.staff import make_staff

NOW = DURING_REGISTRATION
MINUTE = timedelta(minutes=1)


@pytest.fixture
def editor(db):
    return make_staff("editor", email="pengelola@example.go.id")


@pytest.fixture
def message(db):
    notifications.promise(Notification.Kind.REGISTERED, subject=make_registration(make_session()), now=NOW)
    return Notification.objects.get()


def tick(at):
    Heartbeat.objects.update_or_create(name="tick", defaults={"at": at})


def look(at):
    return alarms.look(now=at, machine_now=at)


def test_a_message_five_minutes_late_is_told_once_and_again_after_an_hour(editor, message, mailoutbox):
    told = []
    for minutes in (4, 5, 6, 7, 65, 66, 67):
        tick(NOW + minutes * MINUTE)
        told.append((minutes, look(NOW + minutes * MINUTE), len(mailoutbox)))

    assert told == [
        (4, False, 0),
        (5, False, 0),
        (6, True, 1),
        (7, True, 1),
        (65, True, 1),
        (66, True, 2),
        (67, True, 2),
    ]
    assert mailoutbox[0].to == ["pengelola@example.go.id"]
    assert mailoutbox[0].subject == "Pesan tidak keluar"
    assert "Pesan tertua yang menunggu: 6 menit." in mailoutbox[0].body
    assert "1 pesan menunggu." in mailoutbox[0].body


def test_what_waits_because_a_provider_asked_for_less_is_told_as_such(editor, message, mailoutbox):
    at = NOW + 6 * MINUTE
    Notification.objects.update(retry_at=at + MINUTE)
    tick(at)

    assert look(at)

    assert "1 di antaranya menunggu giliran, karena penyedia surat penerimanya minta pelan-pelan." in mailoutbox[0].body
    assert "Pesan tertua yang menunggu: 6 menit." in mailoutbox[0].body


def test_a_silent_scheduler_is_told_and_so_is_its_return(editor, mailoutbox):
    tick(NOW)
    assert look(NOW + 6 * MINUTE)
    assert "Detak terakhir penjadwal: 6 menit yang lalu." in mailoutbox[0].body

    tick(NOW + 7 * MINUTE)
    assert not look(NOW + 7 * MINUTE)
    assert not look(NOW + 8 * MINUTE)
    assert [mail.subject for mail in mailoutbox] == ["Pesan tidak keluar", "Pesan keluar lagi"]


def test_a_scheduler_of_which_one_part_fails_is_told(editor, mailoutbox, monkeypatch):
    def fail(**_times):
        raise RuntimeError("planned to fail")

    monkeypatch.setattr(reminders, "plan", fail)
    for minutes in (0, 3, 6):
        now = NOW + minutes * MINUTE
        assert ticks.tick(now=now, machine_now=now)

    assert look(now)
    words = "Penjadwal berdetak, tetapi satu bagiannya gagal sejak 6 menit. Lihat catatan pekerja."
    assert words in mailoutbox[0].body
    monkeypatch.undo()
    ticks.tick(now=now, machine_now=now)
    assert not look(now)


def test_a_scheduler_that_never_ticked_is_no_healthy_one(editor, mailoutbox):
    assert look(NOW)
    assert "Penjadwal belum pernah berjalan." in mailoutbox[0].body


def test_only_who_runs_the_programme_is_told_each_in_their_language(editor, message, mailoutbox):
    type(editor).objects.filter(pk=editor.pk).update(language="en")
    make_staff("coordinator", email="papua@example.go.id")
    gone = make_staff("editor", email="keluar@example.go.id")
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    make_user(email="siti@example.com")

    assert look(NOW + 6 * MINUTE)

    assert [(mail.to, mail.subject) for mail in mailoutbox] == [(["pengelola@example.go.id"], "No messages leave")]


def test_a_mail_server_that_is_away_is_tried_again_at_the_next_look(editor, message, mailoutbox, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(alarms, "get_connection", lambda: (_ for _ in ()).throw(ConnectionRefusedError))
        assert look(NOW + 6 * MINUTE)
    assert mailoutbox == []

    assert look(NOW + 7 * MINUTE)
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("refusal", [smtplib.SMTPRecipientsRefused({}), AnymailRecipientsRefused("suppressed")])
def test_an_address_that_is_refused_keeps_it_from_nobody_else(refusal, editor, message, mailoutbox, monkeypatch):
    make_staff("editor", email="kedua@example.go.id")
    connect = alarms.get_connection

    class Server:
        def send_messages(self, mails):
            if mails[0].to == [editor.email]:
                raise refusal
            return connect().send_messages(mails)

    monkeypatch.setattr(alarms, "get_connection", Server)

    assert look(NOW + 6 * MINUTE)
    assert look(NOW + 7 * MINUTE)

    assert [mail.to for mail in mailoutbox] == [["kedua@example.go.id"]]


@pytest.mark.django_db(transaction=True)
def test_of_several_watchers_one_tells(mailoutbox):
    make_staff("editor", email="pengelola@example.go.id")

    at_once([lambda: look(NOW)] * 4)

    assert len(mailoutbox) == 1
