"""What staff do to people of a session: add at the desk, and act on many at once, looked at first."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from participants import consent_texts, queries
from participants.admin import cohorts
from participants.fields import FormKeyField, TextField, number_in
from participants.forms import PRIVATE
from participants.import_forms import WalkInForm
from participants.models import Approval, Consent, Registration
from participants.operations import approvals, groups, moves, walk_ins
from participants.operations.refusals import Refused
from portal import clock
from programs.models import TrainingSession
from programs.templatetags.session_time import where_and_when

SAMPLES = 10
MOST = 1000  # people of one bulk action


def walk_in(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> HttpResponse:
    """Add somebody who stands at the desk; the texts that they agree to are on the page, to be turned to them."""
    language = get_language() or "id"
    form = WalkInForm(
        request.POST or None,
        purposes=list(Consent.Purpose),
        language=language,
        adult_age=session.program.adult_age,
        initial={"form_key": uuid.uuid4()},
    )
    for purpose in Consent.Purpose:
        form.fields[f"consent_{purpose.value}"].label = consent_texts.shown(purpose, language).words
    signed = consent_texts.shown(Consent.Purpose.TRAINING, language, Consent.Giver.GUARDIAN).words
    form.fields["signer_name"].help_text = format_lazy("{} “{}”", form.fields["signer_name"].help_text, signed)
    if request.method == "POST" and form.is_valid():
        try:
            added = walk_ins.add(
                session=session,
                email=form.cleaned_data["email"],
                profile=form.profile(session.region, language),
                purposes=form.purposes,
                signer=form.signer(),
                form_key=form.cleaned_data["form_key"],
                by=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )
        except Refused as refusal:
            if isinstance(refusal, walk_ins.FormOfAnother):
                sent = request.POST.copy()
                sent["form_key"] = str(uuid.uuid4())  # what was typed may be sent under a key of its own
                form.data = sent
            form.add_error(None, str(refusal))
        else:
            done, again = _("Ditambahkan dan punya kursi; konfirmasinya dikirim ke alamatnya."), request.path
            messages.success(
                request, format_html('{} <a href="{}">{}</a>', done, again, _("Tambah peserta berikutnya"))
            )
            return redirect("admin:participants_registration_change", added.pk)
    context |= {"form": form, "title": _("Tambah peserta di tempat"), "action": _("Tambahkan")}
    return TemplateResponse(request, "admin/programs/trainingsession/walk_in.html", context)


class DivideForm(forms.Form):
    number = forms.IntegerField(label=_("Jumlah kelompok"), min_value=1, max_value=groups.MOST)
    keep = forms.BooleanField(label=_("Yang sudah punya kelompok tetap di kelompoknya"), required=False, initial=True)


def divide(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> HttpResponse:
    """Divide everybody confirmed into balanced groups."""
    form = DivideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            sizes = groups.divide(session=session, by=request.user, now=clock.now(), **form.cleaned_data)  # type: ignore[arg-type]
        except Refused as refusal:
            form.add_error("number", str(refusal))
        else:
            said = _("Terbagi: %(groups)s kelompok berisi %(least)s sampai %(most)s orang.")
            counts = sizes.values()
            messages.success(request, said % {"groups": len(sizes), "least": min(counts), "most": max(counts)})
            return redirect("admin:programs_trainingsession_change", session.pk)
    context |= {"form": form, "title": _("Bagi dalam kelompok"), "action": _("Bagi")}
    return TemplateResponse(request, "admin/programs/trainingsession/divide.html", context)


class BulkForm(forms.Form):
    """What a bulk action must still be told; any change of it, or of who is meant, asks for another look."""

    why = TextField(
        label=_("Alasan"),
        max_length=200,
        help_text=_("Tersimpan sebagai catatan. Yang bersangkutan bisa membacanya di data tentang dirinya."),
        widget=forms.TextInput(PRIVATE),
    )
    to = forms.ModelChoiceField(
        label=_("Ke sesi"), queryset=TrainingSession.objects.none(), empty_label=_("Pilih sesi")
    )
    group = forms.IntegerField(
        label=_("Kelompok"), min_value=1, max_value=groups.MOST, required=False, help_text=_("Kosong: tanpa kelompok.")
    )
    form_key = FormKeyField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, wanted: tuple[str, ...], sessions: QuerySet[TrainingSession], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields["to"].queryset = sessions  # type: ignore[attr-defined]
        self.fields["to"].label_from_instance = where_and_when  # type: ignore[attr-defined]
        for name in {"why", "to", "group"} - set(wanted):
            del self.fields[name]


Deed = Callable[[Registration, BulkForm, HttpRequest], object]


def _group(row: Registration, form: BulkForm, request: HttpRequest) -> object:
    return groups.put(registration=row, group=form.cleaned_data["group"], by=request.user, now=clock.now())  # type: ignore[arg-type]


def _seat(row: Registration, form: BulkForm, request: HttpRequest) -> object:
    return moves.give_seat(registration=row, by=request.user, now=clock.now())  # type: ignore[arg-type]


# What is done, what it must be told, and how to each; moving and cancelling are one operation for all of them.
ACTIONS: dict[str, tuple[Any, tuple[str, ...], Deed | None]] = {
    "kelompok": (_("Masukkan ke kelompok"), ("group",), _group),
    "pindah": (_("Pindahkan ke sesi lain"), ("to",), None),
    "kursi": (_("Beri kursi"), (), _seat),
    "batal": (_("Batalkan pendaftarannya"), ("why",), None),
}


def offered(tab: str) -> list[tuple[str, Any]]:
    """What can be done to those who are ticked on a tab: who waits can be given a seat, who has one a group."""
    left_out = "kelompok" if tab == "queue" else "kursi"
    return [(name, label) for name, (label, _wanted, _deed) in ACTIONS.items() if name != left_out]


def sessions_to_move_to(request: HttpRequest, session: TrainingSession) -> QuerySet[TrainingSession]:
    """Sessions of the same edition that the reader may see and that have not begun."""
    rows = TrainingSession.objects.visible_to(request.user).published().filter(program=session.program_id)
    ahead = [row.pk for row in rows.exclude(pk=session.pk).with_places() if clock.now() < row.starts]
    return TrainingSession.objects.filter(pk__in=ahead).with_places().order_by("region__city")


def bulk(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> HttpResponse:
    """First how many are meant and who ten of them are, then the deed, and what became of each who was refused."""
    name, back = request.POST.get("do", ""), redirect("admin:programs_trainingsession_change", session.pk)
    meant = list(_meant(request, session)[:MOST])
    if name not in ACTIONS or not meant:
        messages.error(request, _("Pilih dulu orangnya dan apa yang dilakukan."))
        return back
    label, wanted, _deed = ACTIONS[name]
    sent = request.POST if "go" in request.POST else None
    initial = {"form_key": uuid.uuid4()}
    sessions = sessions_to_move_to(request, session)
    form = BulkForm(sent, wanted=wanted, sessions=sessions, initial=initial)
    keys = ",".join(str(row.pk) for row in meant)
    if sent and sent.get("seen") == keys and form.is_valid() and _is_confirmed(request, meant):
        _do(request, session, form, meant, name)
        return back
    context |= {
        "form": form,
        "title": label,
        "do": name,
        "keys": keys,
        "people": len(meant),
        "names": [row.shown_name for row in meant[:SAMPLES]],
        "typed_above": approvals.ALONE,
        "is_mistyped": bool(sent) and not _is_confirmed(request, meant),
        "needs_second": _deed is None and approvals.needs_second(len(meant), actor=request.user, now=clock.now()),  # type: ignore[arg-type]
        "is_possible": "to" not in wanted or sessions.exists(),
    }
    return TemplateResponse(request, "admin/programs/trainingsession/bulk.html", context)


def _meant(request: HttpRequest, session: TrainingSession) -> QuerySet[Registration]:
    """The people of this session who were ticked, or all whom the list shows."""
    rows = queries.for_a_list(Registration.objects.live().filter(session=session)).order_by("pk")
    if request.POST.get("all"):
        state, typed = request.POST.get("keadaan", ""), request.POST.get("q", "")
        return rows.filter(pk__in=cohorts.shown(session, state, typed).values("pk"))
    typed_keys = [key for value in request.POST.getlist("people") for key in value.split(",")]
    return rows.filter(pk__in=[number for key in typed_keys if (number := number_in(key)) is not None])


def _is_confirmed(request: HttpRequest, meant: list[Registration]) -> bool:
    return len(meant) <= approvals.ALONE or request.POST.get("confirm", "").strip() == str(len(meant))


def _do(request: HttpRequest, session: TrainingSession, form: BulkForm, meant: list[Registration], name: str) -> None:
    done = _done(request, session, form, meant, name)
    if isinstance(done, Approval):
        messages.warning(request, approvals.WAITS)
        return
    for row, refusal in done.refused:
        messages.warning(request, f"{row.shown_name}: {refusal}")
    said = ngettext("Selesai untuk %(people)s orang.", "Selesai untuk %(people)s orang.", done.people)
    messages.success(request, said % {"people": done.people})


def _done(
    request: HttpRequest, session: TrainingSession, form: BulkForm, meant: list[Registration], name: str
) -> approvals.Done | Approval:
    told, by, now = form.cleaned_data, request.user, clock.now()
    if deed := ACTIONS[name][2]:
        return _done_to_each(request, form, meant, deed)
    if name == "pindah":
        to, key = told["to"], told["form_key"]
        return approvals.move_people(session=session, people=meant, to=to, form_key=key, by=by, now=now)  # type: ignore[arg-type]
    why = told["why"]
    cancelled = approvals.cancel_people(session=session, people=meant, reason=why, by=by, now=now)  # type: ignore[arg-type]
    return cancelled if isinstance(cancelled, Approval) else approvals.Done(cancelled, [])


def _done_to_each(request: HttpRequest, form: BulkForm, meant: list[Registration], deed: Deed) -> approvals.Done:
    people, refused = 0, []
    for row in meant:
        try:
            deed(row, form, request)
            people += 1
        except Refused as refusal:
            refused.append((row, refusal))
    return approvals.Done(people, refused)
