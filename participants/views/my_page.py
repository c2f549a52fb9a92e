"""One's own page: how things stand, what happens next, and what one can do about it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from participants import queries
from participants.documents.calendars import calendar_of
from participants.documents.tickets import short_code
from participants.forms import GuardianAddressForm
from participants.models import GuardianRequest, Notification, Registration
from participants.operations import beginnings, guardian_requests, guardians, registrations
from participants.operations.appeals import ATTENDANCE
from participants.operations.refusals import Refused
from participants.outcomes import RELEASED, Outcome, outcome_of
from participants.views.appeals import told
from participants.views.chosen import chosen, own
from participants.views.refusals import in_full
from participants.views.typed import come_back, keeps_what_was_typed
from portal import clock
from portal.page_cache import remembered
from programs.models import ReminderRule, TrainingDay
from programs.queries import coordinators_of

Guardian, Place, Reason = Registration.Guardian, Registration.Place, Registration.Release
_WAITED = {Reason.LEFT_QUEUE, Reason.QUEUE_CLOSED, Reason.OFFER_DECLINED, Reason.OFFER_EXPIRED}
LONG = timedelta(days=3)  # without an answer: from then on it is said whom to write to


@dataclass(frozen=True)
class Standing:
    """One live or latest registration with all that its part of the page says."""

    registration: Registration
    state: str  # confirmed, finished, held, offered, queued, released
    rank: int | None
    chance: queries.Chance | None
    question: GuardianRequest | None
    guardian_form: GuardianAddressForm | None
    reminders: list[queries.Reminded]
    messages: list[Notification]
    outcome: Outcome | None
    appeal: str  # the code of what can be objected to, "" for nothing
    attendance_appeal: str  # the same of the record of the days
    missed: set[date]  # on which the person has said that they cannot come
    days: list[tuple[TrainingDay, queries.DayMark]]
    progress: queries.Progress
    now: datetime

    @property
    def session(self) -> Any:
        return self.registration.session

    @property
    def is_asked_whether_coming(self) -> bool:
        """Whether the person still owes an answer to "are you still coming?"."""
        is_due = self.now >= self.session.asks_who_comes and not self.has_begun
        return is_due and queries.is_asked(self.registration, self.messages)

    @property
    def has_begun(self) -> bool:
        """Whether the training has begun for the person: from then on nothing about the seat is theirs to change."""
        return queries.has_begun(self.session, [mark for _day, mark in self.days], now=self.now)

    @property
    def can_change(self) -> bool:
        """Whether the person can still go to another session, or let go of this one."""
        return self.registration.is_live and not self.has_begun

    @property
    def may_be_in_calendar(self) -> bool:
        """Whether the days of what was released may stand in the person's calendar: they never do without a seat."""
        return self.state == "released" and self.registration.release_reason not in _WAITED

    @property
    def can_invite(self) -> bool:
        """Whether a friend could still register."""
        return self.registration.is_live and self.session.is_open(self.now)

    @property
    def next_day(self) -> TrainingDay | None:
        """The day to come to next, or the one that is on."""
        return next((day for day, _mark in self.days if self.now < day.ends()), None)

    @property
    def has_unsure_venue_today(self) -> bool:
        """Whether a day of the training is on and nobody has said for sure where."""
        return self.state == "confirmed" and self.is_today and not self.session.venue.is_confirmed

    @property
    def has_waited_long(self) -> bool:
        """Whether what the person needs prepared was asked days ago, and nobody has answered."""
        request = getattr(self.registration, "accessibility_request", None)
        return bool(request and request.is_open and self.now - request.asked_at >= LONG)

    @cached_property
    def coordinators(self) -> list[str]:
        """The names of those who look after the region, for whoever has to ask them."""
        return coordinators_of(self.session.region)

    @property
    def is_today(self) -> bool:
        day = self.next_day
        return day is not None and self.now.astimezone(self.session.region.zone).date() == day.date

    @cached_property
    def days_to_miss(self) -> list[TrainingDay]:
        """The days of which the person can still say that they cannot come."""
        days = queries.days_ahead(self.registration, [mark for _day, mark in self.days], now=self.now)
        return [day for day in days if day.date not in self.missed]

    @property
    def is_missing_next_day(self) -> bool:
        """Whether the person has said that they cannot come to the very next day, and were not seen there."""
        day = self.next_day
        seen = {mark.day_id for _day, mark in self.days if mark.mark in queries.THERE}
        return day is not None and day.date in self.missed and day.pk not in seen

    @property
    def next_day_there(self) -> TrainingDay | None:
        """The next of the days to come on which the person has not said that they cannot come."""
        ahead = (day for day, _mark in self.days if self.now < day.ends())
        return next((day for day in ahead if day.date not in self.missed), None)

    @property
    def days_until_missed(self) -> int | None:
        """How many days ahead the first of `days_to_miss` is: 0 is today, 1 tomorrow."""
        today = self.now.astimezone(self.session.region.zone).date()
        return (self.days_to_miss[0].date - today).days if self.days_to_miss else None

    @property
    def unrecorded(self) -> list[int]:
        """The numbers of the days that are over and that nobody has recorded."""
        return [mark.number for _day, mark in self.days if mark.is_unrecorded]

    @property
    def ticket(self) -> str:
        """The short code of a ticket that admits, else nothing."""
        return short_code(self.registration) if self.registration.is_confirmed else ""

    @property
    def share_address(self) -> str:
        """The session's public page, which says nothing of who shares it."""
        return settings.BASE_URL + self.session.get_absolute_url()


@require_safe
def my_page(request: HttpRequest) -> HttpResponse:
    """How every registration of the reader stands."""
    return _show(request)


@keeps_what_was_typed
def guardian_again(request: HttpRequest) -> HttpResponse:
    """Ask the guardian again, perhaps at a corrected address."""
    if request.method != "POST":  # back from the door, where the login had to be renewed
        return redirect("my_page")
    form = GuardianAddressForm(request.POST)
    if not form.is_valid():
        return _show(request, form)
    try:
        guardians.ask_again(registration=chosen(request), email=form.cleaned_data["guardian_email"], now=clock.now())
    except Refused as refusal:
        form.add_error("guardian_email", in_full(refusal))
        page = _show(request, form, refusal)
        if isinstance(refusal, guardian_requests.TooManyLetters):
            return come_back(page, at=refusal.retry_at, now=clock.now())
        return page
    messages.success(
        request, _("Surat baru untuk orang tua atau walimu sedang dikirim. Tautan yang lama tidak berlaku.")
    )
    return redirect("my_page")


def cancel(request: HttpRequest) -> HttpResponse:
    """Ask whether it is meant; then give the place back."""
    registration = chosen(request)
    if not registration.is_live:  # back, or a second press
        reason = registration.release_reason
        is_cancelled = reason in (Registration.Release.CANCELLED_BY_SELF, Registration.Release.CANCELLED_BY_STAFF)
        over = _("Pendaftaran ini sudah dibatalkan.") if is_cancelled else str(RELEASED[reason].sentence)
        messages.info(request, over)
        return redirect("my_page")
    now = clock.now()
    try:
        if request.method != "POST":
            beginnings.check(registration, now=now)
            return _ask_whether_to_cancel(request, registration, now)
        with suppress(registrations.NotLive):  # cancelled in this very moment: the page shows it
            registrations.cancel(registration=registration, now=now)
    except beginnings.AlreadyBegun as refusal:
        return _ask_whether_to_cancel(request, registration, now, refusal)
    return redirect("my_page")


def _ask_whether_to_cancel(
    request: HttpRequest, registration: Registration, now: datetime, refusal: Refused | None = None
) -> HttpResponse:
    """The question, or in its place why it cannot be asked any more."""
    is_open = registration.session.is_open(now)
    queue = Registration.objects.queued().filter(session=registration.session_id)
    context = {
        "registration": registration,
        "session": registration.session,
        "is_open": is_open,
        "has_queue": is_open and queue.exists(),
        "refusal": refusal,
    }
    return render(request, "participants/cancel.html", context, status=409 if refusal else 200)


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """The days of a registration for the reader's own calendar."""
    registration = chosen(request)
    response = HttpResponse(calendar_of(registration, now=clock.now()), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="pelatihan-{registration.session.slug}.ics"'
    return response


def _show(
    request: HttpRequest, form: GuardianAddressForm | None = None, refused: Refused | None = None
) -> HttpResponse:
    user: Any = request.user
    now = clock.now()
    rows = own(user)
    appeals, alerts, opt_outs = queries.asks_of(user)
    off = {choice.rule_id for choice in opt_outs}
    missed = {(appeal.registration_id, appeal.missed_on) for appeal in appeals if appeal.missed_on}
    waiting = {(appeal.session_id, appeal.code) for appeal in appeals if appeal.is_open}
    standings = [_standing(row, form, missed, waiting, off, now) for row in rows if row.is_live] or [
        _standing(row, None, missed, waiting, off, now) for row in rows[:1]
    ]
    shown = {standing.registration for standing in standings}
    context = {
        "standings": standings,
        "tickets": " ".join(standing.ticket for standing in standings if standing.ticket),
        "participant": rows[0].participant if rows else None,
        "earlier": [(row, outcome_of(row, now=now), _appealable(row, waiting)) for row in rows if row not in shown],
        "appeals": told(appeals, now=now),
        "alerts": alerts,
        "opt_outs": opt_outs,
        "wrong": [form] if form else [],
        "refused": refused,
    }
    return render(request, "participants/my_page.html", context, status=422 if form else 200)


def _standing(
    registration: Registration,
    form: GuardianAddressForm | None,
    missed: set[tuple[int | None, date]],
    waiting: set[tuple[int, str]],
    off: set[int | None],
    now: datetime,
) -> Standing:
    state, marks = _state(registration, now), queries.marks_so_far(registration, now=now)
    told_so_far = queries.messages_about(registration)
    rank = queries.live_rank(registration) if state == "queued" else None
    question = None
    if registration.guardian != Guardian.NOT_NEEDED:
        question = registration.guardian_requests.order_by("-pk").first()
    missing = {day for pk, day in missed if pk == registration.pk}
    is_asked = registration.is_live and registration.guardian == Guardian.ASKED
    return Standing(
        registration=registration,
        state=state,
        rank=rank,
        chance=queries.chance(registration, rank=rank, now=now) if rank else None,
        question=question,
        guardian_form=(form or GuardianAddressForm(initial={"guardian_email": _asked_at(question)}))
        if is_asked and question
        else None,
        reminders=_reminders(registration, off, missing, marks, told_so_far, now) if state != "finished" else [],
        messages=told_so_far,
        outcome=outcome_of(registration, now=now),
        appeal=_appealable(registration, waiting),
        attendance_appeal=ATTENDANCE
        if registration.is_confirmed
        and queries.may_be_mended(marks)
        and (registration.session_id, ATTENDANCE) not in waiting
        else "",
        missed=missing,
        days=list(zip(registration.session.days.all(), marks, strict=True)),
        progress=queries.progress(marks, registration.session.program),
        now=now,
    )


def _asked_at(question: GuardianRequest) -> str:
    """The address to begin a correction from: none where it belongs to somebody else."""
    return "" if question.misdirected_at else question.email


def _appealable(registration: Registration, waiting: set[tuple[int, str]]) -> str:
    """The code of what was decided about `registration`, unless it is among the appeals that wait for an answer."""
    outcome = RELEASED.get(registration.release_reason)
    code = registration.release_reason if outcome and outcome.is_decision else ""
    return "" if (registration.session_id, code) in waiting else code


def _reminders(
    registration: Registration,
    off: set[int | None],
    missed: set[date],
    marks: list[queries.DayMark],
    told_so_far: list[Notification],
    now: datetime,
) -> list[queries.Reminded]:
    """What may still be said to the person as things stand, in order: reminders, and whether they still come."""
    if not registration.is_live:
        return []
    program = registration.session.program_id
    of_edition = remembered(f"reminder rules {program}", lambda: list(ReminderRule.objects.filter(program=program)))
    wanted = [rule for rule in of_edition if not (rule.is_optional and rule.pk in off)]
    ahead = queries.reminders_ahead(registration, wanted, missed=missed, marks=marks, now=now)
    question = queries.question_ahead(registration, told_so_far, now=now)
    return sorted([*ahead, *question], key=lambda told: told.due)


def _state(registration: Registration, now: datetime) -> str:
    if not registration.is_live:
        return "released"
    if registration.place == Place.QUEUED:
        return "queued"
    if registration.place == Place.OFFERED:
        return "offered"
    if not registration.is_confirmed:
        return "held"
    return "finished" if now >= registration.session.ends else "confirmed"
