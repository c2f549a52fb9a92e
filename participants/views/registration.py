"""Registering for a session.

One address and one form, in two parts. Birth date, name and region come first, because they say whether somebody may
take part and whether a guardian must agree. With scripts the second part appears in place as soon as the birth date
is there, and what was typed is read back in place, so the form is one request; without them each is a step of its own:

- the first part comes back with the second: nobody types the long part in vain, and no minor is shown a question that
  must wait for the guardian's yes;
- what is to be registered comes back in words (`checked` is not yet sent): a wrong name or number found here costs one
  round trip, found on the certificate it costs letters;
- saving a draft is its own request because only who is interrupted asks for it; the script sends it unasked at most
  every ten seconds, and nobody waits for it.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from participants import consent_texts, tokens
from participants.addresses import suggestion
from participants.fields import BirthDateField, one_line, readable
from participants.forms import AboutForm, AdultForm, ConsentForm, GuardianAddressForm
from participants.models import Consent, Draft, Participant, Registration
from participants.operations import drafts, guardian_requests, registrations
from participants.operations.participants import Profile
from participants.operations.refusals import Refused
from participants.views.door import ask_for_address
from participants.views.offered import offered
from participants.views.refusals import Busy, in_full
from participants.views.typed import come_back, keeps_what_was_typed
from portal import clock, kept_answers, languages
from programs.compiled import compiled
from programs.models import TrainingSession
from programs.models.programs import age

# What is read back, in this order: everything that is typed or chosen but the consents, whose text stands in the form.
READ_BACK = {
    name: form.base_fields[name]
    for form, names in [
        (AboutForm, ["full_name", "birth_date", "region"]),
        (AdultForm, ["phone", "occupation", "gender", "accessibility_needs"]),
        (GuardianAddressForm, ["guardian_email"]),
    ]
    for name in names
}


@dataclass
class Parts:
    """The forms of one page. Of the second part one is asked: `asked` is "", "adult" or "minor".

    `sent` is what was sent of it, None when it is shown for the first time; `known` what was said before, or begun.
    """

    about: AboutForm
    asked: str
    sent: QueryDict | None = None
    known: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def adult(self) -> AdultForm:
        return AdultForm(self._sent("adult"), initial=self._known("adult"))

    @cached_property
    def adult_consents(self) -> ConsentForm:
        return ConsentForm(self._sent("adult"), purposes=consent_texts.offered(), language=languages.current())

    @cached_property
    def minor(self) -> GuardianAddressForm:
        return GuardianAddressForm(self._sent("minor"), initial=self._known("minor"))

    @cached_property
    def minor_consents(self) -> ConsentForm:
        purposes = [Consent.Purpose.TRAINING]
        return ConsentForm(self._sent("minor"), purposes=purposes, language=languages.current(), auto_id="minor_%s")

    def second(self) -> list[Any]:
        """The forms of the part that is asked."""
        if self.asked == "adult":
            return [self.adult, self.adult_consents]
        return [self.minor, self.minor_consents] if self.asked else []

    def _sent(self, part: str) -> QueryDict | None:
        return self.sent if part == self.asked else None

    def _known(self, part: str) -> dict[str, Any]:
        """Only of the part that is asked: the others are kept in a cache for everybody."""
        return self.known if part == self.asked else {}


@keeps_what_was_typed
def _register(request: HttpRequest, session: TrainingSession) -> HttpResponse:
    """Answer the form; what was refused is kept as a draft, so that following a link loses nothing of it."""
    response = _answer(request, session)
    if request.method == "POST" and response.status_code >= 400:
        with suppress(OperationalError):  # too busy to keep it: the page still holds what was typed
            _keep(request, session)
    return response


def _answer(request: HttpRequest, session: TrainingSession) -> HttpResponse:
    if closed := _closed(request, session):
        if request.method == "POST" and _is_registered(request, session):
            return _registered_already(request)  # sent in time, and sent again because the answer was lost
        return closed
    if request.method != "POST":
        return _form_for(request, session)
    about = AboutForm(request.POST)
    if not about.is_valid():
        part = request.POST.get("part", "")
        parts = Parts(about, part if part in ("adult", "minor") else "", sent=request.POST)
        return _show(request, session, parts)
    birth_date = about.cleaned_data["birth_date"]
    if not session.program.admits(birth_date):
        refusal = registrations.NotEligible(
            birth_date=birth_date, born_from=session.program.born_from, born_until=session.program.born_until
        )
        about.add_error("birth_date", _("Periksa lagi tanggal ini."))
        return _show(request, session, Parts(about, ""), refusal)
    is_minor = session.program.needs_guardian(birth_date, on=session.first_day)
    needed = "minor" if is_minor else "adult"
    if request.POST.get("part") != needed:
        return _show(request, session, Parts(about, needed), status=200, goes_on=True)
    parts = Parts(about, needed, sent=request.POST)
    if not _is_whole(request, parts):
        return _show(request, session, parts)
    if "change" in request.POST:
        return _show(request, session, parts, status=200)
    is_suspect = about.needs_extra_step(clock.machine_now())
    if request.POST.get("checked") != "1" or is_suspect:
        return _read_back(request, session, parts, is_suspect=is_suspect)
    return _enrol(request, session, parts)


def _is_whole(request: HttpRequest, parts: Parts) -> bool:
    """Whether the second part can be taken; what cannot be says why in its form, everything at once."""
    user: Any = request.user
    if parts.asked == "minor" and parts.minor.is_valid():
        try:
            guardian_requests.check_address(parts.minor.cleaned_data["guardian_email"], child=user.email)
        except guardian_requests.GuardianIsTheChild as refusal:
            parts.minor.add_error("guardian_email", in_full(refusal))
    return all(form.is_valid() for form in parts.second())


@login_not_required
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Register the reader for the session `slug`. A stranger is asked for an address in this very place.

    Nobody types an address and a code only to read that registration is closed.
    """
    session = offered(slug)
    if request.method == "POST" or request.user.is_authenticated:
        return _register(request, session)
    return _closed(request, session) or ask_for_address(request, session=session)


def _closed(request: HttpRequest, session: TrainingSession) -> HttpResponse | None:
    """Why nobody may register now, None while people may."""
    try:
        registrations.check_session(session, clock.now())
    except Refused as closed:
        return render(request, "participants/register_closed.html", {"session": session, "refusal": closed})
    return None


@keeps_what_was_typed
def draft(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep what was typed so far, or forget it (`discard`), asked once more. The script wants no page (`quiet`)."""
    session = offered(slug)
    user: Any = request.user
    if request.method == "POST" and "discard" in request.POST:
        if request.POST["discard"] != "yes":
            return render(request, "participants/draft_discard.html", {"session": session})
        drafts.discard(user=user, session=session)
        kept_answers.forget(request, reverse("register", args=[slug]))
        messages.success(request, _("Isianmu sudah dihapus."))
    elif request.method == "POST" and session.is_open(clock.now()):
        _keep(request, session)
    if "quiet" in request.POST:
        return HttpResponse(status=204)
    return redirect("register", slug)


def _keep(request: HttpRequest, session: TrainingSession) -> None:
    user: Any = request.user
    typed = {name: one_line(request.POST.get(name, "")[: 2 * drafts.LONGEST]) for name in READ_BACK}
    drafts.save(user=user, session=session, typed=typed, birth_date=_as_date(typed["birth_date"]), now=clock.now())


def _form_for(request: HttpRequest, session: TrainingSession) -> HttpResponse:
    """The empty form, or one filled with what is known or was begun.

    Whoever is registered sees that instead, or, registered for another session, what moving to this one means.
    """
    user: Any = request.user
    participant: Any = _participant.first(user=user.pk, program=session.program_id)
    if participant and participant.registered_for:
        if participant.registered_for == session.slug:
            return _registered_already(request)
        return redirect(f"{reverse('switch')}?{urlencode({'ke': session.slug})}")
    begun = _draft.first(user=user.pk, session=session.pk)
    known: dict[str, Any] = {}
    if participant and not participant.is_erased:
        known |= {name: getattr(participant, name) for name in ["birth_date", "full_name", *AdultForm.base_fields]}
        known["region"] = participant.region_id
    if begun:
        known |= begun.typed
    asked, birth_date = "", _as_date(known.get("birth_date"))
    if birth_date and session.program.admits(birth_date):
        asked = "minor" if session.program.needs_guardian(birth_date, on=session.first_day) else "adult"
    stamp = tokens.form_stamp(clock.machine_now())
    parts = Parts(AboutForm(initial={**known, "form_key": uuid.uuid4(), "shown": stamp}), asked, known=known)
    return _show(request, session, parts, status=200, begun=begun)


@compiled
def _participant(*, user: Any, program: Any) -> QuerySet[Participant]:
    """Who registers, with the session of the edition that they have a place in."""
    live = Registration.objects.live().filter(participant=OuterRef("pk"), program=program)
    rows = Participant.objects.filter(user=user).with_accessibility_needs()
    return rows.annotate(registered_for=Subquery(live.values("session__slug")[:1]))


@compiled
def _draft(*, user: Any, session: Any) -> QuerySet[Draft]:
    return Draft.objects.filter(user=user, session=session)


def _as_date(typed: Any) -> date | None:
    """The date that was typed, None when it is none."""
    if isinstance(typed, date):
        return typed
    with suppress(ValidationError):
        return BirthDateField(required=False).clean(typed)
    return None


def _read_back(request: HttpRequest, session: TrainingSession, parts: Parts, *, is_suspect: bool) -> HttpResponse:
    """What is to be registered, in words; everything that was typed goes along, one press away from being sent.

    Whoever filled the form as programs do (`is_suspect`) comes here too; the press is what a person does.
    """
    second, consents = parts.second()
    said = {**parts.about.cleaned_data, **second.cleaned_data}
    sent = {name: request.POST.get(name, "") for form in (parts.about, second, consents) for name in form.fields}
    sent |= {"part": parts.asked, "form_key": str(said["form_key"]), "website": ""}
    address = said.get("guardian_email", "")
    context = {
        "session": session,
        "rows": [(name, told.label, _in_words(name, said.get(name), session)) for name, told in READ_BACK.items()],
        "agreed": _agreed(consents.purposes),
        "typed": [(name, value) for name, value in sent.items() if value],
        "suggestion": suggestion(address) if address else "",
        "is_suspect": is_suspect,
    }
    return render(request, "participants/register_check.html", context)


def _agreed(given: set[str]) -> list[tuple[str, str, bool]]:
    """Each consent that can be given, in short, and whether it is among those `given`."""
    return [(f"consent_{purpose}", str(purpose.label), purpose in given) for purpose in consent_texts.offered()]


def _in_words(name: str, value: Any, session: TrainingSession) -> str:
    """One answer as a person would say it; "" when none was given."""
    if not value:
        return ""
    if name == "birth_date":
        told = {"day": date_format(value, "j F Y"), "age": age(value, on=session.first_day)}
        return _("%(day)s (%(age)s tahun pada hari pertama)") % told
    if name == "phone":
        return readable(value)
    choices = {"occupation": Participant.Occupation, "gender": Participant.Gender}
    return str(choices[name](value).label if name in choices else value)


def _enrol(request: HttpRequest, session: TrainingSession, parts: Parts) -> HttpResponse:
    about, rest, consents = parts.about.cleaned_data, *parts.second()
    user: Any = request.user
    profile = Profile(
        full_name=about["full_name"],
        birth_date=about["birth_date"],
        region=about["region"],
        language=languages.current(),
        **({} if parts.asked == "minor" else rest.cleaned_data),
    )
    try:
        registration = registrations.enrol(
            user=user,
            session=session,
            profile=profile,
            purposes=consents.purposes,
            form_key=about["form_key"],
            guardian_email=rest.cleaned_data.get("guardian_email", ""),
            now=clock.now(),
        )
    except registrations.AlreadyRegistered:
        return _registered_already(request)
    except (
        guardian_requests.GuardianNeeded,
        guardian_requests.GuardianIsTheChild,
        guardian_requests.InboxIsSomebodyElses,
        guardian_requests.TooManyLetters,
        guardian_requests.TooManyRequests,
    ) as refusal:
        if parts.asked != "minor":  # by the day to which the session was moved while the form was open
            return _show(request, session, Parts(parts.about, "minor"), refusal)
        rest.add_error("guardian_email", in_full(refusal))
        page = _show(request, session, parts, status=422)
        if isinstance(refusal, guardian_requests.TooManyLetters):
            return come_back(page, at=refusal.retry_at, now=clock.now())
        return page
    except registrations.FormUsed:
        sent = request.POST.copy()
        sent["form_key"] = str(uuid.uuid4())  # the key was somebody else's: what was typed may be sent under a new one
        parts = Parts(AboutForm(sent), parts.asked, sent=request.POST)
        return _show(request, session, parts, registrations.FormUsed())
    except Refused as refusal:
        return _show(request, session, parts, refusal)
    except OperationalError:  # the session's row was not to be had within `lock_timeout`
        response = _show(request, session, parts, Busy(), status=503)
        response.headers["Retry-After"] = "5"
        return response
    if registration.not_taken:
        what = ", ".join(str(READ_BACK[name].label) for name in registration.not_taken)
        told = _(
            "Formulir ini sudah pernah kamu kirim. Ini tidak ikut berubah: %(what)s. Lihat di sini apa yang masih bisa."
        )
        messages.error(request, told % {"what": what})
    return redirect("my_page")


def _is_registered(request: HttpRequest, session: TrainingSession) -> bool:
    user: Any = request.user
    return Registration.objects.live().filter(participant__user=user, program=session.program_id).exists()


def _registered_already(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("Kamu sudah terdaftar di edisi ini; inilah pendaftaranmu."))
    return redirect("my_page")


def _show(
    request: HttpRequest,
    session: TrainingSession,
    parts: Parts,
    refusal: Refused | None = None,
    *,
    status: int = 422,
    begun: Draft | None = None,
    goes_on: bool = False,
) -> HttpResponse:
    wrong = [form for form in [parts.about, *parts.second()] if form.is_bound and form.errors]
    context = {
        "session": session,
        "program": session.program,
        "parts": parts,
        "begun": begun,
        "goes_on": goes_on,
        "rows": [(name, told.label, "") for name, told in READ_BACK.items()],
        "agreed": _agreed(set()),
        "adults_until": session.program.adults_born_until(on=session.first_day),
        "born": _in_words("birth_date", _born(parts), session),
        "wrong": wrong,
        "heading": _("Ada yang belum diisi") if wrong and not refusal and not _is_misread(wrong) else "",
        "refusal": refusal,
    }
    return render(request, "participants/register.html", context, status=status)


def _is_misread(wrong: list[Any]) -> bool:
    """Whether something was filled in that cannot be taken: else there are only gaps."""
    return any(
        error.code != "required" for form in wrong for errors in form.errors.as_data().values() for error in errors
    )


def _born(parts: Parts) -> date | None:
    """The birth date that the page shows, None while there is none."""
    if parts.about.is_bound:
        return getattr(parts.about, "cleaned_data", {}).get("birth_date")
    return _as_date(parts.about.initial.get("birth_date"))
