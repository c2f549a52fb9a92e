"""The one door for what people type: each field parses and normalises, or refuses with a sentence. It decides nothing.

Text is NFKC, without control, bidirectional and zero-width characters, its spaces trimmed and collapsed. Telephone
numbers are E.164, e-mail addresses as `addresses.normal` returns them, dates ISO and never guessed.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from datetime import date
from typing import Any, cast

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.addresses import NotAnAddress, normal
from portal.forms import attributes
from portal.page_cache import remembered
from programs.models import Region

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}  # controls, bidi and zero-width, surrogates, private use, unassigned
_UNSEEN = dict.fromkeys(  # letters and marks by category that draw nothing: fillers, joiners, variation selectors
    [0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]
) | {0x2800: " "}
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PHONE = re.compile(r"[0-9+() .-]+")
_INDONESIA = 62
_NEVER_IN_CODES = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ") - set(tokens.ALPHABET)
_DASHES = re.compile(r"[‐-―−]")


def number_in(text: str) -> int | None:
    """The number of ours that a form or an address names; None for what can be none: longer ones fit no bigint."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def one_line(typed: str) -> str:
    """Return the text as it is stored: NFKC, nothing invisible, single spaces within and none around it."""
    text = unicodedata.normalize("NFKC", " ".join(typed.split())).translate(_UNSEEN)
    visible = "".join(letter for letter in text if unicodedata.category(letter) not in _INVISIBLE)
    return " ".join(visible.split())


def paragraphs(typed: str) -> str:
    """Return a longer text as it is stored: each line as `one_line` returns it, at most one empty line in a row."""
    text = "\n".join(one_line(line) for line in typed.splitlines())
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def e164(typed: str) -> str:
    """Return a telephone number in E.164; one without a country is Indonesian. Raises ValueError."""
    text = _DASHES.sub("-", one_line(typed))
    if not _PHONE.fullmatch(text):
        raise ValueError
    if text.startswith("00"):
        text = f"+{text[2:]}"
    try:
        number = phonenumbers.parse(text, "ID")
    except phonenumbers.NumberParseException as error:
        raise ValueError from error
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise ValueError
    if number.country_code == _INDONESIA and not phonenumbers.is_valid_number(number):  # too short for any of ours
        raise ValueError
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def e164_part(typed: str) -> str:
    """`0812-3456`, `+62 812 3456`: a number, or a part of one, as it stands in its column; "" for other words."""
    digits = re.sub(r"[\s.()-]", "", typed)
    if not re.fullmatch(r"\+?\d+", digits):
        return ""
    return f"+62{digits[1:]}" if digits.startswith("0") else digits


def readable(number: str) -> str:
    """Return an E.164 number as people write it: one of here as it is dialled here, another with its country."""
    parsed = phonenumbers.parse(number)
    here = parsed.country_code == _INDONESIA
    form = phonenumbers.PhoneNumberFormat.NATIONAL if here else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, form)


class TextField(forms.CharField):
    """One line of text, as `one_line` returns it."""

    default_error_messages = {"required": _("Bagian ini belum diisi.")}
    clean_text = staticmethod(one_line)

    def __init__(self, *, max_length: int, **options: Any) -> None:
        super().__init__(strip=False, **options)
        self.longest = max_length
        self.widget.attrs["maxlength"] = max_length

    def to_python(self, value: Any) -> str:
        # What is far too long is refused before any work is done on it.
        text = self.clean_text(value) if value and len(value) <= 20 * self.longest else value or ""
        if len(text) > self.longest:
            raise ValidationError(
                _("Terlalu panjang: paling banyak %(most)d huruf."), params={"most": self.longest}, code="too_long"
            )
        return text


class ParagraphsField(TextField):
    """Several lines of text, as `paragraphs` returns them."""

    clean_text = staticmethod(paragraphs)


class NameField(TextField):
    """A person's name as it will stand on the certificate: any script, one word or many, up to 80 letters."""

    default_error_messages = {
        "required": _("Tulis namamu seperti yang kamu inginkan di sertifikat."),
        "no_letter": _("Nama perlu memuat huruf."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=80, **options)

    def clean(self, value: Any) -> str:
        name = super().clean(value)
        if name and not any(letter.isalpha() for letter in name):
            raise ValidationError(self.error_messages["no_letter"], code="no_letter")
        return name


class AddressField(TextField):
    """An e-mail address that mail can be sent to."""

    widget = forms.EmailInput
    default_error_messages = {
        "required": _("Tulis alamat email."),
        "not_an_address": _("Alamat email ini belum lengkap atau salah ketik. Contoh: nama@gmail.com"),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        try:
            return normal(text) if text else ""
        except NotAnAddress as error:
            raise ValidationError(self.error_messages["not_an_address"], code="not_an_address") from error


class PhoneField(TextField):
    """A telephone number in whatever form people write it."""

    default_error_messages = {
        "required": _("Tulis nomor ponselmu."),
        "not_a_phone": _("Nomor ini belum lengkap atau salah ketik. Contoh: 0812-3456-7890"),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)

    def prepare_value(self, value: Any) -> Any:
        """What the field shows: a number that we keep as people write it, anything else as it was typed."""
        try:
            return readable(value) if value and e164(value) == value else value
        except ValueError:
            return value

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        try:
            return e164(text) if text else ""
        except ValueError as error:
            raise ValidationError(self.error_messages["not_a_phone"], code="not_a_phone") from error


class BirthDateField(forms.Field):
    """A date as a native date input sends it; any other order is refused with a hint, never guessed.

    A browser with a date picker shows that and no example; one without shows a line to type into, with the example.
    """

    widget = forms.DateInput(
        {"type": "date", "autocomplete": "bday", "placeholder": _("misalnya 2004-05-17")}, format="%Y-%m-%d"
    )
    default_error_messages = {
        "required": _("Isi tanggal lahirmu."),
        "not_a_date": _("Tulis tahun-bulan-tanggal dengan angka, misalnya 2004-05-17 untuk 17 Mei 2004."),
        "no_such_day": _("Tanggal itu tidak ada di kalender. Periksa lagi."),
    }

    def to_python(self, value: Any) -> date | None:
        text = one_line(value or "")
        if not text:
            return None
        if not _ISO_DATE.fullmatch(text):
            raise ValidationError(self.error_messages["not_a_date"], code="not_a_date")
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise ValidationError(self.error_messages["no_such_day"], code="no_such_day") from error


class PlainSelect(forms.Select):
    """A native list of choices, written in one go: Django's own renders a template for each option."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = {str(choice) for choice in self.format_value(value)}
        options = "".join(
            f'<option value="{escape(key)}"{" selected" if key in chosen else ""}>{conditional_escape(label)}</option>'
            for key, label in ((str(key), label) for key, label in cast(Any, self.choices))
        )
        named = {**self.build_attrs(self.attrs, attrs), "name": name}
        return SafeString(f"<select{attributes(named)}>{options}</select>")


class RegionField(forms.ChoiceField):
    """One of the regions, chosen from a list that is at most seconds old; an id that is not in it is refused."""

    widget = PlainSelect

    def __init__(self, **kwargs: Any) -> None:
        messages = {"required": _("Pilih wilayahmu."), "invalid_choice": _("Pilih wilayah dari daftar.")}
        super().__init__(choices=_choices_of_region, error_messages=messages, **kwargs)

    def clean(self, value: Any) -> Region:
        chosen = super().clean(value)
        return next(region for region in _regions() if str(region.pk) == chosen)


def _regions() -> list[Region]:
    return remembered("regions", lambda: list(Region.objects.order_by("name")))


def _choices_of_region() -> list[tuple[Any, Any]]:
    """Remembered by themselves: a form asks more than once, and a copy of words is cheaper than one of rows."""
    regions = remembered("choices of regions", lambda: [(region.pk, str(region)) for region in _regions()])
    return [("", _("Pilih satu")), *regions]


class CodeField(forms.Field):
    """The mailed code, in any case, with or without its dash or spaces."""

    default_error_messages = {
        "required": _("Tulis kode dari email."),
        "not_a_code": _("Kode terdiri dari delapan huruf, misalnya BCDF-GHJK."),
        "wrong_letters": _("Kode kami tidak memakai huruf A, E, I, O, U, dan Y. Lihat lagi suratnya."),
    }

    def to_python(self, value: Any) -> str:
        code = re.sub(r"[ -]", "", _DASHES.sub("-", one_line((value or "")[:100]))).upper()
        if set(code) & _NEVER_IN_CODES:
            raise ValidationError(self.error_messages["wrong_letters"], code="wrong_letters")
        if code and not (self.is_code(code) and set(code) <= set(tokens.ALPHABET)):
            raise ValidationError(self.error_messages["not_a_code"], code="not_a_code")
        return code

    def is_code(self, code: str) -> bool:
        """Whether a code of these letters has the right length."""
        return len(code) == tokens.CODE_LENGTH


class MessageCodeField(CodeField):
    """The code at the foot of a message, in any case, with or without dashes or spaces."""

    default_error_messages = {
        "required": _("Tulis kode di bagian bawah surat."),
        "not_a_code": _("Kode surat terdiri dari dua belas huruf, misalnya BCDF-GHJK-LMNP."),
    }

    def is_code(self, code: str) -> bool:
        return len(code) >= tokens.MESSAGE_CODE_LENGTH


class FormKeyField(forms.Field):
    """The one-time key that a form carries. One that is missing or damaged becomes a new one."""

    def to_python(self, value: Any) -> uuid.UUID:
        try:
            return uuid.UUID(value)
        except (ValueError, TypeError, AttributeError):
            return uuid.uuid4()
