"""What staff write to the people of a session: written, looked at as readers see it, sent, and stopped."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from participants import queries
from participants.admin.session_links import session_link
from participants.fields import FormKeyField, ParagraphsField, TextField
from participants.messages import words
from participants.models import Broadcast, Notification, Registration
from participants.models.broadcasts import PLACEHOLDERS
from participants.operations import broadcasts
from participants.operations.refusals import Refused
from portal import clock
from programs.admin.scoping import ReadOnly, RegionScopedAdmin, ScopedRelatedFilter
from programs.links import check_links
from programs.models import TrainingSession
from programs.models.reminders import check_words
from programs.templatetags.session_time import local, moment

SAMPLES = 10
TYPED_ABOVE = 50  # people; from there on their number is typed before anything is sent


class BroadcastForm(forms.Form):
    """The words and whom they are for. What was looked at is what is sent: any change asks for another look."""

    audience = forms.ChoiceField(label=capfirst(_("penerima")), choices=Broadcast.Audience.choices)
    subject_id = TextField(label=capfirst(_("judul (Indonesia)")), max_length=90)
    body_id = ParagraphsField(
        label=capfirst(_("isi (Indonesia)")),
        max_length=1000,
        widget=forms.Textarea({"rows": 6, "autocomplete": "off"}),
        help_text=_(
            "Sapaan dan nama panitia sudah ada. Isian: {nama}, {kota}, {tanggal}, {jam}, {tempat}. "
            "Baris kosong memulai paragraf baru."
        ),
    )
    subject_en = TextField(
        label=capfirst(_("judul (Inggris)")),
        max_length=90,
        required=False,
        help_text=_("Kosong: pembaca bahasa Inggris pun membaca yang Indonesia."),
    )
    body_en = ParagraphsField(
        label=capfirst(_("isi (Inggris)")),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 6, "autocomplete": "off"}),
    )
    is_optional = forms.BooleanField(
        label=_("Boleh dimatikan penerima"),
        required=False,
        help_text=_(
            "Hanya untuk kabar tambahan: suratnya memuat tautan untuk berhenti, dan yang sudah berhenti dilewati."
        ),
    )
    form_key = FormKeyField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("subject_id", "body_id", "subject_en", "body_en"):
            try:
                check_words(data.get(name, ""), PLACEHOLDERS)
                check_links(data.get(name, ""))
            except ValidationError as error:
                self.add_error(name, error)
        if bool(data.get("subject_en")) != bool(data.get("body_en")):
            self.add_error("body_en", _("Tulis judul dan isi dalam bahasa Inggris, atau kosongkan keduanya."))
        return data

    def text(self) -> broadcasts.Text:
        return broadcasts.Text(
            *(self.cleaned_data[name] for name in ("subject_id", "body_id", "subject_en", "body_en"))
        )

    def renew_key(self) -> None:
        """Another key where something was written by this one: what is looked at now is to be sent by itself."""
        key = self.cleaned_data["form_key"]
        if Broadcast.objects.filter(form_key=key).exists():
            key = uuid.uuid4()
        self.data = {**self.data.dict(), "form_key": str(key)}  # type: ignore[attr-defined]

    def fingerprint(self) -> str:
        """Of everything that a reader would notice."""
        return hashlib.sha256(
            repr((self.cleaned_data["audience"], self.cleaned_data["is_optional"], self.text())).encode()
        ).hexdigest()[:16]


def compose(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> Broadcast | HttpResponse:
    """The page on which staff write to the people of `session`; what was written, once it is on its way."""
    form = BroadcastForm(request.POST or None, initial={"form_key": FormKeyField().to_python(None)})
    context |= {"session": session, "form": form, "typed_above": TYPED_ABOVE}
    if request.method == "POST" and form.is_valid():
        readers = _draft(session, form).readers().select_related("participant__user").order_by("pk")
        people, typed = readers.count(), request.POST.get("confirm", "").strip()
        is_seen = request.POST.get("seen") == form.fingerprint()
        if "send" in request.POST and is_seen and (people <= TYPED_ABOVE or typed == str(people)):
            try:
                return _write(request, session, form)
            except broadcasts.AlreadyWritten as refusal:
                form.add_error(None, str(refusal))
            except Refused as refusal:
                form.add_error("audience", str(refusal))
        elif people:
            is_mistyped = "send" in request.POST and is_seen
            form.renew_key()
            context |= _preview(session, form, readers, people) | {"is_mistyped": is_mistyped, "typed": typed}
        else:
            form.add_error("audience", str(broadcasts.NobodyMeant()))
    return TemplateResponse(request, "admin/programs/trainingsession/broadcast.html", context)


def _write(request: HttpRequest, session: TrainingSession, form: BroadcastForm) -> Broadcast:
    written = broadcasts.write(
        session=session,
        audience=Broadcast.Audience(form.cleaned_data["audience"]),
        text=form.text(),
        is_optional=form.cleaned_data["is_optional"],
        form_key=form.cleaned_data["form_key"],
        by=request.user,  # type: ignore[arg-type]
        now=clock.now(),
    )
    if written.stopped_at:
        messages.warning(request, _("Kabar ini sudah dihentikan. Yang belum terkirim tidak dikirim."))
        return written
    said = _("Mulai dikirim %(when)s. Sampai saat itu belum ada yang menerimanya, dan kamu masih bisa menghentikannya.")
    messages.success(request, said % {"when": local(written.starts_at, session.region)})
    return written


def _draft(session: TrainingSession, form: BroadcastForm) -> Broadcast:
    chosen = {name: form.cleaned_data[name] for name in ("audience", "is_optional")}
    return Broadcast(session=session, **chosen, **vars(form.text()))


def _preview(
    session: TrainingSession, form: BroadcastForm, readers: QuerySet[Registration], people: int
) -> dict[str, Any]:
    """How many, who the first ten are, and the message as the first of them reads it."""
    samples = list(readers[:SAMPLES])
    names = [registration.name_for_staff for registration in samples]
    first = samples[0]
    first.participant.full_name = names[0]
    first.session = TrainingSession.objects.with_places().get(pk=session.pk)
    copy = Notification(kind=Notification.Kind.BROADCAST, registration=first)
    copy.broadcast = _draft(session, form)
    now = clock.now()
    texts = words.in_every_language(copy, now=now)
    starts = broadcasts.starts(session=session, now=now)
    waits = starts > now + broadcasts.THINK_AGAIN
    seen = form.fingerprint()
    return {"texts": texts, "people": people, "names": names, "seen": seen, "starts": starts, "is_night": waits}


@admin.register(Broadcast)
class BroadcastAdmin(ReadOnly, RegionScopedAdmin):
    """What was written, what became of its copies, and the way to stop it."""

    appears_here = _("Kabar yang ditulis petugas dari halaman sebuah sesi muncul di sini.")
    list_display = ["heading", "city", "audience", "people", "starts_at", "is_stopped"]
    list_filter = [("session", ScopedRelatedFilter), "audience"]
    list_select_related = ["session__region"]
    change_form_template = "admin/participants/broadcast/change_form.html"
    fields = [
        "session_page",
        "audience",
        "people",
        "is_optional",
        "heading",
        "body_id",
        "subject_en",
        "body_en",
        "writer",
        "written_at",
        "begins",
        "stopped_at",
        "stopper",
    ]
    readonly_fields = ["session_page", "heading", "writer", "begins", "stopper"]

    @admin.display(description=_("judul (Indonesia)"), ordering="subject_id")
    def heading(self, broadcast: Broadcast) -> str:
        return broadcast.subject_id or str(_("kata-katanya sudah dihapus"))

    @admin.display(description=_("kota"), ordering="session__region__city")
    def city(self, broadcast: Broadcast) -> str:
        return broadcast.session.region.city

    @admin.display(description=_("sesi"))
    def session_page(self, broadcast: Broadcast) -> str:
        return session_link(broadcast.session)

    @admin.display(description=_("ditulis oleh"))
    def writer(self, broadcast: Broadcast) -> str:
        return str(broadcast.written_by.name)

    @admin.display(description=_("mulai dikirim"))
    def begins(self, broadcast: Broadcast) -> str:
        return moment(queries.begins(broadcast), broadcast.session.region)

    @admin.display(description=_("dihentikan oleh"))
    def stopper(self, broadcast: Broadcast) -> str:
        return str(broadcast.stopped_by.name) if broadcast.stopped_by else "—"

    @admin.display(description=_("dihentikan"), boolean=True)
    def is_stopped(self, broadcast: Broadcast) -> bool:
        return broadcast.stopped_at is not None

    def get_urls(self) -> list[Any]:
        stop = self.admin_site.admin_view(require_POST(self.stop_page))
        return [path("<int:pk>/henti/", stop, name="participants_broadcast_stop"), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        broadcast = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if broadcast:
            counts = dict(queries.copies_of(broadcast).values_list("state").annotate(Count("pk")))
            waiting = sum(counts.get(state, 0) for state in ("due", "retrying", "sending"))
            context = {
                "sent": counts.get("sent", 0),
                "waiting": waiting,
                "other": sum(counts.values()) - counts.get("sent", 0) - waiting,
                "begins": queries.begins(broadcast),
                "may_stop": waiting and not broadcast.stopped_at and self._may_write(request),
                "subtitle": self.heading(broadcast),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def stop_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop what has not gone out."""
        broadcast = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self._may_write(request):
            raise Http404
        broadcasts.stop(broadcast=broadcast, by=request.user, now=clock.now())  # type: ignore[arg-type]
        messages.success(request, _("Dihentikan. Yang belum terkirim tidak dikirim."))
        return redirect("admin:participants_broadcast_change", pk)

    def _may_write(self, request: HttpRequest) -> bool:
        return request.user.has_perm("participants.write_broadcast")
