"""Appeals against a decision: what was decided and by which datum, submitted by the person, answered by staff. Staff
answer so, too, what somebody says of a day to which they cannot come (`absences`).

An answer changes no registration. Whoever grants an appeal acts by the operations that exist, and says what was done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from participants import queries
from participants.models import Appeal, Deed, Notification, Participant, Registration
from participants.models.appeals import missed_date
from participants.operations import (
    beginnings,
    constraints,
    deeds,
    guardian_refusals,
    guardian_requests,
    notifications,
    participants,
    profiles,
    registrations,
    row_locks,
    switches,
)
from participants.operations.refusals import Refused
from participants.outcomes import RELEASED, Outcome
from portal.accounts.models import User
from programs.dates import in_words
from programs.models import TrainingSession

MOST = 3
WINDOW = timedelta(days=1)
FULL = "full"
WITHOUT_A_PLACE = (profiles.WRONG_DATA, guardian_refusals.GuardianSaidNo.code)  # of the last registration all the same
ATTENDANCE = "attendance"  # the reason code of a request to put the record of one's days right


class AlreadyAppealed(Refused):
    code = "already_appealed"
    sentence = _("Keberatanmu atas keputusan ini sudah kami terima.")
    remedy = _("Koordinator wilayah akan menjawabnya; jawabannya tampil di halamanmu.")


class NothingToAppeal(Refused):
    code = "nothing_to_appeal"
    sentence = _("Keputusan ini tidak ada, atau sudah tidak berlaku.")
    remedy = _("Lihat keadaan terakhir di halamanmu.")


class TooManyAppeals(Refused):
    code = "too_many_appeals"
    sentence = _("Kamu sudah mengajukan tiga keberatan dalam satu hari.")
    remedy = _("Tunggu jawaban koordinator wilayah, atau ajukan lagi besok.")

    def __init__(self, retry_at: datetime) -> None:
        """`retry_at` is a programme instant."""
        super().__init__()
        self.retry_at = retry_at


class AnsweredBefore(Refused):
    code = "appeal_answered_before"
    sentence = _("Ini sudah dijawab.")
    remedy = _("Jawaban pertama yang berlaku; yang bersangkutan sudah dikabari.")


class TakenBack(Refused):
    """What is taken back leaves nothing, and so cannot be told from what is another region's."""

    code = "appeal_taken_back"
    sentence = _("Ini sudah ditarik kembali oleh yang menulisnya, atau bukan dari wilayahmu.")
    remedy = _("Tidak ada yang perlu kamu jawab.")


_REFUSED: dict[str, Outcome] = {
    refusal.code: Outcome(refusal.sentence, refusal.remedy)
    for refusal in (
        registrations.NotOpenYet,
        registrations.RegistrationClosed,
        registrations.SessionCancelled,
        guardian_requests.TooManyRequests,
        guardian_refusals.GuardianSaidNo,
        beginnings.AlreadyBegun,
        switches.TooManySwitches,
    )
} | {
    registrations.NotEligible.code: Outcome(
        _("Tanggal lahirmu di luar rentang program ini."),
        _("Kalau tanggalnya salah ketik, perbaiki. Kalau benar, lihat program lain kementerian."),
    ),
    profiles.WRONG_DATA: Outcome(
        _("Pembetulan data yang tercatat di pendaftaran ini."),
        _("Tulis mana yang keliru dan bagaimana seharusnya; koordinator wilayah yang membetulkannya."),
    ),
    ATTENDANCE: Outcome(
        _("Kehadiranmu pada pelatihan ini."),
        _("Tulis hari mana kamu hadir; koordinator wilayah yang memeriksa dan membetulkannya."),
    ),
    FULL: Outcome(
        _("Semua kursi sesi ini terisi."),
        _("Masuk daftar tunggu: begitu ada kursi kosong, yang terdepan mendapatkannya. Atau pilih sesi lain."),
    ),
}


@dataclass(frozen=True)
class Fact:
    """One datum that the decision rests on: an instant, a date, or words."""

    label: str | Promise
    at: datetime | None = None
    on: date | None = None
    words: str | Promise = ""


@dataclass(frozen=True)
class Decision:
    """What was decided about one person and one session, by which data, and what the person can do about it."""

    code: str
    session: TrainingSession
    registration: Registration | None
    outcome: Outcome
    facts: list[Fact] = field(default_factory=list)


def outcome(code: str, *, released: bool) -> Outcome:
    """The decision `code` in words: why a registration was released, or why none was made; or which day is missed."""
    if day := missed_date(code):
        return Outcome(_("Kamu tidak bisa datang %(date)s.") % {"date": in_words(day)}, "")
    words = RELEASED.get(code) if released else None
    return words or _REFUSED.get(code) or RELEASED.get(code) or Outcome(code, "")


def decision(*, user: User, session: TrainingSession, code: str, now: datetime) -> Decision | None:
    """The decision `code` about `user` and `session` as it stands at `now`; None when there is no such decision.

    `session` has its programme, region and days at hand.
    """
    own = Registration.objects.filter(participant__user=user, session=session).order_by("-pk")
    words = RELEASED.get(code)
    if words and words.is_decision:  # nobody objects to what they did by themselves
        for registration in own.filter(place=Registration.Place.RELEASED, release_reason=code):
            return Decision(code, session, registration, words, _released(registration))
    concerned = own.live().first()
    if concerned is None and code in WITHOUT_A_PLACE:
        concerned = own.first()
    why = _WHY.get(code)
    facts = why(user, session, concerned, now) if why else None
    return Decision(code, session, concerned, outcome(code, released=False), facts) if facts else None


@transaction.atomic
def submit(*, user: User, session: TrainingSession, code: str, text: str, now: datetime) -> Appeal:
    """Write down the objection of `user` to the decision `code` about `session`.

    Raises NothingToAppeal when there is no such decision, AlreadyAppealed while an earlier objection to it waits,
    TooManyAppeals beyond three a day of one account, AccountSwitchedOff.
    """
    row_locks.lock_own_account(user)  # one after another: the limit is counted
    against = decision(user=user, session=session, code=code, now=now)
    if against is None or not text:
        raise NothingToAppeal
    if Appeal.objects.open().filter(user=user, session=session, code=code).exists():
        raise AlreadyAppealed
    recent = Appeal.objects.objections().filter(user=user, asked_at__gt=now - WINDOW).order_by("-asked_at")
    if len(asked := [*recent.values_list("asked_at", flat=True)[:MOST]]) == MOST:
        raise TooManyAppeals(asked[-1] + WINDOW)
    with constraints.told_as({"one_open_appeal_per_decision": AlreadyAppealed}), transaction.atomic():
        return Appeal.objects.create(
            user=user, session=session, registration=against.registration, code=code, text=text, asked_at=now
        )


@transaction.atomic
def answer(*, appeal: Appeal, verdict: str, text: str, by: User, now: datetime) -> Appeal:
    """Answer the appeal and tell the person. Raises AnsweredBefore, whoever answered first, and TakenBack."""
    rows = Appeal.objects.select_related("user", "session__region")
    found = rows.select_for_update(of=("self",), no_key=True).filter(pk=appeal.pk).readable().first()
    if found is None:
        raise TakenBack
    appeal = found
    if not appeal.is_open:
        raise AnsweredBefore
    appeal.verdict, appeal.answer, appeal.answered_at, appeal.answered_by = verdict, text, now, by
    appeal.save(update_fields=["verdict", "answer", "answered_at", "answered_by"])
    is_absence = appeal.missed_on is not None
    notifications.promise(
        Notification.Kind.ABSENCE_ANSWERED if is_absence else Notification.Kind.APPEAL_ANSWERED,
        subject=appeal.user,
        region=appeal.session.region,
        occurrence=f"{appeal.code if is_absence else 'appeal'}:{appeal.pk}",
        now=now,
    )
    deeds.note(Deed.What.ANSWERED, about=appeal, by=by, now=now, changed={"verdict": ("", verdict)})
    return appeal


def _released(registration: Registration) -> list[Fact]:
    facts = [Fact(_("Mendaftar"), at=registration.registered_at)]
    if question := registration.guardian_requests.order_by("-pk").first():
        facts.append(Fact(_("Batas waktu wali"), at=question.expires_at))
        if question.answer in (question.Answer.GIVEN, question.Answer.REFUSED):
            facts.append(Fact(_("Wali menjawab"), at=question.answered_at))
    return [*facts, Fact(_("Dilepas"), at=registration.released_at)]


def _not_open_yet(
    _user: User, session: TrainingSession, _live: Registration | None, now: datetime
) -> list[Fact] | None:
    opens = session.program.registration_opens
    return [Fact(_("Pendaftaran dibuka"), at=opens)] if now < opens else None


def _closed(_user: User, session: TrainingSession, live: Registration | None, now: datetime) -> list[Fact] | None:
    return [Fact(_("Pendaftaran ditutup"), at=session.closes)] if live is None and now >= session.closes else None


def _cancelled(_user: User, session: TrainingSession, _live: Registration | None, _now: datetime) -> list[Fact] | None:
    status = TrainingSession.Status.CANCELLED
    return [Fact(_("Keadaan sesi"), words=status.label)] if session.status == status else None


def _not_eligible(user: User, session: TrainingSession, live: Registration | None, _now: datetime) -> list[Fact] | None:
    """Whoever was refused at once left no birth date with us; of others the one that they gave counts."""
    program = session.program
    born = Participant.objects.filter(user=user).values_list("birth_date", flat=True).first()
    if live or (born and program.admits(born)):
        return None
    return [
        Fact(_("Paling tua lahir"), on=program.born_from),
        Fact(_("Paling muda lahir"), on=program.born_until),
        Fact(_("Tanggal lahirmu"), on=born)
        if born
        else Fact(_("Tanggal lahirmu"), words=_("yang kamu tulis di formulir; tidak kami simpan")),
    ]


def _full(_user: User, session: TrainingSession, live: Registration | None, now: datetime) -> list[Fact] | None:
    """In the queue, or before a session without a seat."""
    seats = Fact(_("Kursi terisi"), words=f"{session.seats_taken} / {session.seat_limit}")
    if live and live.place == Registration.Place.QUEUED:
        return [seats, Fact(_("Nomormu di daftar tunggu"), words=str(queries.live_rank(live)))]
    return [seats] if live is None and session.is_open(now) and not session.seats_left else None


def _too_many_letters(
    _user: User, _session: TrainingSession, live: Registration | None, _now: datetime
) -> list[Fact] | None:
    if live is None or live.guardian != Registration.Guardian.ASKED:
        return None
    letters = live.guardian_requests.count()
    return [Fact(_("Surat kepada wali"), words=str(letters))] if letters >= guardian_requests.MOST_REQUESTS else None


def _guardian_said_no(
    user: User, _session: TrainingSession, row: Registration | None, _now: datetime
) -> list[Fact] | None:
    no = guardian_refusals.last(row.participant) if row else None
    if no is None or row is None or no.request.registration.session_id != row.session_id:
        return None
    return [Fact(_("Wali menjawab"), at=no.said_at)]


def _already_begun(
    _user: User, session: TrainingSession, live: Registration | None, now: datetime
) -> list[Fact] | None:
    if live is None:
        return None
    live.session = session
    has_begun = queries.has_begun(session, queries.marks_so_far(live, now=now), now=now)
    return [Fact(_("Hari pertama mulai"), at=session.starts)] if has_begun else None


def _too_many_switches(
    _user: User, _session: TrainingSession, live: Registration | None, now: datetime
) -> list[Fact] | None:
    switched = switches.switched_today(live.participant, now=now) if live else []
    return [Fact(_("Pindah terakhir"), at=switched[0])] if len(switched) >= switches.SWITCHES_A_DAY else None


def _recorded(user: User, _session: TrainingSession, row: Registration | None, _now: datetime) -> list[Fact] | None:
    """What can be put right only by somebody else, as it is recorded: with a registration that lives, or the last."""
    if row is None:
        return None
    person = Participant.objects.get(user=user)
    if not row.is_live and row != participants.last_registration(person):
        return None
    if person.is_erased:
        return [Fact(_("Tanggal lahir"), words=_("sudah kami hapus"))]
    return [Fact(_("Nama lengkap"), words=person.full_name), Fact(_("Tanggal lahir"), on=person.birth_date)]


def _attendance(_user: User, session: TrainingSession, live: Registration | None, now: datetime) -> list[Fact] | None:
    """Every day with what is recorded of it, once a day is over on which the person was not seen."""
    if live is None or not live.is_confirmed:
        return None
    live.session = session
    marks = queries.marks_so_far(live, now=now)
    if not queries.may_be_mended(marks):
        return None
    said = [(mark.number, mark.label if not mark.is_unrecorded and mark.mark else _("Belum dicatat")) for mark in marks]
    return [Fact(_("Hari %(number)s") % {"number": number}, words=words) for number, words in said]


_WHY: dict[str, Callable[[User, TrainingSession, Registration | None, datetime], list[Fact] | None]] = {
    registrations.NotOpenYet.code: _not_open_yet,
    registrations.RegistrationClosed.code: _closed,
    registrations.SessionCancelled.code: _cancelled,
    registrations.NotEligible.code: _not_eligible,
    guardian_requests.TooManyRequests.code: _too_many_letters,
    guardian_refusals.GuardianSaidNo.code: _guardian_said_no,
    beginnings.AlreadyBegun.code: _already_begun,
    switches.TooManySwitches.code: _too_many_switches,
    FULL: _full,
    profiles.WRONG_DATA: _recorded,
    ATTENDANCE: _attendance,
}
