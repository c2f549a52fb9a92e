"""What is written once for many reads as if it had been written for each alone, whatever they are called."""

from datetime import datetime, timedelta

import pytest

from participants.messages import stencils, words
from participants.messages.mails import mail
from participants.messages.stencils import CODE, NAME, Stencil, Stencils, Written
from participants.models import Notification, Registration
from participants.operations import message_facts, reminders
from programs.models import TrainingSession
from tests.factories import WIB
from tests.faults.people import EVE, confirm_many

NAMES = ["Siti", ". ", "<b>Eve</b> & co", "{nama} %(name)s \\1", "a.id/x", "n" * 80, "二 é", NAME.upper(), "{{ x }}"]


def reminded(language="id"):
    """A row for each of NAMES, as one reading finds them."""
    confirm_many(len(NAMES))
    people = [row.participant for row in Registration.objects.select_related("participant__user").order_by("pk")]
    for person, name in zip(people, NAMES, strict=True):
        person.full_name, person.user.language, person.language = name, language, language
        person.save()
        person.user.save()
    reminders.plan(now=EVE)
    return message_facts.read(Notification.objects.values_list("pk", flat=True))


def said(letter):
    return letter.subject, letter.body, letter.html, letter.to


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("own", [False, True])
def test_says_to_each_what_would_be_written_for_them_alone(language, own, monkeypatch):
    rows = reminded(language)
    if own:
        for row in rows:
            row.rule.subject_id, row.rule.body_id = "Halo {nama}", "Untuk {nama}, jam {jam}.\n\n{nama}!"
            row.rule.subject_en, row.rule.body_en = "Hello {nama}", "To {nama} at {jam}.\n\n{nama}!"
    alone = [said(mail(row, now=EVE)) for row in rows]
    written, write = [], words.words
    monkeypatch.setattr(words, "words", lambda row, **now: written.append(row) or write(row, **now))

    known = Stencils()
    assert [said(mail(row, now=EVE, stencils=known)) for row in rows] == alone
    assert len(written) == 1
    assert not any(NAME in part or CODE in part for letter in alone for part in letter[:3])


@pytest.mark.django_db
def test_writes_anew_what_another_reading_found():
    rows = reminded()
    known = Stencils()
    before = mail(rows[0], now=EVE, stencils=known)
    TrainingSession.objects.get().days.update(starts_at="10:45")
    (again,) = message_facts.read([rows[0].pk])

    after = mail(again, now=EVE, stencils=known)

    assert "10.45" not in before.body
    assert "10.45" in after.body
    assert mail(rows[1], now=EVE, stencils=known).body.count("10.45") == 0


@pytest.mark.django_db
def test_writes_anew_on_another_day():
    rows = reminded()
    known = Stencils()

    subjects = [mail(rows[0], now=EVE + timedelta(days=day), stencils=known).subject for day in (0, 1)]

    assert subjects == [mail(rows[0], now=EVE + timedelta(days=day)).subject for day in (0, 1)]
    assert len(set(subjects)) == 2


@pytest.mark.django_db
def test_writes_anew_when_the_day_has_begun_and_when_it_is_over():
    rows = reminded()
    known = Stencils()
    hours = [datetime(2025, 12, 16, hour, minute, tzinfo=WIB) for hour, minute in [(8, 59), (9, 0), (15, 59), (16, 0)]]

    texts = [mail(rows[0], now=now, stencils=known).body for now in hours]

    assert texts == [mail(rows[0], now=now).body for now in hours]
    assert len(set(texts)) == 3


@pytest.mark.django_db
def test_writes_for_each_alone_what_asks_for_more_than_the_name(monkeypatch):
    rows = reminded()
    write = words.reminders.reminder

    def tell_secret(row, now):
        told = write(row, now)
        told.paragraphs.append(str(row.registration.public_id))
        return told

    monkeypatch.setattr(words.reminders, "reminder", tell_secret)

    known = Stencils()
    for row in rows:
        assert str(row.registration.public_id) in mail(row, now=EVE, stencils=known).body


@pytest.mark.django_db
def test_control_without_the_guard_everybody_would_get_what_is_one_persons(monkeypatch):
    rows = reminded()
    write = words.reminders.reminder

    def tell_secret(row, now):
        told = write(row, now)
        told.paragraphs.append(getattr(row.registration, "secret", "of one"))
        return told

    monkeypatch.setattr(words.reminders, "reminder", tell_secret)
    monkeypatch.setattr(stencils._Anybody, "__getattr__", lambda self, name: "of one")

    known = Stencils()
    rows[0].registration.secret, rows[1].registration.secret = "of the first", "of the second"
    assert "of the second" not in mail(rows[1], now=EVE, stencils=known).body


def test_fills_in_text_and_never_what_stands_in_a_name():
    stencil = Stencil(Written(f"{NAME}", f"{NAME} {CODE}", f"<p>{NAME}</p>{CODE}"))

    filled = stencil.fill(f"<i>{CODE}", "BCDF")

    assert filled == Written(f"‹i›{CODE}", f"‹i›{CODE} BCDF", f"<p>‹i›{CODE}</p>BCDF")
