"""A file that a worker builds: how far it is, who fetches it, and by what it is recognised."""

import hashlib
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile

from participants.models import AttendanceExport
from participants.operations import export_files, exports
from portal import roles
from tests.emptying import guards_asleep
from tests.factories import (
    log_in_staff,
    make_coordinator,
    make_region,
    make_registration,
)
from tests.participants.admin.exporting import (
    PAGE,
    SECOND_DAY,
    _no_broker,
    coordinator,
    moment,
    session,
)

pytestmark = pytest.mark.django_db
__all__ = ["_no_broker", "coordinator", "moment", "session"]


class TestJob:
    """A file too big to be given out at once, on its pages."""

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
        assert client.post(PAGE, {"format": "csv;"}).status_code == 302
        export = AttendanceExport.objects.get()
        AttendanceExport.objects.update(state="running", rows_done=1)

        page = self.page(client, export)

        assert (page.progress["value"], page.progress["max"]) == ("50", "100")
        assert page.select_one('noscript meta[http-equiv="refresh"]')
        assert page.select_one('script[src*="js/export"]')

    def test_is_fetched_when_it_is_ready_and_by_nobody_else(self, client, ministry, session):
        client.post(PAGE, {"format": "csv;"})
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
        client.post(PAGE, {"format": "csv;"})
        export = AttendanceExport.objects.get()
        export_files.build_next(now=SECOND_DAY + timedelta(hours=2))

        answer = self.press(client, export, "unduh")

        assert f"kehadiran-20251217-1200-{export.pk}.csv" in answer.headers["Content-Disposition"]

    def test_waits_for_a_second_person_who_is_not_the_first(self, client, ministry):
        client.post(PAGE, self.ASKED)
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
        client.post(PAGE, {"format": "csv;"})
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
        client.post(PAGE, {"format": "csv;"})
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
        client.post(PAGE, self.ASKED)
        export = AttendanceExport.objects.get()
        log_in_staff(client, make_coordinator(make_region()), role)

        for where in ("unduh", "putusan"):
            assert self.press(client, export, where, agree="1").status_code in (403, 404)
        for path in ("unduh/", "cocok/", f"{export.pk}/change/", ""):
            assert client.get(f"/staf/participants/attendanceexport/{path}").status_code in (403, 404)
        export.refresh_from_db()
        assert export.state == "asked"
