"""Words of people's own lists are taken for what they mean; what is not sure is refused, never guessed."""

import csv
import io

import pytest
from django.utils import translation

from participants import import_forms, import_words, tables
from participants.exports.cells import csv_cell
from participants.operations.import_work import Order
from tests.factories import make_session


@pytest.mark.parametrize(
    ("name", "word", "meant"),
    [
        ("gender", "L", "male"),
        ("gender", "P", "female"),
        ("gender", "Laki-laki", "male"),
        ("gender", "Female", "female"),
        ("gender", "-", ""),
        ("gender", "x", "x"),
        ("occupation", "Bekerja", "employed"),
        ("occupation", " SISWA ", "school"),
        ("occupation", "Karyawan", "employed"),
        ("occupation", "Wiraswasta", "business"),
        ("occupation", "belum  bekerja", "seeking"),
        ("occupation", "Siswa SMA", "school"),
        ("occupation", "IRT", "other"),
        ("occupation", "other", "other"),
        ("occupation", "astronot", "astronot"),
    ],
)
def test_usual_words_are_taken(name, word, meant):
    assert import_words.value(name, word) == meant


def test_no_word_means_two_things():
    for name, meanings in import_words.USUAL.items():
        words = [word for words in import_words._words(name).values() for word in words]
        assert len(words) == len(set(words))
        assert set(meanings) == {value for value, _label in import_words.CHOICES[name]}


@pytest.mark.parametrize(
    ("typed", "iso"),
    [
        ("6 Mei 2001", "2001-05-06"),
        ("06 May 2001", "2001-05-06"),
        ("6-Agu-2001", "2001-08-06"),
        ("31 Nopember 2001", "2001-11-31"),  # the form says that there is no such day
        ("2001-05-06 00:00:00", "2001-05-06"),
        ("2001-05-06T00:00", "2001-05-06"),
        ("2001-05-06", "2001-05-06"),
        ("06/05/2001", "2001-05-06"),
        ("6-5-2001", "2001-05-06"),
        ("17.05.2004", "2004-05-17"),
        ("17 / 05 / 2004", "2004-05-17"),
        ("17/05/2004 0:00:00", "2004-05-17"),
        ("17/05/2004 00.00", "2004-05-17"),
        ("2001/5/6", "2001-05-06"),
        ("Denpasar, 17 Mei 2004", "2004-05-17"),
        ("Kab. Bangli 17-05-2004", "2004-05-17"),
        ("Tabanan/17/05/2004", "2004-05-17"),
        ("Mei 17, 2004", "Mei 17, 2004"),
        ("Denpasar, 05/17/2004", "Denpasar, 05/17/2004"),
        ("Denpasar", "Denpasar"),
        ("31/02/2004", "2004-02-31"),  # the form says that there is no such day
        ("05/17/2004", "05/17/2004"),
        ("17/00/2004", "17/00/2004"),
        ("17/05-2004", "17/05-2004"),
        ("17/05/04", "17/05/04"),
        ("170/05/2004", "170/05/2004"),
        ("17052004", "17052004"),
        ("2001-05-06 07:00:00", "2001-05-06 07:00:00"),
        ("6 Brumaire 2001", "6 Brumaire 2001"),
        ("6 Mei 01", "6 Mei 01"),
    ],
)
def test_dates_as_people_here_write_them_are_taken(typed, iso):
    assert import_words.iso_date(typed) == iso


@pytest.mark.parametrize(
    ("typed", "order"),
    [
        ("06/05/2004", "either"),
        ("6-5-2004", "either"),
        ("05/17/2004", "month first"),
        ("17/05/2004", "day first"),
        ("Denpasar, 05/17/2004", "month first"),
        ("05/05/2004", None),
        ("2004-05-05", None),
        ("2004/05/06", "year and either"),
        ("2004-05-17 00:00", "year first"),
        ("2004-17-05", None),
        ("13/13/2004", None),
        ("6 Mei 2004", None),
        ("5/99/2004", None),
        ("", None),
    ],
)
def test_a_date_in_numbers_says_in_which_order_it_may_stand(typed, order):
    assert import_words.order(typed) == (Order(order) if order else None)


@pytest.mark.parametrize(
    ("columns", "fields"),
    [
        (
            ["No.", "Nama Lengkap*", "Tgl. Lahir", "E-mail", "No. HP/WA"],
            ["", "full_name", "birth_date", "email", "phone"],
        ),
        (
            ["Tanggal Lahir (dd/mm/yyyy)", "JK (L/P)", "No. Telp", "Profesi"],
            ["birth_date", "gender", "phone", "occupation"],
        ),
        (["Nama (Wali)", "Nama (sesuai KTP)", "Nomor WhatsApp"], ["signer_name", "full_name", "phone"]),
        (["Nama", "Nama (ayah)", "HP", "Nomor HP"], ["full_name", "", "phone", ""]),
        (["Tempat, Tgl. Lahir", "Kerja"], ["birth_date", ""]),
        (["NAMA PESERTA", "TTL"], ["full_name", "birth_date"]),
        (["", "()", "Yang lain"], ["", "", ""]),
        (["Nama (Ibu)", "Nama Siswa", "No. HP (orang tua)", "HP darurat"], ["", "", "", ""]),
        (["Nama (sekolah)", "Kegiatan (sekolah/kuliah)", "Pekerjaan (ayah)"], ["", "occupation", ""]),
        (["Email (parent's)", "Nama (panggilan)", "Alamat email (aktif)"], ["", "", "email"]),
        (["Persetujuan (foto)", "Setuju (WhatsApp)", "Foto"], ["", "", ""]),
        (["Persetujuan (ya/tidak)"], ["consent_training"]),
    ],
)
def test_columns_are_known_by_the_names_that_lists_give_them(columns, fields):
    found = import_forms.guess(columns)

    assert found == {field: number for number, field in enumerate(fields) if field}


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_template_is_understood_and_registers_nobody(language):
    with translation.override(language):
        file = io.StringIO()
        csv.writer(file, delimiter=";").writerows([csv_cell(cell) for cell in row] for row in import_forms.template())
    table = tables.read(file.getvalue().encode(), known=import_forms.known_in)

    found = import_forms.guess(table.columns)
    said = import_forms.read_row({name: table.rows[0][number] for name, number in found.items()}, make_session())

    assert list(found) == list(import_forms.FIELDS)
    assert [error.partition(":")[0] for error in said.errors] == ["Alamat email"]
