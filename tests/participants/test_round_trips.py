"""What an attendance file says of a person is read back by the import as it stands in the database, whatever it is."""

import csv
import io
import random
from datetime import datetime

import openpyxl
import phonenumbers
import pytest
from phonenumbers import PhoneNumberType

from participants import tables
from participants.exports import attendance as export
from participants.fields import AddressField, NameField, PhoneField
from participants.import_forms import _value, guess
from participants.models import Participant, Registration
from participants.queries.person_days import Selection
from tests.factories import WIB, make_participant, make_registration, make_session
from tests.histories import seeds
from tests.participants.test_fields import NAMES

pytestmark = pytest.mark.django_db
AS_OF = datetime(2025, 12, 18, tzinfo=WIB)
PERSONAL = frozenset({"phone", "email", "gender", "occupation"})
PIECES = [
    *NAMES,
    "=1+1",
    "-",
    "+62",
    "@SUM(A1)",
    '"',
    ",",
    ";",
    ", =",
    "; -",
    "|",
    "0812",
    "1e5",
    "_x0041_",
    "<b>",
    "&",
]
ABROAD = ["MY", "SG", "TL", "NL", "US", "SA", "JP"]


def name(chance):
    """A name as the form keeps it, now and then of pieces that spreadsheets take for something else."""
    typed = chance.choice(["", " "]).join(chance.choices(PIECES, k=chance.randint(1, 4))) + chance.choice(["", " Ayu"])
    return NameField().clean(f"{typed[:70]} A" if not any(letter.isalpha() for letter in typed) else typed[:79])


def phone(chance):
    """A number of here, of every length that the form takes, or of somewhere else."""
    if chance.random() < 0.2:
        number = phonenumbers.example_number_for_type(chance.choice(ABROAD), PhoneNumberType.MOBILE)
        return PhoneField().clean(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    digits = "".join(chance.choices("0123456789", k=chance.choice([7, 8, 8])))
    return PhoneField().clean(f"+628{chance.choice(['12', '13', '21', '52', '57', '95'])}{digits}")


@pytest.fixture
def people(request):
    chance, session = random.Random(request.param), make_session()
    for _number in range(12):
        said = {
            "gender": chance.choice(Participant.Gender.values),
            "occupation": chance.choice(Participant.Occupation.values),
        }
        person = make_participant(full_name=name(chance), phone=phone(chance), region=session.region, **said)
        make_registration(session, participant=person)
    return Participant.objects.select_related("user")


def written(kind, **options):
    file = io.BytesIO()
    request = export.Request(Selection(Registration.objects.all(), AS_OF), "uji", {}, personal=PERSONAL, **options)
    (export.write_xlsx if kind == "xlsx" else export.write_csv)(request, file)
    return file.getvalue()


def read_back(content):
    """Each person of the file as the forms of the import read them."""
    table = tables.read(content)
    at = guess(table.columns)
    assert {"full_name", "phone", "email", "gender", "occupation"} <= at.keys()
    return sorted(
        (
            NameField().clean(row[at["full_name"]]),
            PhoneField().clean(row[at["phone"]]),
            AddressField().clean(row[at["email"]]),
            _value("gender", row[at["gender"]]),
            _value("occupation", row[at["occupation"]]),
        )
        for row in table.rows
    )


@pytest.mark.parametrize("people", seeds(6), indirect=True)
@pytest.mark.parametrize(("kind", "delimiter"), [("csv", ","), ("csv", ";"), ("xlsx", ",")])
def test_everybody_in_a_file_is_read_back(people, kind, delimiter):
    known = people.values_list("full_name", "phone", "user__email", "gender", "occupation")
    assert read_back(written(kind, delimiter=delimiter)) == sorted(known)


@pytest.mark.parametrize("people", [0], indirect=True)
def test_a_number_of_here_is_groups_in_csv_and_a_text_in_a_sheet(people):
    make_registration(make_session(), participant=make_participant(full_name="Ani", phone="+6281234567890"))

    rows = list(csv.DictReader(io.StringIO(written("csv").decode("utf-8-sig"), newline="")))
    assert [row["Nomor ponsel"] for row in rows if row["Nama"] == "Ani"] == ["0812-3456-7890"]
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx"))).worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    cells = [row[heads.index("Nomor ponsel")] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
