"""The main job from end to end: register, be reminded at the right local hour, attend, be exported."""

import csv
import os
import shutil
import subprocess

import pytest

from tests.journeys.conftest import log_in_staff
from tests.journeys.steps import fill_adult, pass_the_door, send
from tests.running import ALONE, running_portal

pytestmark = [pytest.mark.xdist_group("journey")]
UTF8_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1"
NAME = "Nur'aini Wonda"


def register(portal, page, session, email, name):
    """From the home page to one's own page, as a visitor on a phone does."""
    page.goto(portal.url)
    page.click(".hero .button-sun >> nth=0")
    page.click(f"main a[href$='/sesi/{session}/']")
    page.click("text=Daftar ke sesi ini")
    code = pass_the_door(portal, page, email)
    page.wait_for_url(f"**/daftar/{session}/")
    fill_adult(page, name)
    send(page)
    page.wait_for_url("**/saya/")
    return code


def as_csv(file, folder):
    """What LibreOffice reads in an XLSX file's first sheet."""
    office = shutil.which("soffice")
    if office is None:
        assert not os.environ.get("REQUIRE_OFFICE"), "REQUIRE_OFFICE is set and there is no LibreOffice"
        pytest.skip("no LibreOffice on this machine")
    subprocess.run(
        [
            office,
            f"-env:UserInstallation=file://{folder}/office",
            "--headless",
            "--convert-to",
            UTF8_CSV,
            "--outdir",
            folder,
            file,
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return list(csv.DictReader(file.with_suffix(".csv").read_text(encoding="utf-8").splitlines()))


@pytest.fixture
def portal():
    """A portal of this journey's own: it moves the clock, and counts every mail and every row."""
    with running_portal(**ALONE) as running:
        yield running


def test_the_main_job(portal, open_page, tmp_path):
    phone = open_page(360)
    code = register(portal, phone, "jayapura-2025-12", "nuraini@example.com", NAME)
    assert "Jayapura" in phone.inner_text("main")
    assert portal.wait_for_mail("Kamu terdaftar: Jayapura")

    # The evening before: 18:00 in Jayapura is 16:00 in Jakarta.
    portal.manage("rehearse", "2025-12-17 15:59+07:00")
    assert portal.mails_about("Besok mulai") == []
    walked = portal.manage("rehearse", "2025-12-17 16:00+07:00")
    # On a busy machine a stop may leave the sending to the next tick, and says so.
    portal.wait_for_mail("Besok mulai", said=walked)
    assert portal.mails_about("Besok mulai") == ["Besok mulai: 09.00–16.00 WIT di Jayapura"]
    portal.manage("rehearse", "2025-12-17 18:00+07:00")
    assert len(portal.mails_about("Besok mulai")) == 1

    papua = open_page(1280)
    portal.manage("rehearse", "2025-12-18 10:00+09:00")
    log_in_staff(portal, papua, "Koordinator Papua")
    papua.click("text=Catat kehadiran")
    grid = papua.url
    for number, mark in enumerate(["present", "late", "present"]):
        papua.goto(grid)
        papua.select_option(f'.grid tbody tr:has-text("{NAME}") td.cell:nth-of-type({number + 2}) select', mark)
        papua.wait_for_selector("#save-state[data-state=saved]")
        assert "Koordinator Papua" in papua.inner_text(f".grid td.cell:nth-of-type({number + 2}) .who")
        portal.manage("rehearse", "+1d")
    assert len(portal.mails_about("Hari ini hari ke-")) == 3

    bali = open_page(1280)
    log_in_staff(portal, bali, "Koordinator Bali")
    assert bali.goto(grid).status == 404
    assert NAME not in bali.content()

    ministry = open_page(1280)
    log_in_staff(portal, ministry, "Staf kementerian")
    ministry.goto(f"{portal.url}/staf/participants/attendanceexport/unduh/")
    with ministry.expect_download() as download:
        ministry.click("input[type=submit]")
    file = tmp_path / "kehadiran.xlsx"
    download.value.save_as(file)
    (row,) = as_csv(file, tmp_path)
    assert (row["Nama"], row["Kota"], row["Zona waktu"]) == (NAME, "Jayapura", "WIT")
    assert [row[f"Hari {day}"] for day in (1, 2, 3)] == ["Hadir", "Terlambat", "Hadir"]
    assert (row["Hari hadir"], row["Memenuhi syarat sertifikat"]) == ("3", "ya")

    written = portal.written().lower()
    personal = ["wonda", "nuraini", "example.com", "81234567890", "0812-3456-7890", "2004-05-17", code.lower()]
    assert [word for word in personal if word in written] == []
