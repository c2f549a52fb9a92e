"""A minor's whole way through the portal: what the child reads says nothing of the guardian, and the other way round.

Every mail is read as its reader's mail program reads it: all headers, all parts, what is attached as well.
"""

import uuid
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import unquote

import pytest

from participants.models import AccessibilityRequest, Notification, Registration
from participants.operations import (
    accessibility,
    broadcasts,
    guardians,
    registrations,
    sessions,
    switches,
    ticket_changes,
    withdrawals,
)
from tests.factories import (
    MINOR_BORN,
    make_coordinator,
    make_participant,
    make_program,
    make_rule,
    make_session,
    make_user,
    register,
)
from tests.participants.messages.test_words import ACCOUNT_KINDS
from tests.participants.operations.sending import NOW, tick_and_deliver
from tests.participants.operations.test_audiences import WORDS

pytestmark = pytest.mark.django_db
Kind = Notification.Kind
SIGNED = {"signer_name": "Walirahasia Tandatangan", "signer_relation": "Bibirahasia"}
PHONE, NEED = "+628111222333", "kursirodarahasia"
OWN = {"subject_id": "Untuk {nama}", "body_id": "Halo {nama}.", "subject_en": "For {nama}", "body_en": "Hi {nama}."}


@dataclass
class Family:
    """A child who registered and the guardian whose address they wrote: whose mails hold which words."""

    registration: Registration
    email: str
    guardian: str

    @property
    def request(self):
        return self.registration.guardian_requests.order_by("pk").last()

    def answer(self, now, *, agrees=True):
        signed = SIGNED if agrees else dict.fromkeys(SIGNED, "")
        guardians.answer(request=self.request, agrees=agrees, language="id", now=now, **signed)
        self.registration.refresh_from_db()


def come(session, name, now=NOW):
    email, guardian = f"anak-{name}@example.com", f"wali-{name}@example.com"
    full_name = f"Anakrahasia {name.title()}terpendam"
    user = make_user(email=email)
    child = make_participant(full_name=full_name, user=user, region=session.region, birth_date=MINOR_BORN, phone=PHONE)
    return Family(register(session, child, guardian_email=guardian, now=now), email, guardian)


def told(mail):
    """Everything that a mail says: headers as they stand and decoded, and each part decoded, lines joined again."""
    said = [*(f"{name}: {value}" for name, value in mail.items()), mail.as_string()]
    for part in mail.walk():
        said += [f"{name}: {value}" for name, value in part.items()]
        if not part.is_multipart():
            content = part.get_content()
            said.append(content if isinstance(content, str) else content.decode(errors="replace"))
    text = unquote("\n".join(said))
    return (text + text.replace("\r\n ", "").replace("\n ", "").replace("=\n", "")).casefold()


def as_written(*words):
    """Words in lower case, as they stand and as a header or a link might hide them."""
    return {form.casefold() for word in words for form in (word, b64encode(word.encode()).decode().rstrip("="))}


OF_THE_CHILD = ("Anakrahasia", "terpendam", "anak-", PHONE[3:], NEED, "/saya/", "/batal/", "/tawaran/", "/tiket")
OF_THE_GUARDIAN = (*SIGNED["signer_name"].split(), SIGNED["signer_relation"], "wali-", "/wali/")


def test_nothing_of_the_one_is_in_what_the_other_reads(mails):
    program = make_program(offer_hours=0)
    make_rule(program, slug="held", audience="awaiting_guardian", offset_days=-13, at="12:00", **WORDS)
    make_rule(program, slug="own", offset_days=-12, at="12:00", useful_at="20:00", **OWN)
    home = make_session(program=program)
    elsewhere, moved, full, over = (make_session(program=program, region=home.region) for _other in range(4))
    staff = make_coordinator(home.region)
    day = timedelta(days=1)

    agreed, refused, silent, astray = (come(home, name) for name in ("setuju", "tolak", "diam", "nyasar"))
    takes_back, leaves = come(home, "tarik"), come(home, "pergi")
    leaves_unheard, waits = come(home, "batal"), come(home, "sabar")
    type(full).objects.filter(pk=full.pk).update(capacity=1)
    first, queued = come(full, "pertama"), come(full, "antre")
    ended, ended_unheard = come(over, "tamat"), come(over, "usai")
    moves, moves_unheard = come(moved, "geser"), come(moved, "ganti")
    tick_and_deliver(NOW)

    now = NOW + timedelta(hours=1)
    for family in (agreed, takes_back, leaves, first, queued, ended, moves):
        family.answer(now)
    refused.answer(now, agrees=False)
    guardians.say_misdirected(request=astray.request, now=now)
    tick_and_deliver(now)

    now += timedelta(hours=1)
    guardians.ask_again(registration=astray.registration, email="wali-baru@example.com", now=now)
    need = accessibility.say(registration=agreed.registration, need=NEED, now=now)
    accessibility.answer(
        request=need, version=need.version, kind=AccessibilityRequest.Kind.values[-1], text="Ada.", by=staff, now=now
    )
    ticket = agreed.registration.ticket
    ticket_changes.replace(registration=agreed.registration, old=ticket, by=None, now=now)
    text = broadcasts.Text("Kabar {nama}", "Halo {nama}.", "News {nama}", "Hi {nama}.")
    broadcasts.write(session=home, audience="all", text=text, form_key=uuid.uuid4(), by=staff, now=now)
    withdrawals.withdraw_as_guardian(request=takes_back.request, signer_name=SIGNED["signer_name"], now=now)
    for family in (leaves, leaves_unheard, first):
        registrations.cancel(registration=family.registration, now=now)
    tick_and_deliver(now)
    tick_and_deliver(now + timedelta(minutes=6))

    now += day
    for family in (agreed, waits):
        switches.switch(registration=family.registration, session=elsewhere, form_key=uuid.uuid4(), now=now)
    for session in (elsewhere, moved):
        days = [sessions.Day(row.date + day, row.starts_at, row.ends_at) for row in session.days.order_by("number")]
        sessions.reschedule(session=session, days=days, venue=session.venue, now=now, by=staff)
    sessions.cancel(session=over, now=now, by=staff, reason="Gedungnya banjir.")
    tick_and_deliver(now)
    for days in (1, 2, 4, 12, 13):  # the reminders, the end of the guardians' time, and "are you still coming?"
        tick_and_deliver(now + days * day)

    families = [agreed, refused, silent, astray, takes_back, leaves, leaves_unheard, waits, first, queued]
    families += [ended, ended_unheard, moves, moves_unheard]
    children, askers = {family.email for family in families}, {family.guardian for family in families}
    by_reader = {mail["To"]: [] for mail in mails.mails}
    for mail in mails.mails:
        by_reader[mail["To"]].append(told(mail))
    assert set(by_reader) == children | askers | {"wali-baru@example.com"}
    for reader, read in by_reader.items():
        foreign = OF_THE_GUARDIAN if reader in children else OF_THE_CHILD
        for text in read:
            assert [word for word in as_written(*foreign) if word in text] == [], reader
    # And what was looked for is there to be found: on its own side.
    assert all("anakrahasia" in " ".join(by_reader[reader]) for reader in children)
    assert all("/wali/" in " ".join(by_reader[reader]) for reader in askers)
    # Every kind about a registration or to a guardian was among it.
    sent = Notification.objects.filter(state="sent")
    to_children = set(sent.filter(guardian_request=None).values_list("kind", flat=True))
    assert to_children == set(Kind) - ACCOUNT_KINDS - {Kind.LOGIN_CODE, Kind.GUARDIAN_ASKED, Kind.GUARDIAN_MOVED}
    to_guardians = set(sent.exclude(guardian_request=None).values_list("kind", flat=True))
    assert to_guardians == {
        Kind.GUARDIAN_ASKED,
        Kind.GUARDIAN_EXPIRED,
        Kind.GUARDIAN_MOVED,
        Kind.CANCELLED,
        Kind.CONSENT_WITHDRAWN,
        Kind.SESSION_MOVED,
        Kind.SESSION_CANCELLED,
    }
