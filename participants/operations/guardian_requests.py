"""Asking a minor's parent or guardian. What the answer does to the seat is in `guardians`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Func, Q, QuerySet, TextField
from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.addresses import inbox_key
from participants.models import GuardianRequest, Notification, Registration
from participants.operations import guardian_refusals, locks, notifications
from participants.operations.refusals import Refused
from programs.models import TrainingSession

MOST_REQUESTS = 5  # about one registration
SAID = [Notification.State.SENDING, Notification.State.SENT, Notification.State.UNKNOWN]
LETTERS_TO_AN_INBOX = 10  # a day; a guardian of several children is well below
LETTERS_OF_A_PERSON = 5  # a day, over all registrations: leaving and registering again writes no more


class InboxKey(Func):
    """What `addresses.inbox_key` computes, in the database."""

    template = (
        "replace(split_part(split_part(lower(%(expressions)s), '@', 1), '+', 1), '.', '') || '@' || "
        "replace(split_part(lower(%(expressions)s), '@', 2), 'googlemail.com', 'gmail.com')"
    )
    output_field = TextField()


class GuardianNeeded(Refused):
    code = "guardian_needed"
    sentence = _("Pada hari pertama pelatihan kamu belum dewasa, jadi orang tua atau wali perlu setuju.")
    remedy = _("Isi alamat email orang tua atau walimu.")


class GuardianIsTheChild(Refused):
    code = "guardian_is_the_child"
    sentence = _("Alamat email wali sama dengan alamatmu sendiri.")
    remedy = _("Isi alamat yang dibaca orang tua atau walimu.")


class InboxIsSomebodyElses(Refused):
    code = "inbox_is_somebody_elses"
    sentence = _("Yang membaca surat di alamat itu bilang suratnya bukan untuknya; kami tidak menulis lagi ke sana.")
    remedy = _("Tulis alamat lain milik orang tua atau walimu, atau hubungi koordinator wilayah.")


class TooManyLetters(Refused):
    code = "too_many_letters"
    sentence = _("Hari ini sudah terlalu banyak surat persetujuan dikirim ke alamat wali itu.")
    remedy = _("Minta walimu mencari surat yang sudah ada, juga di folder spam, atau coba lagi besok.")

    def __init__(self, retry_at: datetime) -> None:
        """`retry_at` is a programme instant."""
        self.retry_at = retry_at


class TooManyRequests(Refused):
    code = appeal = "too_many_guardian_requests"
    sentence = _("Surat kepada wali sudah dikirim beberapa kali.")
    remedy = _("Periksa folder spam bersama walimu, atau hubungi koordinator wilayah.")


def check_address(email: str, *, child: str) -> None:
    """Raise GuardianNeeded without an address, GuardianIsTheChild when it is the child's own inbox."""
    if not email:
        raise GuardianNeeded
    if inbox_key(email) == inbox_key(child):
        raise GuardianIsTheChild


def ask(
    registration: Registration, *, email: str, session: TrainingSession, now: datetime, is_named_by_staff: bool = False
) -> GuardianRequest:
    """Ask the guardian at `email`, in the caller's transaction; an earlier open question is replaced.

    Raises InboxIsSomebodyElses when who reads it said so of this person's letter, TooManyLetters when ten went to that
    inbox, or five from this person, within a day, and GuardianSaidNo after another guardian's no, but for an address
    that staff name, or that is being asked about this registration already.
    """
    if not (is_named_by_staff or _is_asked(registration, email)):
        guardian_refusals.check(registration.participant, email)
    _check_letters(registration, email, now)
    replace_open([registration], now=now)
    request = GuardianRequest.objects.create(
        registration=registration, email=email, asked_at=now, expires_at=_deadline(session, now)
    )
    notifications.promise(Notification.Kind.GUARDIAN_ASKED, subject=request, now=now)
    return request


def ask_instead(registration: Registration, *, email: str, session: TrainingSession, now: datetime) -> GuardianRequest:
    """Ask again, perhaps at another address, in the caller's transaction. The time to answer is that of the first.

    Raises TooManyRequests after the fifth, and what `check_address` and `ask` raise.
    """
    if registration.guardian_requests.count() >= MOST_REQUESTS:
        raise TooManyRequests
    check_address(email, child=registration.participant.user.email)
    earlier = registration.guardian_requests.filter(answer=GuardianRequest.Answer.OPEN).first()
    request = ask(registration, email=email, session=session, now=now)
    if earlier:
        request.held_from, request.expires_at = earlier.runs_from, earlier.expires_at
        request.save(update_fields=["held_from", "expires_at"])
    return request


def forget_addresses(requests: QuerySet[GuardianRequest]) -> None:
    """Empty the addresses of `requests`, held by the caller's transaction. Of who answered a keyed mark is left, so
    that after a no they, and nobody else, can be asked again."""
    answered = list(requests.filter(answer__in=[GuardianRequest.Answer.GIVEN, GuardianRequest.Answer.REFUSED]))
    for request in answered:
        if request.email:
            request.email, request.inbox_hash = "", tokens.inbox_hash(inbox_key(request.email))
    GuardianRequest.objects.bulk_update(answered, ["email", "inbox_hash"])
    requests.update(email="")


def tell_misdirected(request: GuardianRequest, registration: Registration, *, now: datetime) -> None:
    """Tell the child that the letter went astray, in the caller's transaction: of use while another can be sent.

    With a seat that is until the time to answer ends, at night too; in the queue that time costs nothing. Who was told
    of this letter, for a place that they have moved from since, is not told again.
    """
    kind, occurrence = Notification.Kind.GUARDIAN_MISDIRECTED, str(request.public_id)
    told = Notification.objects.filter(
        registration__participant=registration.participant_id, kind=kind, occurrence=occurrence, state__in=SAID
    )
    if told.exists():
        return
    notifications.promise(
        kind,
        subject=registration,
        occurrence=occurrence,
        useful_until=None if registration.place == Registration.Place.QUEUED else request.expires_at,
        now=now,
    )


def replace_open(registrations: Collection[Registration], *, now: datetime) -> None:
    """End the open questions about these registrations without an answer: behind their links nothing can be pressed."""
    _open(registrations).update(answer=GuardianRequest.Answer.REPLACED, answered_at=now)


def end_open(registrations: Collection[Registration], *, is_told: bool, now: datetime) -> None:
    """Let nobody answer for these registrations, just released, any more; with `is_told` one guardian of each hears it.

    In the caller's transaction.
    """
    newest_first = concerned(registrations).order_by("-pk") if is_told else ()
    first_asked = {request.registration_id: request for request in newest_first}
    replace_open(registrations, now=now)
    notifications.promise_all(Notification.Kind.CANCELLED, first_asked.values(), now=now)


def concerned(registrations: Iterable[Registration]) -> QuerySet[GuardianRequest]:
    """The questions, open or agreed to, whose guardians are to be told what becomes of these live registrations."""
    asked = [GuardianRequest.Answer.OPEN, GuardianRequest.Answer.GIVEN]
    states = [Registration.Guardian.ASKED, Registration.Guardian.GIVEN]
    rows = GuardianRequest.objects.filter(answer__in=asked, registration__guardian__in=states).exclude(email="")
    rows = rows.filter(misdirected_at=None)  # who said that the letter is not for them is written no more
    return rows.filter(registration__in=registrations).select_related("registration")


def _is_asked(registration: Registration, email: str) -> bool:
    """Whether who reads at `email` has yet to answer about `registration`, and would only get the letter again."""
    return any(inbox_key(request.email) == inbox_key(email) for request in _open([registration]) if request.email)


def _check_letters(registration: Registration, email: str, now: datetime) -> None:
    """Nobody's inbox is flooded through a form that writes to any address; plus tags and dots count together."""
    inbox = inbox_key(email)
    _lock(inbox)
    to_person = GuardianRequest.objects.filter(registration__participant=registration.participant_id)
    wrong = to_person.filter(misdirected_at__isnull=False).alias(inbox=InboxKey("email"))
    if wrong.filter(inbox=inbox).exists():
        raise InboxIsSomebodyElses
    since = GuardianRequest.objects.filter(asked_at__gt=now - timedelta(days=1))
    to_inbox, of_person = Q(inbox=inbox), Q(registration__participant=registration.participant_id)
    letters = since.alias(inbox=InboxKey("email")).aggregate(
        to_inbox=Count("pk", filter=to_inbox), of_person=Count("pk", filter=of_person)
    )
    if letters["to_inbox"] >= LETTERS_TO_AN_INBOX or letters["of_person"] >= LETTERS_OF_A_PERSON:
        raise TooManyLetters(_letters_again_at(since.alias(inbox=InboxKey("email")), to_inbox, of_person))


def _letters_again_at(letters: QuerySet[GuardianRequest], to_inbox: Q, of_person: Q) -> datetime:
    """When both limits let one more letter through: a day after the letter that filled the fuller one."""
    filled: list[datetime] = []
    for which, most in [(to_inbox, LETTERS_TO_AN_INBOX), (of_person, LETTERS_OF_A_PERSON)]:
        times = letters.filter(which).order_by("-asked_at").values_list("asked_at", flat=True)
        filled += times[most - 1 : most]
    return max(filled) + timedelta(days=1)


def _lock(inbox: str) -> None:
    """Let nobody else count letters to this inbox until the transaction ends."""
    locks.hold(f"guardian_requests:{inbox}")


def extend(registrations: Collection[Registration], *, session: TrainingSession, now: datetime) -> None:
    """Give open questions the full time from `now`: these registrations have just got a seat in `session`."""
    _open(registrations).update(held_from=now, expires_at=_deadline(session, now))


def follow(request: GuardianRequest, *, session: TrainingSession, now: datetime) -> None:
    """Count an open question's time anew by the hours and the closing time of `session`; unsaved.

    Whoever would by that be late already keeps the time they were told, up to the closing time.
    """
    wished = _deadline(session, request.runs_from)
    request.expires_at = wished if wished > now else min(request.expires_at, _latest(session, now))


def find(token: str) -> GuardianRequest | None:
    """The request whose link holds `token`; None for a token that this server did not make."""
    public_id = tokens.guardian_request_id(token)
    if public_id is None:
        return None
    requests = GuardianRequest.objects.select_related(
        "registration__participant",
        "registration__session__program",
        "registration__session__region",
        "registration__session__venue",
    )
    return requests.filter(public_id=public_id).first()


def _open(registrations: Collection[Registration]) -> QuerySet[GuardianRequest]:
    return GuardianRequest.objects.filter(registration__in=registrations, answer=GuardianRequest.Answer.OPEN)


def _deadline(session: TrainingSession, now: datetime) -> datetime:
    """`guardian_hours` from now, never past the closing time; asked after it, never past the start."""
    return min(now + timedelta(hours=session.program.guardian_hours), _latest(session, now))


def _latest(session: TrainingSession, now: datetime) -> datetime:
    return session.closes if now < session.closes else session.starts
