"""Both files as LibreOffice opens them in Indonesian: phones whole, dates as written, nothing computed."""

import os
import shutil
import subprocess
from datetime import datetime

import openpyxl
import pytest

from participants.exports import attendance as export
from participants.models import Registration
from participants.queries.person_days import Selection
from tests.factories import WIB, make_participant, make_registration, make_session
from tests.participants.exports.test_cells import FORMULAS

pytestmark = pytest.mark.django_db
INDONESIAN_CSV = "CSV:59,34,76,1,,1057,false,true"  # semicolon, quote, UTF-8, from line 1, Indonesian, numbers detected


def opened(file, folder, *options):
    """The first sheet after LibreOffice has opened `file` and saved it again."""
    office = shutil.which("soffice")
    if office is None:
        assert not os.environ.get("REQUIRE_OFFICE"), "REQUIRE_OFFICE is set and there is no LibreOffice"
        pytest.skip("no LibreOffice on this machine")
    profile, out = f"-env:UserInstallation=file://{folder}/office", folder / "saved"
    command = [office, profile, "--headless", *options, "--convert-to", "xlsx", "--outdir", out, file]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return openpyxl.load_workbook(out / f"{file.stem}.xlsx").worksheets[0]


@pytest.mark.parametrize("layout", ["people", "days"])
def test_open_whole_and_compute_nothing(tmp_path, layout):
    session = make_session()
    names = ["Siti Nur'aini", *(name.replace("\x00", "") for name in FORMULAS)]  # PostgreSQL takes no NUL
    for name in names:
        make_registration(session, participant=make_participant(full_name=name, region=session.region))
    now = datetime(2025, 12, 18, 10, tzinfo=WIB)
    request = export.Request(
        Selection(Registration.objects.all(), now),
        "uji",
        {},
        layout=layout,
        personal=frozenset({"phone", "birth_year"}),
        delimiter=";",
    )
    seen = {}
    for write, file, options in (
        (export.write_csv, tmp_path / "a.csv", [f"--infilter={INDONESIAN_CSV}"]),
        (export.write_xlsx, tmp_path / "b.xlsx", []),
    ):
        with file.open("w+b") as stream:
            write(request, stream)
        sheet = opened(file, tmp_path, *options)
        header = [cell.value for cell in sheet[1]]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {
            "s",
            "n",
            "d",
        }  # "f" would be a formula
        seen[file.suffix] = [
            dict(zip(header, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)
        ]

    assert len(seen[".csv"]) == len(seen[".xlsx"]) == len(names) * (3 if layout == "days" else 1)
    assert {row["Nomor ponsel"] for row in seen[".csv"]} == {"0812-3456-7890"}
    assert {row["Nomor ponsel"] for row in seen[".xlsx"]} == {"+6281234567890"}
    for rows in seen.values():
        assert rows[0]["Nama"] == "Siti Nur'aini"
        assert {row["Tahun lahir"] for row in rows} == {2004}
        if layout == "people":
            assert {row["Tanggal hari 1"] for row in rows} == {datetime(2025, 12, 16)}
            assert {row["Hari hadir"] for row in rows} == {0}
        else:
            assert {row["Tanggal"] for row in rows} == {datetime(2025, 12, day) for day in (16, 17, 18)}
