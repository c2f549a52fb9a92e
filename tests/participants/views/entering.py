"""Coming in by the door: an address, the code that was mailed, and a machine clock that the test moves."""

from datetime import UTC, datetime

import pytest

from participants.models import LoginCode
from participants.operations import login_codes

EMAIL = "siti@example.com"
MACHINE = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def machine_time(monkeypatch):
    """A machine clock that the test moves."""
    clock = {"now": MACHINE}
    monkeypatch.setattr("portal.clock.machine_now", lambda: clock["now"])
    return clock


def ask(client, email=EMAIL, **fields):
    return client.post("/masuk/", {"email": email, **fields})


def newest_code():
    return login_codes.text(LoginCode.objects.latest("pk"))


def type_code(client, code=None, **fields):
    return client.post("/masuk/kode/", {"code": code or newest_code(), **fields})
