"""Rules of reminders: what a change would do, and what somebody would read, before it is saved."""

from __future__ import annotations

import hashlib
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from participants import queries
from participants.messages import words
from participants.operations import reminders, samples
from participants.operations.refusals import Refused
from portal import clock
from programs.admin.conflicts import CarefulModelForm
from programs.admin.scoping import MinistryOnlyAdmin, visible
from programs.models import Channel, ReminderRule, TrainingSession

LOOK = "_look"  # the button that shows what somebody would read
MAIL = "_mail"  # the one that mails it to whoever presses it, too
BESIDES = {"seen", "loaded"}  # fields that are no part of the rule
EFFECTS = {  # of a change, by the names of `reminders.Difference`
    "more": _("%(count)s pesan lebih banyak"),
    "fewer": _("%(count)s pesan lebih sedikit"),
    "moved": _("%(count)s pesan pindah waktu"),
    "rerouted": _("%(count)s pesan berganti jalur"),
}


class ReminderRuleForm(CarefulModelForm):
    """A rule; a change says first what it would do to the messages ahead, and is made when it is sent once more."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    is_looked_at = False  # whether it is without fault and only to be shown

    class Meta:
        labels = {"slug": _("Nama pendek")}
        help_texts = {"slug": _("Huruf, angka, dan tanda hubung; tidak bisa diubah lagi.")}

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        if LOOK in self.data or MAIL in self.data:
            self.is_looked_at = True
            self.add_error(None, _("Belum disimpan."))
        elif set(self.changed_data) - BESIDES:
            self._say_what_changes()

    def _say_what_changes(self) -> None:
        change = reminders.difference(rule=self.instance, now=clock.now())
        said = sorted((name, str(value)) for name, value in self.cleaned_data.items() if name not in BESIDES)
        fingerprint = f"{change} {said}"
        digest = hashlib.sha256(fingerprint.encode()).hexdigest()
        if not change or self.cleaned_data.get("seen") == digest:
            return
        data = cast(QueryDict, self.data).copy()  # as it was sent: a name may have many values
        data["seen"] = digest
        self.data = data
        parts = [text % {"count": count} for name, text in EFFECTS.items() if (count := getattr(change, name))]
        self.add_error(None, _("Perubahan ini: %(effects)s.") % {"effects": ", ".join(parts)})
        self.add_error(None, _("Tekan Simpan sekali lagi kalau memang itu maksudmu."))


@admin.register(ReminderRule)
class ReminderRuleAdmin(MinistryOnlyAdmin):
    form = ReminderRuleForm
    list_display = ["__str__", "audience", "is_on", "is_urgent", "is_optional", "program"]
    list_select_related = ["program"]
    fieldsets = [
        (None, {"fields": ["program", "slug", "is_on", "seen"]}),
        (
            _("Kapan"),
            {
                "fields": [("anchor", "offset_days", "at"), ("useful_offset_days", "useful_at")],
                "description": _(
                    "Selisih hari dihitung dari patokan: 0 berarti hari itu juga, -1 berarti sehari sebelumnya."
                    " Yang terlambat masih dikirim selama masih berguna."
                ),
            },
        ),
        (_("Jam tenang"), {"fields": [("quiet_from", "quiet_until"), "is_urgent"]}),
        (_("Kepada siapa, lewat apa"), {"fields": ["audience", "before_consent", "channels", "is_optional"]}),
        (
            _("Kata-kata"),
            {
                "fields": ["subject_id", "body_id", "subject_en", "body_en"],
                "description": _(
                    "Sapaan dan jadwal semua hari sudah ada di setiap surat. {hari} adalah nomor hari, misalnya 1;"
                    " {tanggal} sudah memuat nama harinya."
                ),
            },
        ),
    ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name != "channels":
            return field
        return forms.MultipleChoiceField(
            label=field.label,
            help_text=field.help_text,
            initial=db_field.default,
            choices=Channel.choices,
            widget=forms.CheckboxSelectMultiple,
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # What was promised is remembered under these two: changed, every reminder would go out again.
        return ["program", "slug"] if obj else []

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        """With what somebody would read of the words as they are typed; of a rule that stands, with the way to it."""
        form = context["adminform"].form
        if request.user.has_perm("participants.view_notification"):
            sessions = visible(TrainingSession, request)
            context |= _look(form.instance, sessions) if form.is_looked_at else _example(form.instance.pk, sessions)
            if MAIL in request.POST and "sample" in context:
                _mail(request, form.instance, context["sample"])
        return super().render_change_form(request, context, *args, **options)


def _look(rule: ReminderRule, sessions: QuerySet[TrainingSession]) -> dict[str, Any]:
    """What a rule that is not saved would say to the first whom it means, in place of the form's errors."""
    found = reminders.example(rule=rule, sessions=sessions, now=clock.now())
    said = {"errors": None, "is_looked_at": True}
    if found is None or found.told is None:
        return said
    return said | {"sample": found, "texts": words.in_every_language(found.told, now=found.due_at)}


def _mail(request: HttpRequest, rule: ReminderRule, sample: queries.Sample) -> None:
    """Mail to the reader what the page shows."""
    told = sample.told
    assert told is not None and told.registration is not None  # noqa: S101, PT018 -- what shows nothing has no button
    about = {"session": told.registration.session, "day": int(told.training_day)}
    try:
        samples.send_unsaved(rule=rule, **about, to=request.user, now=clock.now())  # type: ignore[arg-type]
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Contohnya dikirim ke %(address)s.") % {"address": request.user.email})  # type: ignore[union-attr]


def _example(rule: int | None, sessions: QuerySet[TrainingSession]) -> dict[str, Any]:
    """Where an example of a rule stands, as it is saved and be it off; nowhere while it means nobody."""
    found = rule and queries.first_meant(rule_id=rule, sessions=sessions, now=clock.now())
    if not found:
        return {}
    session, day = found
    page = reverse("admin:programs_trainingsession_message_example", args=[session, rule])
    return {"example_page": f"{page}?hari={day}"}
