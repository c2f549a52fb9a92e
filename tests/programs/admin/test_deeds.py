"""What the workplace's plain forms note: who changed which field from what to what, and where they sat."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.test import Client

from participants.models import Deed
from participants.operations import deeds
from portal.roles import MINISTRY
from programs.models import Coordination, Partner
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    make_participant,
    make_region,
    make_registration,
    make_session,
)
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db


def noted():
    return [(deed.what, deed.table, deed.changed) for deed in Deed.objects.order_by("pk")]


def test_adding_and_changing_a_row_notes_what_stood_there_before_and_after():
    client = sign_in(Client(), make_staff("editor", name="Pengelola"))
    client.post("/staf/programs/partner/add/", {"name": "Mitra", "kind": "private"})
    partner = Partner.objects.get()
    client.post(f"/staf/programs/partner/{partner.pk}/change/", {"name": "Mitra Baru", "kind": "private"})

    added, changed = noted()

    assert added == ("added", "programs.partner", {"name": ["", "Mitra"], "kind": ["", "private"]})
    assert changed == ("changed", "programs.partner", {"name": ["Mitra", "Mitra Baru"]})
    assert {deed.network for deed in Deed.objects.all()} == {"127.0.0.0/24"}
    assert not LogEntry.objects.exists()
    page = client.get(f"/staf/programs/partner/{partner.pk}/history/")
    cells = [cell.text for cell in BeautifulSoup(page.content, "html.parser").select(".deeds .whole")]
    assert cells == ["Diubahnama: Mitra → Mitra Baru", "Ditambahkanjenis: — → Perusahaan swastanama: — → Mitra"]


def test_removing_a_coordinator_notes_whose_region_it_was():
    region = make_region(name="Papua")
    staff = make_staff("coordinator", region, name="Yohana")
    coordination = Coordination.objects.get(user=staff)
    client = sign_in(Client(), make_staff("accounts"))
    client.post(f"/staf/programs/coordination/{coordination.pk}/delete/", {"post": "yes"})

    assert noted() == [("removed", "programs.coordination", {"user": ["Yohana", ""], "region": ["Papua", ""]})]
    assert Deed.objects.get().region == region


def test_of_an_account_only_the_role_is_told_never_address_or_name():
    client = sign_in(Client(), make_staff("accounts"))
    client.post("/staf/accounts/user/add/", {"email": "baru@example.go.id", "name": "Petugas", "role": MINISTRY})

    assert noted() == [("invited", "accounts.user", {"groups": ["", MINISTRY]})]


def test_coordinator_reads_deeds_of_the_own_region_alone():
    mine, other = make_region(), make_region(name="Kanari")
    client = sign_in(Client(), make_staff("coordinator", mine))
    theirs = Deed.objects.create(
        by=make_staff("editor"), at="2025-12-02T02:00Z", what="resized", table="x", row="1", region=other
    )

    assert "Kanari" not in client.get("/staf/participants/deed/").content.decode()
    assert client.get(f"/staf/participants/deed/{theirs.pk}/change/").status_code == 404


def test_each_row_names_whom_it_concerned_as_staff_may_name_them():
    session = make_session()
    adult = make_registration(session)
    minor = make_registration(session, participant=make_participant(birth_date=MINOR_BORN), guardian="asked")
    by = make_staff("editor")
    for row in (adult, minor):
        deeds.note(Deed.What.GROUPED, about=row, by=by, now=DURING_REGISTRATION, changed={"group_number": (None, 3)})
    client = sign_in(Client(), make_staff("coordinator", session.region))

    page = BeautifulSoup(client.get("/staf/participants/deed/").content, "html.parser")

    assert page.h1.text == "Riwayat petugas"
    assert [cell.text for cell in page.select("#result_list .field-whom")] == [
        minor.name_for_staff,
        adult.name_for_staff,
    ]
