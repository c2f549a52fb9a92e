"""What the tests of exports begin with: a day, a session and whoever asks."""

from datetime import datetime

import pytest

from participants import tasks
from portal import roles
from tests.factories import (
    WIB,
    log_in_staff,
    make_coordinator,
    make_region,
    make_session,
)

PAGE = "/staf/participants/attendanceexport/unduh/"
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
