"""The attendance export, as the ministry uses it."""

import csv
import hashlib
import io
from datetime import datetime, timedelta

import openpyxl
import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile

from participants import tasks
from participants.admin.exports import ExportForm
from participants.models import AttendanceExport, AttendanceFact
from participants.operations import export_files, exports
from portal import roles
from tests.emptying import guards_asleep
from tests.factories import (
    WIB,
    log_in_staff,
    make_coordinator,
    make_participant,
    make_program,
    make_region,
    make_registration,
    make_session,
)
from tests.participants.test_fields import NAMES

pytestmark = pytest.mark.django_db
SECOND_DAY = datetime(2025, 12, 17, 10, tzinfo=WIB)
EVERYBODY = ["Edisi", "Wilayah", "Kota", "Sesi", "Tempat", "Nama"]
PERSONAL = ["Nomor ponsel", "Gender", "Kegiatan", "Tahun lahir", "Umur pada hari pertama"]
DAYS = [f"{heading} {day}" for day in (1, 2, 3) for heading in ("Tanggal hari", "Hari", "Dicatat hari")]
HEADINGS = [f"{name} (setempat)" if name.startswith("Dicatat") else name for name in DAYS]
HEADINGS += ["Zona waktu", "Hari hadir", "Memenuhi syarat sertifikat"]


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    now = [SECOND_DAY]
    monkeypatch.setattr("portal.clock.now", lambda: now[0])
    return now


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch):
    monkeypatch.setattr(tasks.build_exports, "apply_async", lambda **options: None)


@pytest.fixture
def session():
    return make_session(region=make_region(name="Papua", city="Jayapura", time_zone="Asia/Jayapura"))


@pytest.fixture
def coordinator(client, session):
    return log_in_staff(client, make_coordinator(session.region, name="Ibu Koordinator"), roles.COORDINATOR)


class TestExport:
    PAGE = "/staf/participants/attendanceexport/unduh/"

    @pytest.fixture
    def ministry(self, client):
        return log_in_staff(client, make_coordinator(name="Staf"), roles.MINISTRY)

    def test_rows_are_counted_before_a_file_is_made(self, client, session, ministry):
        make_registration(session)
        make_registration(session)

        asked = {"format": "csv;", "count": "1"}
        told = {layout: client.post(self.PAGE, asked | {"layout": layout}).text for layout in ("people", "days")}

        assert "akan berisi 2 baris tentang 2 orang" in told["people"]
        assert "akan berisi 6 baris tentang 2 orang" in told["days"]
        assert not AttendanceExport.objects.exists()

    def download(self, client, format_="csv;", **fields):
        response = client.post(self.PAGE, {"format": format_} | fields)
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
        assert [*AttendanceExport.objects.get().filter_in_words] == labels

    def test_leaves_out_personal_columns_unless_asked_for_with_a_reason(self, client, ministry, session):
        make_registration(session)

        assert "Nomor ponsel" not in self.rows(self.download(client)[0])[0]
        refused = client.post(self.PAGE, {"format": "csv;", "personal": ["phone"]})
        assert refused.context["form"].errors["reason"]

    @pytest.mark.parametrize(
        ("asked", "column"),
        [({"gender": "female"}, "gender"), ({"gender": "unsaid"}, "gender"), ({"ages": "0-17"}, "age")],
    )
    def test_a_filter_by_what_is_personal_asks_for_that_column(self, client, ministry, session, asked, column):
        make_registration(session)

        refused = client.post(self.PAGE, {"format": "csv;"} | asked)

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
        assert client.get(self.PAGE).status_code == 404
        assert client.post(self.PAGE, {"format": "csv;"}).status_code == 404

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
        offered = [key for key, _label in client.get(self.PAGE).context["form"].fields["personal"].choices]

        assert [*self.rows(self.download(client)[0])[0]] == [*EVERYBODY, *HEADINGS]
        assert [*self.rows(self.download(client, personal=offered, reason="uji")[0])[0]] == most

    def test_refuses_a_column_of_another_role_asked_for_by_hand(self, client, ministry, session):
        answer = client.post(self.PAGE, {"format": "csv;", "personal": ["email"], "reason": "uji"})

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


class TestJob:
    """A file too big to be given out at once, on its pages."""

    PAGE = TestExport.PAGE
    ASKED = {"format": "csv;", "personal": ["phone"], "reason": "Kiriman sertifikat"}

    @pytest.fixture(autouse=True)
    def big(self, monkeypatch):
        monkeypatch.setattr(exports, "SMALL", 0)
        monkeypatch.setattr(exports, "MANY", 1)

    @pytest.fixture
    def ministry(self, client, session):
        for _person in range(2):
            make_registration(session)
        return log_in_staff(client, make_coordinator(name="Pertama"), roles.MINISTRY)

    def page(self, client, export):
        return BeautifulSoup(
            client.get(f"/staf/participants/attendanceexport/{export.pk}/change/").content, "html.parser"
        )

    def press(self, client, export, where, **fields):
        return client.post(
            f"/staf/participants/attendanceexport/{export.pk}/{where}/", fields, follow=where == "putusan"
        )

    def test_shows_how_far_it_is_with_and_without_the_script(self, client, ministry):
        assert client.post(self.PAGE, {"format": "csv;"}).status_code == 302
        export = AttendanceExport.objects.get()
        AttendanceExport.objects.update(state="running", rows_done=1)

        page = self.page(client, export)

        assert (page.progress["value"], page.progress["max"]) == ("50", "100")
        assert page.select_one('noscript meta[http-equiv="refresh"]')
        assert page.select_one('script[src*="js/export"]')

    def test_is_fetched_when_it_is_ready_and_by_nobody_else(self, client, ministry, session):
        client.post(self.PAGE, {"format": "csv;"})
        export = AttendanceExport.objects.get()
        export_files.build_next(now=SECOND_DAY)

        assert self.page(client, export).select_one('form[action$="/unduh/"]')
        answer = self.press(client, export, "unduh")
        data = b"".join(answer.streaming_content)

        export.refresh_from_db()
        assert (hashlib.sha256(data).hexdigest(), export.fetched_at) == (export.sha256, SECOND_DAY)
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="kehadiran-20251217-1000-')
        log_in_staff(client, make_coordinator(name="Lain"), roles.MINISTRY)
        assert not self.page(client, export).select_one('form[action$="/unduh/"]')
        assert self.press(client, export, "unduh").status_code == 302

    def test_its_name_says_the_moment_of_which_it_tells(self, client, ministry):
        client.post(self.PAGE, {"format": "csv;"})
        export = AttendanceExport.objects.get()
        export_files.build_next(now=SECOND_DAY + timedelta(hours=2))

        answer = self.press(client, export, "unduh")

        assert f"kehadiran-20251217-1200-{export.pk}.csv" in answer.headers["Content-Disposition"]

    def test_waits_for_a_second_person_who_is_not_the_first(self, client, ministry):
        client.post(self.PAGE, self.ASKED)
        export = AttendanceExport.objects.get()
        assert export.state == "asked"
        assert not self.page(client, export).select_one('form[action$="/putusan/"]')
        assert "export_same_person" in self.press(client, export, "putusan", agree="1").text

        log_in_staff(client, make_coordinator(name="Kedua"), roles.MINISTRY)
        assert self.page(client, export).select_one('form[action$="/putusan/"]')
        self.press(client, export, "putusan")  # neither yes nor no
        assert AttendanceExport.objects.get().state == "asked"
        self.press(client, export, "putusan", agree="1")

        export.refresh_from_db()
        assert (export.state, export.judged_by.name) == ("queued", "Kedua")

    def test_is_told_as_people_read_numbers_and_times(self, client, ministry):
        client.post(self.PAGE, {"format": "csv;"})
        export_files.build_next(now=SECOND_DAY)
        export = AttendanceExport.objects.get()
        with guards_asleep():
            AttendanceExport.objects.update(people=4_200, row_count=12_600)

        page = self.page(client, export)

        assert page.select_one("#content h1").text == "Berkas kehadiran"
        assert page.select_one(".breadcrumbs").text.split()[-1] == f"#{export.pk}"
        assert "Dihapus Kamis, 18 Desember 2025, 10.00 WIB." in page.text
        assert [page.select_one(f".field-{name} .readonly").text for name in ("of_people", "of_rows")] == [
            *("4.200", "12.600")
        ]

    def test_is_recognised_by_upload(self, client, ministry):
        client.post(self.PAGE, {"format": "csv;"})
        export_files.build_next(now=SECOND_DAY)
        export = AttendanceExport.objects.get()
        data = b"".join(export_files.fetch(export=export, by=ministry, now=SECOND_DAY))
        where = "/staf/participants/attendanceexport/cocok/"

        same = client.post(where, {"file": SimpleUploadedFile("x.csv", data)}).text
        other = client.post(where, {"file": SimpleUploadedFile("x.csv", data.replace(b"Siti", b"Budi"))}).text

        assert ("Cocok dengan sistem" in same, f"nomor {export.pk}" in same) == (True, True)
        assert "Tidak cocok" in other

    @pytest.mark.parametrize("role", [roles.COORDINATOR, roles.ACCOUNTS])
    def test_is_not_there_for_other_roles(self, client, ministry, session, role):
        client.post(self.PAGE, self.ASKED)
        export = AttendanceExport.objects.get()
        log_in_staff(client, make_coordinator(make_region()), role)

        for where in ("unduh", "putusan"):
            assert self.press(client, export, where, agree="1").status_code in (403, 404)
        for path in ("unduh/", "cocok/", f"{export.pk}/change/", ""):
            assert client.get(f"/staf/participants/attendanceexport/{path}").status_code in (403, 404)
        export.refresh_from_db()
        assert export.state == "asked"
