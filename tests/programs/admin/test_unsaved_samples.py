"""What staff typed as words of a reminder and have not saved, mailed to whoever typed it."""

from datetime import date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from participants.models import Notification
from programs.models import ReminderRule
from tests.factories import WIB, make_participant, make_registration, make_rule, make_session
from tests.participants.operations.sending import text, tick_and_deliver
from tests.programs.admin.test_reminders import FILLED, RULES, WORDS, page
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
NOW = datetime(2100, 12, 10, 12, tzinfo=WIB)


@pytest.fixture(autouse=True)
def session(monkeypatch):
    monkeypatch.setattr("portal.clock.now", lambda: NOW)
    session = make_session(first_day=date(2100, 12, 16))
    make_registration(session, participant=make_participant(full_name="Siti Nur"))
    return session


@pytest.fixture
def staff():
    return make_staff("editor", email="pengelola@example.go.id")


@pytest.fixture
def editor(staff):
    return sign_in(Client(), staff)


def typed(session, **more):
    return FILLED | WORDS | {"program": session.program_id, "_mail": "1"} | more


def samples():
    return Notification.objects.filter(kind="sample")


@pytest.mark.parametrize("is_new", [True, False])
def test_goes_to_the_reader_alone_and_nothing_is_saved(editor, session, mails, is_new):
    address = f"{RULES}add/" if is_new else f"{RULES}{make_rule(session.program).pk}/change/"
    before = list(ReminderRule.objects.values())

    shown = page(editor.post(address, typed(session)))
    tick_and_deliver(NOW)

    assert shown.select_one(".messagelist").text.strip() == "Contohnya dikirim ke pengelola@example.go.id."
    assert shown.select_one("[name=subject_id]")["value"] == "Bawa payung, {nama}"
    assert "Bawa payung, Siti Nur" in shown.select_one(".example").text
    assert list(ReminderRule.objects.values()) == before
    (mail,) = [mail for mail in mails.mails if "Contoh" in mail["Subject"]]
    assert (mail["To"], mail["Subject"]) == ("pengelola@example.go.id", "[Contoh] Bawa payung, Siti Nur")
    assert "belum disimpan. Kalau disimpan, peserta menerimanya Selasa, 14 Desember 2100, 17.30 WIB:" in text(mail)
    assert f"Di {session.region.city}." in text(mail)


def test_goes_once_a_minute_and_other_words_have_to_wait(editor, session, mails, monkeypatch):
    for _press in range(2):
        assert "dikirim ke" in page(editor.post(f"{RULES}add/", typed(session))).select_one(".success").text
    other = typed(session, subject_id="Bawa topi")
    refused = page(editor.post(f"/en{RULES}add/", other))
    tick_and_deliver(NOW)

    assert "A sample has just been sent to you. Wait a minute" in refused.select_one(".messagelist .error").text
    assert refused.select_one("[name=subject_id]")["value"] == "Bawa topi"
    assert [mail["Subject"] for mail in mails.mails] == ["[Contoh] Bawa payung, Siti Nur"]

    later = NOW + timedelta(minutes=1)
    monkeypatch.setattr("portal.clock.now", lambda: later)
    editor.post(f"{RULES}add/", other)
    tick_and_deliver(later)
    assert [mail["Subject"] for mail in mails.mails][1:] == ["[Contoh] Bawa topi"]


def test_one_persons_words_are_not_anothers(editor, session, mails):
    other = sign_in(Client(), make_staff("editor", email="kedua@example.go.id"))
    editor.post(f"{RULES}add/", typed(session))
    other.post(f"{RULES}add/", typed(session, subject_id="Bawa topi"))
    tick_and_deliver(NOW)

    assert sorted((mail["To"], mail["Subject"]) for mail in mails.mails) == [
        ("kedua@example.go.id", "[Contoh] Bawa topi"),
        ("pengelola@example.go.id", "[Contoh] Bawa payung, Siti Nur"),
    ]


def test_goes_as_it_was_typed_when_the_rule_is_saved_before_it_goes(editor, session, mails):
    editor.post(f"{RULES}add/", typed(session))
    make_rule(session.program, slug=FILLED["slug"], **dict.fromkeys(WORDS, "Lain"))
    tick_and_deliver(NOW)

    assert [mail["Subject"] for mail in mails.mails] == ["[Contoh] Bawa payung, Siti Nur"]
    assert ReminderRule.objects.get().subject_id == "Lain"


def test_words_that_are_not_kept_any_more_are_not_mailed(editor, session, mails):
    editor.post(f"{RULES}add/", typed(session))
    cache.clear()
    tick_and_deliver(NOW)

    assert mails.mails == []
    assert samples().get().reason == "no longer meant"


@pytest.mark.parametrize("wrong", [{"body_en": "Halo {sandi}"}, {"audience": "queued"}])
def test_nothing_goes_of_words_that_cannot_be_saved_or_mean_nobody(editor, session, wrong):
    shown = page(editor.post(f"{RULES}add/", typed(session, **wrong)))

    assert not samples().exists()
    assert not shown.select("[name=_mail], .messagelist")
    assert shown.select_one("[name=subject_id]")["value"] == "Bawa payung, {nama}"


def test_the_button_comes_with_the_preview_and_after_the_one_that_enter_presses(editor, session):
    assert not page(editor.get(f"{RULES}add/")).select("[name=_mail]")
    shown = page(editor.post(f"{RULES}add/", FILLED | WORDS | {"program": session.program_id, "_look": "1"}))
    buttons = [button.get("name") for button in shown.select("#reminderrule_form [type=submit]")]
    assert buttons[0] == "_save"
    assert buttons[-2:] == ["_look", "_mail"]
    assert not samples().exists()
