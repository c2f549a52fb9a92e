"""What staff write for other people: whoever stands at the desk, and each row of a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from django import forms
from django.utils import translation
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

from participants import import_words
from participants.fields import AddressField, FormKeyField, NameField, TextField, one_line
from participants.forms import OTHER_ADDRESS, PRIVATE, AdultForm, ConsentForm, PersonForm
from participants.models import Consent, Participant
from participants.operations import registrations, walk_ins
from participants.operations.import_work import Person, Said
from programs.models import Region, TrainingSession

FIELDS: dict[str, Any] = {
    "full_name": _("Nama lengkap"),
    "birth_date": _("Tanggal lahir"),
    "email": _("Alamat email"),
    "phone": _("Nomor ponsel"),
    "occupation": _("Kegiatan sekarang"),
    "gender": _("Jenis kelamin"),
    "accessibility_needs": _("Yang perlu disiapkan"),
    "signer_name": _("Nama wali"),
    "signer_relation": _("Hubungan wali"),
    **{f"consent_{purpose.value}": purpose.label for purpose in Consent.Purpose},
}
NEEDED = ("full_name", "birth_date", "email", "phone", "occupation", "consent_training")
ALIASES = {
    "full_name": {"nama", "nama lengkap", "nama peserta", "name", "full name", "participant"},
    "birth_date": {
        *("tanggal lahir", "tgl lahir", "birth date", "date of birth", "ttl"),
        *("tempat tanggal lahir", "tempat tgl lahir", "tempat dan tanggal lahir"),
    },
    "email": {
        "email",
        "e-mail",
        "alamat email",
        "alamat e-mail",
        "surel",
        "alamat surel",
        "email aktif",
        "email address",
    },
    "phone": {
        *("nomor ponsel", "no hp", "hp", "telepon", "nomor hp", "phone", "phone number", "mobile", "telp", "wa"),
        *("no hp/wa", "no telp", "no telepon", "nomor telepon", "no wa", "nomor wa", "whatsapp", "nomor whatsapp"),
        *("no handphone", "nomor handphone", "handphone", "no ponsel"),
    },
    "occupation": {"kegiatan", "kegiatan sekarang", "pekerjaan", "profesi", "occupation"},
    "gender": {"gender", "jenis kelamin", "kelamin", "jk", "sex", "l/p"},
    "accessibility_needs": {"kebutuhan", "kebutuhan khusus", "needs"},
    "signer_name": {"nama wali", "wali", "guardian", "guardian name"},
    "signer_relation": {"hubungan wali", "hubungan", "relation"},
    "consent_training": {
        *("persetujuan", "setuju", "mengikuti pelatihan", "consent"),
        *("persetujuan (ya/tidak)", "setuju (ya/tidak)", "consent (yes/no)"),
    },
}
# In brackets behind a name they say that it is somebody else's, `No HP (ayah)`, or another thing's, `Nama (sekolah)`.
_SOMEBODY = re.compile(
    r"\b(wali|orang ?tua|ortu|ayah|bapak|bpk|ibu|mama|papa|kakak|adik|saudara|keluarga|suami|istri|pasangan|penanggung"
    r"|pendamping|pj|pic|darurat|panitia|guardian|parent|father|mother|family|sibling|spouse|partner|emergency)s?\b"
)
_SOMETHING = re.compile(
    r"\b(sekolah|kampus|universitas|kantor|instansi|lembaga|usaha|perusahaan|panggilan|pengguna|akun"
    r"|school|university|office|company|nickname|username)s?\b"
)


OF_THEM = {  # what is missing, said to whoever writes for somebody else
    "full_name": _("Tulis namanya seperti yang ia inginkan di sertifikat."),
    "birth_date": _("Isi tanggal lahirnya."),
    "email": _("Tulis alamat emailnya."),
    "phone": _("Tulis nomor ponselnya."),
    "occupation": _("Pilih kegiatannya."),
}


class WalkInForm(ConsentForm, AdultForm, PersonForm):
    """Whoever stands at the desk, asked what everybody is asked; and, of a minor, who of the family agrees there."""

    email = AddressField(
        label=_("Alamat emailnya"),
        help_text=_("Ke sini kabar dikirim, dan dengan ini ia masuk. Bacakan kembali kepadanya."),
        widget=forms.EmailInput(OTHER_ADDRESS),
    )
    signer_name = NameField(
        label=_("Nama wali yang hadir"),
        required=False,
        help_text=_("Hanya kalau ia belum dewasa menurut edisinya pada hari pertama: wali hadir dan menyetujui."),
        widget=forms.TextInput(PRIVATE),
    )
    signer_relation = TextField(
        label=_("Hubungan wali dengan anak"), max_length=40, required=False, widget=forms.TextInput(PRIVATE)
    )
    form_key = FormKeyField(required=False, widget=forms.HiddenInput)

    field_order = [
        *("full_name", "birth_date", "email", "phone", "occupation", "gender"),
        *("accessibility_needs", "signer_name", "signer_relation"),
    ]

    def __init__(self, *args: Any, adult_age: int | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, text in OF_THEM.items():
            self.fields[name].error_messages["required"] = text
        self.fields["accessibility_needs"].label = _("Yang perlu kami siapkan untuknya")
        for name, field in self.fields.items():
            if name.startswith("consent_"):
                field.error_messages["required"] = _("Tanpa persetujuan ini ia tidak boleh kami daftarkan.")
            elif not field.required and not field.widget.is_hidden:
                field.label = format_lazy("{} ({})", field.label, _("boleh dikosongkan"))
        if adult_age:
            text = _("Hanya kalau ia di bawah %(age)s tahun pada hari pertama: wali hadir dan menyetujui.")
            self.fields["signer_name"].help_text = text % {"age": adult_age}

    # The home of somebody at the desk is taken to be where they stand; they can say otherwise themselves.
    region = None  # type: ignore[assignment]

    def profile(self, region: Region, language: str) -> registrations.Profile:
        said = self.cleaned_data
        names = ("full_name", "birth_date", "phone", "occupation", "gender", "accessibility_needs")
        return registrations.Profile(region=region, language=language, **{name: said[name] for name in names})

    def signer(self) -> walk_ins.Signer | None:
        name, relation = self.cleaned_data["signer_name"], self.cleaned_data["signer_relation"]
        return walk_ins.Signer(name, relation) if name and relation else None


def guess(columns: list[str]) -> dict[str, int]:
    """Which column most likely holds which field, by its name in either language, whatever signs stand in it.

    What stands in brackets counts where it makes a name (`Nama (wali)`), else only the rest does (`Nama (sesuai KTP)`),
    unless it tells of somebody or something else (`Nama (ayah)`), or to what is agreed (`Persetujuan (foto)`).
    """
    found: dict[str, int] = {}
    taken: set[int] = set()
    for plain in (_plain, _without_brackets):
        for number, column in enumerate(columns):
            fields = [
                field for field, known in _names().items() if plain(column, field) in known and field not in found
            ]
            if number not in taken and fields:
                found[fields[0]] = number
                taken.add(number)
    return found


def _plain(name: str, _field: str = "") -> str:
    return " ".join(re.findall(r"\w+", one_line(name).casefold()))


def _without_brackets(name: str, field: str) -> str:
    inside = " ".join(_plain(part) for part in re.findall(r"\((.*?)\)", name))
    is_other = _SOMEBODY.search(inside) or (field != "occupation" and _SOMETHING.search(inside))
    return "" if is_other or field.startswith("consent_") else _plain(re.sub(r"\(.*?\)", " ", name))


def known_in(row: list[str]) -> int:
    """How many fields have a name of theirs in a row: of the row that names the columns, most."""
    return len(guess(row))


def read_row(cells: Mapping[str, str], session: TrainingSession) -> Said:
    """One row through the form of the desk: in words or values, a consent only where the row itself says yes."""
    data = {name: _value(name, cell) for name, cell in cells.items()}
    form = WalkInForm(data, purposes=list(Consent.Purpose), language="id")
    form.fields["birth_date"].error_messages["not_a_date"] = _(
        "Tulis tanggal, bulan, lalu tahun dengan empat angka, misalnya 17/05/2004 atau 17 Mei 2004."
    )
    is_valid, read = form.is_valid(), form.cleaned_data
    is_signed = form.signer() is not None if {"signer_name", "signer_relation"} <= read.keys() else None
    legible: Any = {"email": read.get("email", ""), "birth_date": read.get("birth_date"), "is_signed": is_signed}
    legible["order"] = import_words.order(cells.get("birth_date", ""))
    if not is_valid:
        errors = [f"{_named(name)}: {text}" for name, texts in form.errors.items() for text in texts]
        return Said(errors=errors, **legible)
    profile = form.profile(session.region, "id")
    return Said(Person(read["email"], profile, frozenset(form.purposes), form.signer()), **legible)


def _named(field: str) -> str:
    return str(capfirst(FIELDS.get(field, field)))


def _value(name: str, cell: str) -> str:
    if name.startswith("consent_"):
        return "on" if import_words.is_yes(cell) else ""
    if name in import_words.CHOICES:
        return import_words.value(name, cell)
    return import_words.iso_date(cell) if name == "birth_date" else cell


def template() -> list[list[str]]:
    """The first rows of a list that is understood as it is: the columns, and a row that shows what stands in each.

    Everything in that row is right but the address, so that nobody is registered by it who does not exist.
    """
    shown: dict[str, Any] = {
        "full_name": "Siti Nur'aini",
        "birth_date": "2004-05-17",
        "email": "siti@contoh",
        "phone": "0812-3456-7890",
        "occupation": Participant.Occupation.UNIVERSITY.label,
        "gender": Participant.Gender.FEMALE.label,
        "consent_training": _("ya"),
    }
    return [[_named(name) for name in FIELDS], [str(shown.get(name, "")) for name in FIELDS]]


@cache
def _names() -> dict[str, set[str]]:
    """What each field may be called at the head of a column: by the labels of its form in either language as well."""
    names = {field: {_plain(name) for name in ALIASES.get(field, ())} for field in FIELDS}
    for language in ("id", "en"):
        with translation.override(language):
            for field, label in FIELDS.items():
                names[field].add(_plain(str(label)))
    return names
