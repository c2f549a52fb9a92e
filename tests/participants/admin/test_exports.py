"""The attendance export, as the ministry uses it."""

import csv
import hashlib
import io
from datetime import datetime

import openpyxl
import pytest
from bs4 import BeautifulSoup

from participants.admin.exports import ExportForm
from participants.models import AttendanceExport, AttendanceFact
from portal import roles
from tests.factories import (
    WIB,
    log_in_staff,
    make_coordinator,
    make_participant,
    make_program,
    make_registration,
    make_session,
)
from tests.participants.admin.exporting import (
    EVERYBODY,
    HEADINGS,
    PAGE,
    PERSONAL,
    SECOND_DAY,
    _no_broker,
    coordinator,
    moment,
    session,
)
from tests.participants.test_fields import NAMES

pytestmark = pytest.mark.django_db
__all__ = ["_no_broker", "coordinator", "moment", "session"]


class TestExport:
    @pytest.fixture
    def ministry(self, client):
        return log_in_staff(client, make_coordinator(name="Staf"), roles.MINISTRY)

    def test_rows_are_counted_before_a_file_is_made(self, client, session, ministry):
        make_registration(session)
        make_registration(session)

        asked = {"format": "csv;", "count": "1"}
        told = {layout: client.post(PAGE, asked | {"layout": layout}).text for layout in ("people", "days")}

        assert "akan berisi 2 baris tentang 2 orang" in told["people"]
        assert "akan berisi 6 baris tentang 2 orang" in told["days"]
        assert not AttendanceExport.objects.exists()

    def download(self, client, format_="csv;", **fields):
        response = client.post(PAGE, {"format": format_} | fields)
        assert response.status_code == 200, response.context["form"].errors
        assert AttendanceExport.objects.latest("pk").state == "given"
        return b"".join(response.streaming_content), response

    def rows(self, data, delimiter=";"):
        assert data.startswith(b"\xef\xbb\xbf")
        return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=delimiter))

    def test_gives_a_row_a_participant_with_the_days_side_by_side(self, client, ministry, session):
        registration = make_registration(session)
        AttendanceFact.objects.create(
            registration=registration,
            day=session.days.get(number=2),
            session=session,
            kind="correction",
            source="grid",
            mark="late",
            recorded_at=SECOND_DAY,
        )

        data, response = self.download(client)

        (row,) = self.rows(data)
        assert (row["Kota"], row["Nama"], row["Zona waktu"]) == ("Jayapura", "Siti Nur'aini", "WIT")
        assert (row["Hari 1"], row["Hari 2"], row["Hari 3"]) == ("Tidak hadir", "Terlambat", "")
        assert row["Dicatat hari 2 (setempat)"] == "2025-12-17 12:00"
        assert (row["Hari hadir"], row["Memenuhi syarat sertifikat"]) == ("1", "tidak")
        assert response.headers["Content-Disposition"] == (
            f'attachment; filename="kehadiran-20251217-1000-{AttendanceExport.objects.get().pk}.csv"'
        )

    def test_xlsx_holds_the_same_with_typed_cells(self, client, ministry, session):
        make_registration(session)

        csv_rows = self.rows(self.download(client, personal=["phone"], reason="uji")[0])
        data, _response = self.download(client, "xlsx", personal=["phone"], reason="uji")

        book = openpyxl.load_workbook(io.BytesIO(data))
        sheet = book["Kehadiran"]
        header = [cell.value for cell in sheet[1]]
        assert header == list(csv_rows[0])
        phone = sheet.cell(2, header.index("Nomor ponsel") + 1)
        assert (phone.value, phone.data_type) == ("+6281234567890", "s")
        assert csv_rows[0]["Nomor ponsel"] == "0812-3456-7890"
        assert (sheet.freeze_panes, bool(sheet.auto_filter.ref)) == ("A2", True)
        manifest = dict(book["Keterangan"].iter_rows(min_row=2, values_only=True))
        assert (manifest["Jumlah baris"], manifest["Jumlah peserta"], manifest["Alasan"]) == ("1", "1", "uji")
        assert manifest["Sidik jari baris"] == AttendanceExport.objects.latest("pk").rows_sha256
        day = sheet.cell(2, header.index("Tanggal hari 1") + 1)
        assert (day.value, day.number_format) == (datetime(2025, 12, 16), "yyyy-mm-dd")

    @pytest.mark.parametrize("layout", ["people", "days"])
    def test_the_last_sheet_says_the_filter_in_its_order_and_how_many_people_are_in_it(
        self, client, ministry, session, layout
    ):
        for _person in range(2):
            make_registration(session)

        data, _response = self.download(client, "xlsx", layout=layout)

        lines = list(openpyxl.load_workbook(io.BytesIO(data))["Keterangan"].iter_rows(min_row=2, values_only=True))
        labels = [str(field.label) for name, field in ExportForm(user=ministry).fields.items() if name != "format"]
        names = [name for name, _value in lines]
        start = names.index(labels[0])
        assert names[start : start + len(labels)] == labels
        assert dict(lines)["Jumlah peserta"] == "2"
        export = AttendanceExport.objects.get()
        assert [*export.filter_in_words] == labels
        page = client.get(f"/staf/participants/attendanceexport/{export.pk}/change/").text
        assert f"Susunan: {dict(lines)['Susunan']}</div>" in page  # and none of what was left open

    def test_leaves_out_personal_columns_unless_asked_for_with_a_reason(self, client, ministry, session):
        make_registration(session)

        assert "Nomor ponsel" not in self.rows(self.download(client)[0])[0]
        refused = client.post(PAGE, {"format": "csv;", "personal": ["phone"]})
        assert refused.context["form"].errors["reason"]

    @pytest.mark.parametrize(
        ("asked", "column"),
        [({"gender": "female"}, "gender"), ({"gender": "unsaid"}, "gender"), ({"ages": "0-17"}, "age")],
    )
    def test_a_filter_by_what_is_personal_asks_for_that_column(self, client, ministry, session, asked, column):
        make_registration(session)

        refused = client.post(PAGE, {"format": "csv;"} | asked)

        assert "Tulis untuk apa" in refused.context["form"].errors["reason"][0]
        assert not AttendanceExport.objects.exists()
        self.download(client, reason="uji", **asked)
        assert AttendanceExport.objects.get().personal == [column]

    def test_records_who_took_what(self, client, ministry, session):
        make_registration(session)

        data, _response = self.download(client, session=session.pk)

        row = AttendanceExport.objects.get()
        assert (row.by, row.row_count, row.format) == (ministry, 1, "csv")
        assert row.sha256 == hashlib.sha256(data).hexdigest()

    def test_filters_by_session_region_edition_and_dates(self, client, ministry, session):
        make_registration(session)
        program = make_program()
        other = make_session(program=program, first_day=datetime(2026, 1, 5, tzinfo=WIB).date())
        make_registration(other)

        def count(**fields):
            return len(self.rows(self.download(client, **fields)[0]))

        assert count() == 2
        assert count(session=session.pk) == count(region=other.region.pk) == count(program=program.pk) == 1
        assert count(first="2026-01-01") == count(last="2025-12-31") == 1

    def test_is_not_there_for_coordinators(self, client, coordinator):
        assert client.get(PAGE).status_code == 404
        assert client.post(PAGE, {"format": "csv;"}).status_code == 404

    @pytest.mark.parametrize(
        "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1+1", "\u00a0=1", "|calc", "%0A=1"]
    )
    def test_no_name_becomes_a_formula(self, client, ministry, session, name):
        make_registration(session, participant=make_participant(full_name=name, region=session.region))

        (row,) = self.rows(self.download(client)[0])
        data, _response = self.download(client, "xlsx")

        assert row["Nama"].startswith("'")
        cells = openpyxl.load_workbook(io.BytesIO(data))["Kehadiran"][2]
        assert {cell.data_type for cell in cells} <= {"s", "n", "d"}  # "f" would be a formula

    def test_names_are_in_list_grid_and_files_as_they_were_typed(self, client, ministry, session):
        for name in NAMES:
            make_registration(session, participant=make_participant(full_name=name, region=session.region))

        rows = self.rows(self.download(client)[0])
        sheet = openpyxl.load_workbook(io.BytesIO(self.download(client, "xlsx")[0]))["Kehadiran"]
        column = [cell.value for cell in sheet[1]].index("Nama")
        pages = [f"/staf/programs/trainingsession/{session.pk}/hadir/", "/staf/participants/registration/"]

        assert sorted(row["Nama"] for row in rows) == sorted(NAMES)
        assert sorted(row[column] for row in sheet.iter_rows(min_row=2, values_only=True)) == sorted(NAMES)
        for path in pages:
            shown = BeautifulSoup(client.get(path).content, "html.parser").get_text("\n")
            assert [name for name in NAMES if name not in shown] == [], path

    def test_control_characters_and_long_texts_do_not_break_a_file(self, client, ministry, session):
        session.program.name_id = "a\x0b\x1fb" + "c" * 20
        session.program.save()
        make_registration(session)

        (row,) = self.rows(self.download(client)[0])
        self.download(client, "xlsx")

        assert row["Edisi"] == "ab" + "c" * 20

    @pytest.mark.parametrize(
        ("role", "most"),
        [
            (roles.MINISTRY, [*EVERYBODY, *PERSONAL, *HEADINGS]),
            (roles.EDITOR, [*EVERYBODY, PERSONAL[0], "Alamat email", *PERSONAL[1:], *HEADINGS]),
        ],
    )
    def test_gives_a_role_the_columns_that_are_its_own(self, client, session, role, most):
        log_in_staff(client, make_coordinator(name="Staf"), role)
        make_registration(session)
        offered = [key for key, _label in client.get(PAGE).context["form"].fields["personal"].choices]

        assert [*self.rows(self.download(client)[0])[0]] == [*EVERYBODY, *HEADINGS]
        assert [*self.rows(self.download(client, personal=offered, reason="uji")[0])[0]] == most

    def test_refuses_a_column_of_another_role_asked_for_by_hand(self, client, ministry, session):
        answer = client.post(PAGE, {"format": "csv;", "personal": ["email"], "reason": "uji"})

        assert answer.context["form"].errors["personal"]
        assert not AttendanceExport.objects.exists()

    def test_gives_a_row_a_participant_and_day(self, client, ministry, session):
        make_registration(session)

        rows = self.rows(self.download(client, layout="days")[0])

        assert [(row["Hari"], row["Tanggal"], row["Kehadiran"]) for row in rows] == [
            ("1", "2025-12-16", "Tidak hadir"),
            ("2", "2025-12-17", ""),
            ("3", "2025-12-18", ""),
        ]
        assert (AttendanceExport.objects.get().row_count, AttendanceExport.objects.get().people) == (3, 1)

    def test_filters_by_mark_gender_age_and_certificate(self, client, ministry, session):
        person = make_participant(region=session.region, gender="female")
        make_registration(session, participant=person)

        def count(**fields):
            return len(self.rows(self.download(client, **fields)[0]))

        why = {"reason": "uji"}
        assert (count(gender="female", **why), count(gender="unsaid", **why)) == (1, 0)
        assert (count(ages="21-24", **why), count(ages="0-17", **why)) == (1, 0)
        assert (count(marks=["absent"]), count(marks=["none"]), count(marks=["late"])) == (1, 1, 0)
        assert (count(complete="no"), count(complete="yes")) == (1, 0)
