"""Three hundred at the door of one school: a person passes without doing anything, with scripts and without."""

import time

import pytest

from tests.journeys.steps import mail_to

pytestmark = [pytest.mark.xdist_group("journey")]

GATHER = """
from datetime import timedelta
from django.conf import settings
from participants import tokens
from participants.models import LoginCode
from portal import clock
now = clock.machine_now()
LoginCode.objects.bulk_create(
    LoginCode(email=f"k{n}@example.com", address_key=f"k{n}", inbox_key=f"k{n}", browser_hash="ramai", asked_at=now,
              expires_at=now, network_hash=tokens.network_hash("127.0.0.1"))
    for n in range(settings.CROWD_ASKS)
)
"""
DISPERSE = 'from participants.models import LoginCode; LoginCode.objects.filter(browser_hash="ramai").delete()'


@pytest.fixture
def crowd(portal):
    portal.manage("shell", "-c", GATHER)
    yield
    portal.manage("shell", "-c", DISPERSE)


def test_person_passes_by_waiting_a_moment(portal, open_page, crowd):
    page = open_page()
    page.goto(f"{portal.url}/masuk/")
    page.fill("[name=email]", "ramai@example.com")

    began = time.monotonic()
    page.click("main button")
    page.wait_for_url("**/masuk/kode/", timeout=90_000)

    assert mail_to(portal, "ramai@example.com", "adalah kode masukmu")
    print(f"passed in {time.monotonic() - began:.1f} s")  # noqa: T201 -- shown when it fails


def test_person_without_scripts_waits_for_a_turn(portal, open_page, crowd):
    page = open_page(java_script_enabled=False)
    page.goto(f"{portal.url}/masuk/")
    page.fill("[name=email]", "sabar@example.com")
    page.click("main button")
    page.click("text=Ambil giliran >> nth=-1")
    seconds = int("".join(filter(str.isdigit, page.inner_text("[role=status]"))))
    time.sleep(seconds)
    page.click("main button")

    page.wait_for_url("**/masuk/kode/")
