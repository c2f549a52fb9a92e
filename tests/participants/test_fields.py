"""What people really type, field by field: taken as they mean it, or refused with a sentence."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.forms import CharField, DateField, EmailField, Form, IntegerField

import participants.forms
from participants.fields import (
    BirthDateField,
    CodeField,
    FormKeyField,
    NameField,
    ParagraphsField,
    PhoneField,
    TextField,
    one_line,
)

NAMES = [
    "Suharto",
    "Ma'ruf",
    "Nur'aini",
    "Nur’aini",
    "M. Ali",
    "Sri-Wahyuni",
    "Ani, A.Md.",
    "Ani Putri, S.Ag., M.Pd.",
    "H. Abdul Ra'uf bin Hasan",
    "A",
    "I Gusti Ayu Putu Ngurah Rai",
    "R.A. Kartini",
    "Ni Luh Putu Ayu Sri Wahyuni Dewi Kusuma Wardhani Pratiwi Lestari Ningsih Ratna W",
    "Ǹjideka Ọlá",
    "José Müller-Núñez",
    "Ꞌaʼisha",
    "李小龙",
    "محمد علي",
    "ꦱꦶꦠꦶ ꦤꦸꦂ",
    "ᬲᬶᬢᬶ",
    "Владимир",
    "Ἑλένη",
    "Siti 🌸",
    "D'Angelo O'Neil",
    "Yohanes XXIII",
    "Deden 2nd",
    "Tri_Wahyu",
    "Maria (Mia) Goretti",
    "Dr. dr. Sutomo",
    "Nguyễn Thị Minh Khai",
    "สมชาย",
    "कमला",
    "Sukarno/Hatta",
    "de la Cruz",
    "van der Berg",
    "Å",
    "Ñusta",
    "Þór",
    "Zoë",
    "Ayu & Bagus",
]

PHONES = {
    "081234567890": "+6281234567890",
    "0812-3456-7890": "+6281234567890",
    "0812 3456 7890": "+6281234567890",
    "0812.3456.7890": "+6281234567890",
    "(0812) 3456 7890": "+6281234567890",
    "6281234567890": "+6281234567890",
    "62 812 3456 7890": "+6281234567890",
    "+6281234567890": "+6281234567890",
    "+62 812-3456-7890": "+6281234567890",
    "+62 (0)812-3456-7890": "+6281234567890",
    "006281234567890": "+6281234567890",
    "81234567890": "+6281234567890",
    "０８１２３４５６７８９０": "+6281234567890",
    "\u202a+62 812-3456-7890\u202c": "+6281234567890",
    "0812\u00a03456\u20117890": "+6281234567890",
    "0811 123 456": "+62811123456",
    "0895-3456-78901": "+62895345678901",
    "(021) 555 12345": "+622155512345",
    "0967 531234": "+62967531234",
    "+60 12-345 6789": "+60123456789",
    "62-812-3456-7890": "+6281234567890",
    "(+62) 812 3456 7890": "+6281234567890",
    "+62 0812 3456 7890": "+6281234567890",
    "620812-3456-7890": "+6281234567890",
    "0812 – 3456 – 7890": "+6281234567890",
    "0812\u30003456\t7890": "+6281234567890",
    "+6221 5551234": "+62215551234",
}
NO_PHONES = [
    "0812",
    "0812 345",
    "081234567",
    "12345",
    "0812345678901234567",
    "+62",
    "telepon",
    "0812-ABCD-EFGH",
    "08123456789 / 0856",
    "+999123456789",
    "-",
    "=1+1",
    "'081234567890",
    "0812 3456 7890 (ibu)",
    "0812_3456_7890",
    "٠٨١٢٣٤٥٦٧٨٩٠",
    "+62+81234567890",
]

DATES = {
    "1997-01-01": date(1997, 1, 1),
    "2012-12-31": date(2012, 12, 31),
    "2004-02-29": date(2004, 2, 29),
    "2000-02-29": date(2000, 2, 29),
    "２００４-０５-１７": date(2004, 5, 17),
    "1996-12-31": date(1996, 12, 31),
    "0001-01-01": date(1, 1, 1),
    "9999-12-31": date(9999, 12, 31),
    " 2004-05-17 ": date(2004, 5, 17),
}
NO_DATES = [
    "2003-02-29",
    "2004-13-01",
    "2004-5-7",
    "04/03/2008",
    "3-4-08",
    "17 Mei 2004",
    "20040517",
    "0000-01-01",
    "10000-01-01",
    "2004-05-17T00:00",
    "1900-02-29",
    "2100-02-29",
    "٢٠٠٤-٠٥-١٧",
    "2004–05–17",
    "-2004-05-17",
    "2004-W20-1",
    "17-05-2004",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_kept_as_people_write_them(name):
    assert NameField().clean(name) == name


@pytest.mark.parametrize(
    "typed",
    [
        *("Ani Putri", " Ani Putri", "Ani Putri ", "Ani  Putri", "Ani\tPutri", "Ani\u00a0Putri", "Ani\u3000Putri"),
        *(
            "Ani\r\nPutri",
            "\ufeffAni Putri",
            "A\u200bni Putri",
            "\u202eAni Putri\u202c",
            "Ani \x00Putri",
            "Ａｎｉ Putri",
        ),
        *("Ani \u2066Putri\u2069", "A\u00adni Putri", "Ani\u2028Putri", "Ani Pu\u200dtri", "Ani Putri\U000e0041"),
        *(
            "Ani\u2800Putri",
            "A\u034fni Putri",
            "Ani Putri\u3164",
            "\u115fAni Putri",
            "Ani Putri\ufe0f",
            "\ud800Ani Putri",
        ),
    ],
)
def test_what_cannot_be_seen_does_not_make_another_name(typed):
    assert NameField().clean(typed) == "Ani Putri"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        *(("", "required"), ("   ", "required"), ("\u200b\u00a0", "required"), ("12345", "no_letter")),
        *(("---", "no_letter"), ("🌸", "no_letter"), ("a" * 81, "too_long"), ("a" * 10_000, "too_long")),
        *(("\u3164\u3164", "required"), ("\u2800", "required"), ("\u115f \uffa0", "required")),
        ("\ufdfa" * 5, "too_long"),  # one sign that NFKC spells out in eighteen
    ],
)
def test_names_that_are_none_are_refused(typed, code):
    with pytest.raises(ValidationError) as refusal:
        NameField().clean(typed)
    assert refusal.value.code == code


def test_composed_and_decomposed_letters_are_the_same():
    assert NameField().clean("Ze\u0301") == NameField().clean("Zé") == "Zé"


@pytest.mark.parametrize(("typed", "number"), PHONES.items())
def test_telephone_numbers_become_one_form(typed, number):
    assert PhoneField().clean(typed) == number


@pytest.mark.parametrize(
    ("kept", "shown"),
    {
        "+6281234567890": "0812-3456-7890",
        "+6598765432": "+65 9876 5432",
        "": "",
        "08": "08",
        "62 812": "62 812",
    }.items(),
)
def test_telephone_numbers_are_shown_as_people_write_them_and_mistakes_as_typed(kept, shown):
    assert PhoneField().prepare_value(kept) == shown


@pytest.mark.parametrize("typed", NO_PHONES)
def test_telephone_numbers_that_are_none_are_refused(typed):
    with pytest.raises(ValidationError) as refusal:
        PhoneField().clean(typed)
    assert refusal.value.code == "not_a_phone"


@pytest.mark.parametrize(("typed", "day"), DATES.items())
def test_dates_are_read_as_a_date_input_sends_them(typed, day):
    assert BirthDateField().clean(typed) == day


@pytest.mark.parametrize("typed", NO_DATES)
def test_dates_are_never_guessed(typed):
    with pytest.raises(ValidationError) as refusal:
        BirthDateField().clean(typed)
    assert refusal.value.code in {"not_a_date", "no_such_day"}


@pytest.mark.parametrize(
    "typed", ["BCDF-GHJK", "bcdfghjk", " bcdf ghjk ", "BCDF–GHJK", "ｂｃｄｆｇｈｊｋ", "BCDF\u200b-GHJK"]
)
def test_codes_are_taken_however_they_are_typed(typed):
    assert CodeField().clean(typed) == "BCDFGHJK"


def test_a_damaged_form_key_becomes_a_new_one():
    keys = {FormKeyField().clean(typed) for typed in ["", "x", None, "0" * 10_000]}

    assert len(keys) == 4


def test_text_may_be_left_out_and_has_an_end():
    field = TextField(max_length=10, required=False)

    assert field.clean("") == ""
    assert field.clean("a" * 10) == "a" * 10
    with pytest.raises(ValidationError):
        field.clean("a" * 11)


@pytest.mark.parametrize(
    "payload", ["<b>x</b>", "{{7*7}}", "{%load x%}", "${7*7}", "[x](javascript:alert(1))", "=1+1", "@SUM(A1)"]
)
def test_markup_is_text(payload):
    assert one_line(payload) == payload


def test_longer_text_keeps_its_paragraphs_and_nothing_invisible():
    typed = "  Satu \u202e dua\r\n\r\n\r\n\r\ntiga\x00\r\nempat  \n"

    assert ParagraphsField(max_length=40).clean(typed) == "Satu dua\n\ntiga\nempat"


def test_every_form_takes_text_by_this_door():
    """Whoever adds a question cannot pass by what is tested here."""
    forms = [form for form in vars(participants.forms).values() if isinstance(form, type) and issubclass(form, Form)]
    fields = {f"{form.__name__}.{name}": field for form in forms for name, field in form.base_fields.items()}
    plain = {name for name, field in fields.items() if type(field) in (CharField, EmailField, DateField, IntegerField)}

    guarded = [form.__name__ for form in forms if issubclass(form, participants.forms.GuardedForm)]
    guards = {f"{name}.{guard}" for name in guarded for guard in ("website", "shown")}
    assert plain == guards  # the trap and the stamp, whose content nobody keeps
    assert len(fields) > 15
