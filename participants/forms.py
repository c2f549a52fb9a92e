"""What participants and guardians type. Forms parse, normalise and validate; they decide nothing.

Attributes that the browser helps with (keyboard, autofill) stand beside each field; templates write the controls.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from participants import consent_texts, tokens
from participants.fields import (
    AddressField,
    BirthDateField,
    CodeField,
    FormKeyField,
    MessageCodeField,
    NameField,
    ParagraphsField,
    PhoneField,
    PlainSelect,
    RegionField,
    TextField,
)
from participants.models import Consent, Participant

LONGEST_OPEN = timedelta(days=7)  # as long as a draft is kept
PRIVATE = {"autocomplete": "off"}
OWN_NAME = {"autocomplete": "name", "autocapitalize": "words", "spellcheck": "false"}
_ADDRESS = {"inputmode": "email", "autocapitalize": "none"}
OWN_ADDRESS = {"autocomplete": "email", **_ADDRESS}
OTHER_ADDRESS = {**_ADDRESS, **PRIVATE}


class GuardedForm(forms.Form):
    """A form that programs fill in, too. Who seems to be one is asked for one more press, which sends `is_human`.

    `website` is invisible to people; `shown` is the stamp of the moment at which the form was first shown.
    """

    website = forms.CharField(required=False)
    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    is_human = forms.BooleanField(required=False)

    def needs_extra_step(self, machine_now: datetime) -> bool:
        """Whether a program seems to have sent the form at `machine_now`, and nobody has said otherwise yet."""
        if self.data.get("is_human"):
            return False
        if self.data.get("website"):
            return True
        shown = tokens.form_shown_at(self.data.get("shown", ""))
        fastest = timedelta(seconds=settings.FASTEST_FORM)
        return bool(fastest) and not (shown and fastest <= machine_now - shown <= LONGEST_OPEN)


class AddressForm(GuardedForm):
    """The door's first question."""

    email = AddressField(
        label=_("Alamat emailmu"),
        help_text=_("Kami kirim kode masuk ke sini. Tidak perlu kata sandi."),
        widget=forms.EmailInput(OWN_ADDRESS),
    )


class RecoveryForm(forms.Form):
    """A second address of one's own."""

    email = AddressField(
        label=_("Alamat cadangan"),
        help_text=_("Alamat lain yang bisa kamu baca. Kami kirim kode ke sana untuk memastikan."),
        widget=forms.EmailInput(OTHER_ADDRESS),
    )


class NewAddressForm(forms.Form):
    """Another address to log in with."""

    email = AddressField(
        label=_("Alamat masuk yang baru"),
        help_text=_("Kami kirim kode ke sana untuk memastikan."),
        widget=forms.EmailInput(OWN_ADDRESS),
    )


class CodeForm(forms.Form):
    code = CodeField(
        label=_("Kode dari email"),
        help_text=_("Delapan huruf, besar atau kecil, dengan atau tanpa tanda hubung."),
        widget=forms.TextInput(
            {
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "maxlength": 20,
                "class": "code-input",
            }
        ),
    )


class MessageCodeForm(forms.Form):
    code = MessageCodeField(
        label=_("Kode surat"),
        help_text=_("Dua belas huruf di bagian bawah surat, besar atau kecil, dengan atau tanpa tanda hubung."),
        widget=forms.TextInput(
            {"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false", "maxlength": 30}
        ),
    )


class PersonForm(forms.Form):
    """Who somebody is and where they live."""

    birth_date = BirthDateField(label=_("Tanggal lahir"))
    full_name = NameField(
        label=_("Nama lengkap"),
        help_text=_("Seperti yang akan tertulis di sertifikat."),
        widget=forms.TextInput(OWN_NAME),
    )
    region = RegionField(label=_("Wilayah tempat tinggal"), help_text=_("Yang paling dekat dengan rumahmu."))


class AboutForm(PersonForm, GuardedForm):
    """What everybody is asked first, minors too: enough to say whether they may take part and who must agree."""

    form_key = FormKeyField(required=False, widget=forms.HiddenInput)

    field_order = ["birth_date", "full_name", "region"]


class ContactForm(forms.Form):
    """What helps on the day: it may change until then."""

    phone = PhoneField(
        label=_("Nomor ponsel"),
        help_text=_("Contoh: 0812-3456-7890. Hanya dipakai untuk urusan pelatihan."),
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    accessibility_needs = TextField(
        max_length=500,
        required=False,
        label=_("Yang perlu kami siapkan untukmu"),
        help_text=_("Misalnya juru bahasa isyarat, jalur kursi roda, atau huruf besar."),
        widget=forms.Textarea({"rows": 2, **PRIVATE}),
    )


class AdultForm(ContactForm):
    """The rest, for an adult, or for a minor whose guardian has agreed."""

    occupation = forms.ChoiceField(
        choices=[("", _("Pilih satu")), *Participant.Occupation.choices],
        widget=PlainSelect,
        label=_("Kegiatan sekarang"),
        error_messages={"required": _("Pilih kegiatanmu."), "invalid_choice": _("Pilih kegiatan dari daftar.")},
    )
    gender = forms.ChoiceField(
        choices=Participant.Gender.choices, widget=PlainSelect, required=False, label=_("Jenis kelamin")
    )

    field_order = ["phone", "occupation", "gender", "accessibility_needs"]


class AppealForm(forms.Form):
    """What somebody says against a decision."""

    text = ParagraphsField(
        max_length=1000,
        label=_("Apa yang menurutmu keliru?"),
        help_text=_("Tulis singkat dan jelas. Nama, nomor telepon, dan data orang lain tidak perlu."),
        error_messages={"required": _("Tulis apa yang menurutmu keliru.")},
        widget=forms.Textarea({"rows": 6, **PRIVATE}),
    )


class EveryChoice(forms.CheckboxSelectMultiple):
    """Several of a few; a summary of what is wrong leads to the first of them."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return super().id_for_label(id_, index or "0")


class AbsenceForm(forms.Form):
    """To which of `days` (date and label) somebody cannot come and, if they want to say, why."""

    hari = forms.MultipleChoiceField(
        widget=EveryChoice,
        label=_("Hari mana?"),
        help_text=_("Boleh lebih dari satu."),
        error_messages={
            "required": _("Pilih hari yang tidak bisa kamu datangi."),
            "invalid_choice": _("Pilih hari dari daftar."),
        },
    )
    text = ParagraphsField(
        max_length=1000,
        required=False,
        label=_("Alasanmu"),
        help_text=_("Singkat saja, misalnya sakit atau ada ujian. Dibaca koordinator wilayahmu."),
        widget=forms.Textarea({"rows": 2, **PRIVATE}),
    )

    def __init__(self, *args: Any, days: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["hari"].choices = days  # type: ignore[attr-defined]


class GuardianAddressForm(forms.Form):
    """Whom a minor's consent is asked of."""

    guardian_email = AddressField(
        label=_("Email orang tua atau wali"),
        help_text=_("Kami kirim penjelasan dan tautan persetujuan ke alamat ini."),
        widget=forms.EmailInput(OTHER_ADDRESS),
    )


class ConsentForm(forms.Form):
    """One unticked box per purpose, each beside the very text that is agreed to."""

    def __init__(self, *args: Any, purposes: list[Consent.Purpose], language: str, **options: Any) -> None:
        super().__init__(*args, **options)
        for purpose in purposes:
            text = consent_texts.shown(purpose, language)
            self.fields[f"consent_{purpose.value}"] = forms.BooleanField(
                label=text.words,
                required=text.is_required,
                error_messages={"required": _("Tanpa persetujuan ini kami tidak boleh mendaftarkan kamu.")},
            )

    @property
    def purposes(self) -> set[str]:
        """The purposes that were ticked."""
        return {name.removeprefix("consent_") for name, ticked in self.cleaned_data.items() if ticked}


class GuardianWithdrawalForm(forms.Form):
    """A guardian takes a yes back: the name is typed once more."""

    signer_name = NameField(
        label=_("Nama lengkap Anda"),
        help_text=_("Ketik sekali lagi, seperti ketika menyetujui."),
        error_messages={"required": _("Ketik nama lengkap Anda.")},
        widget=forms.TextInput(OWN_NAME),
    )


class GuardianAnswerForm(forms.Form):
    """A guardian's answer: one of two buttons is pressed, and for a yes a name and a relation are typed."""

    signer_name = NameField(
        label=_("Nama lengkap Anda"),
        error_messages={"required": _("Ketik nama lengkap Anda.")},
        widget=forms.TextInput(OWN_NAME),
    )
    signer_relation = TextField(
        max_length=40,
        label=_("Hubungan dengan anak"),
        help_text=_("Misalnya ibu, ayah, kakek, atau wali."),
        error_messages={"required": _("Ketik hubungan Anda dengan anak.")},
        widget=forms.TextInput(PRIVATE),
    )
    answer = forms.ChoiceField(
        choices=[("yes", "yes"), ("no", "no")],
        error_messages={
            "required": _("Pilih setuju atau tidak setuju."),
            "invalid_choice": _("Pilih setuju atau tidak setuju."),
        },
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.data.get("answer") == "no":
            self.fields["signer_name"].required = self.fields["signer_relation"].required = False


class SwitchForm(forms.Form):
    """Which session to move to; chosen by a link and confirmed with a press."""

    ke = forms.SlugField(max_length=80, widget=forms.HiddenInput)
    form_key = FormKeyField(required=False, widget=forms.HiddenInput)


class TicketForm(forms.Form):
    """The ticket that is to be replaced, as the page has named it."""

    old = forms.UUIDField(widget=forms.HiddenInput)
