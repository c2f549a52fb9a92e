"""The door of a session: phones that scan, the hours that count, and scans that somebody must look at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from participants import tokens
from participants.documents import tickets
from participants.fields import TextField
from participants.models import Attendance, DoorRule, DoubtfulScan, Scanner
from participants.operations import scanners, scans
from participants.operations.refusals import Refused
from portal import clock
from programs.models import TrainingSession

LATEST = 100
LONGEST = 720  # minutes


class ScannerForm(forms.Form):
    """Where the phone will stand."""

    gate = TextField(label=_("Nama pintu"), max_length=20)


class DoorRuleForm(forms.ModelForm):
    class Meta:
        model = DoorRule
        fields = ["opens_before", "late_after", "closes_after", "is_self_open"]

    opens_before = forms.IntegerField(label=_("Dibuka sebelum mulai (menit)"), min_value=0, max_value=LONGEST)
    late_after = forms.IntegerField(label=_("Terlambat setelah mulai (menit)"), min_value=0, max_value=LONGEST)
    closes_after = forms.IntegerField(label=_("Ditutup setelah selesai (menit)"), min_value=0, max_value=LONGEST)


def door(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> HttpResponse:
    """Devices, hours and doubts (GET); a new pairing code (POST)."""
    if request.method != "POST":
        return _page(request, session, context, _next_door(session), DoorRuleForm(instance=scanners.rule_of(session)))
    _must_record(request)
    form = ScannerForm(request.POST)
    if not form.is_valid():
        return _page(request, session, context, form, DoorRuleForm(instance=scanners.rule_of(session)))
    scanners.make(
        session=session,
        gate=form.cleaned_data["gate"],
        by=request.user,  # type: ignore[arg-type]
        now=clock.now(),
        machine_now=clock.machine_now(),
    )
    return _back(session)


def _next_door(session: TrainingSession) -> ScannerForm:
    """The empty form, with a name that no phone of the session has yet."""
    taken = set(Scanner.objects.filter(session=session).values_list("gate", flat=True))
    numbered = (str(_("Pintu %(number)s") % {"number": number}) for number in range(2, len(taken) + 3))
    free = next(name for name in numbered if name not in taken)
    return ScannerForm(initial={"gate": free if taken else _("Pintu utama")})


def _page(
    request: HttpRequest, session: TrainingSession, context: dict[str, Any], form: ScannerForm, rule_form: DoorRuleForm
) -> HttpResponse:
    may_record = _may_record(request)
    machine_now = clock.machine_now()
    open_ones = Scanner.objects.filter(session=session).unpaired(machine_now)
    doubts = DoubtfulScan.objects.filter(session=session).select_related("registration__participant", "scanner", "day")
    context |= {
        "session": session,
        "form": form,
        "rule_form": rule_form,
        "may_record": may_record,
        "machine_now": machine_now,
        "codes": [_code(request, scanner) for scanner in open_ones] if may_record else [],
        "scanners": Scanner.objects.filter(session=session)
        .exclude(paired_at=None)
        .select_related("made_by")
        .annotate(doubts=Count("doubtful_scans", filter=Q(doubtful_scans__answer=""))),
        "doubts": _with_marks(list(doubts.with_seats().open().people_first()[:LATEST])),
        "settled": doubts.exclude(answer="").select_related("answered_by")[:LATEST],
    }
    return TemplateResponse(request, "admin/programs/trainingsession/door.html", context)


def _with_marks(doubts: list[DoubtfulScan]) -> list[tuple[DoubtfulScan, Attendance | None]]:
    """Each with what holds of that person and day, where it is that which the scan contradicts."""
    against = [doubt for doubt in doubts if doubt.reason == DoubtfulScan.Reason.OVERRULED]
    held = {}
    if against:
        of_people = Attendance.objects.filter(registration__in=[doubt.registration_id for doubt in against])
        held = {(row.registration_id, row.day_id): row for row in of_people.select_related("recorded_by")}
    against_ids = {doubt.pk for doubt in against}
    return [
        (doubt, held.get((doubt.registration_id, doubt.day_id)) if doubt.pk in against_ids else None)
        for doubt in doubts
    ]


def change_rule(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> HttpResponse:
    """Set the hours of the door, and whether people may check in by themselves."""
    _must_record(request)
    form = DoorRuleForm(request.POST, instance=scanners.rule_of(session))
    if not form.is_valid():
        return _page(request, session, context, _next_door(session), form)
    changed = {name: (form.initial.get(name), form.cleaned_data[name]) for name in form.changed_data}
    scanners.set_rule(rule=form.save(commit=False), changed=changed, by=request.user, now=clock.now())  # type: ignore[arg-type]
    messages.success(request, _("Tersimpan."))
    return _back(session)


def withdraw(request: HttpRequest, session: TrainingSession, scanner: int) -> HttpResponse:
    """End a device: its next request is refused and it erases what it holds."""
    _must_record(request)
    found = get_object_or_404(Scanner, pk=scanner, session=session)
    scanners.withdraw(scanner=found, by=request.user, now=clock.now())  # type: ignore[arg-type]
    messages.success(request, _("Dicabut. Ponsel itu menghapus datanya begitu tersambung."))
    return _back(session)


def dismiss(request: HttpRequest, session: TrainingSession, scanner: int, context: dict[str, Any]) -> HttpResponse:
    """Ask (GET), then count none of what a withdrawn device left to be looked at."""
    _must_record(request)
    found = get_object_or_404(Scanner, pk=scanner, session=session)
    if request.method != "POST":
        context |= {"session": session, "scanner": found, "doubts": found.doubtful_scans.filter(answer="").count()}
        return TemplateResponse(request, "admin/programs/trainingsession/door_dismiss.html", context)
    try:
        number = scans.dismiss_all(scanner=found, by=request.user, now=clock.now())  # type: ignore[arg-type]
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        done = ngettext("%(number)d pindaian tidak dihitung.", "%(number)d pindaian tidak dihitung.", number)
        messages.success(request, done % {"number": number})
    return _back(session)


def settle(request: HttpRequest, session: TrainingSession, doubt: int) -> HttpResponse:
    """Count a doubtful scan, or do not."""
    _must_record(request)
    found = get_object_or_404(DoubtfulScan, pk=doubt, session=session)
    try:
        scans.settle(
            doubt=found,
            is_counted=request.POST.get("answer") == "counted",
            by=request.user,  # type: ignore[arg-type]
            now=clock.now(),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Tersimpan."))
    return _back(session)


def _code(request: HttpRequest, scanner: Scanner) -> dict[str, Any]:
    digits = scanners.code_of(scanner)
    link = f"{settings.BASE_URL}{reverse('scanner')}#pair={digits}"
    return {
        "scanner": scanner,
        "digits": tokens.grouped(digits, " "),
        "qr_code": tickets.qr_code(link, mode="byte"),
        "address": f"{settings.BASE_URL}{reverse('scanner')}",
    }


def _may_record(request: HttpRequest) -> bool:
    return request.user.has_perm("participants.record_attendance")


def _must_record(request: HttpRequest) -> None:
    if not _may_record(request):
        raise Http404


def _back(session: TrainingSession) -> HttpResponse:
    return redirect("admin:programs_trainingsession_door", session.pk)
