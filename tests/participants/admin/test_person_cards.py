"""The card of a person above their registration: who it is, and how to reach them."""

from __future__ import annotations

import pytest
from django.test import Client

from participants.documents import tickets
from participants.models import AccessibilityRequest
from programs.models import TrainingSession
from tests.factories import DURING_REGISTRATION, MINOR_BORN, make_participant, make_registration
from tests.participants.admin.workplace import client, path, session, soup
from tests.staff import make_staff, sign_in

__all__ = ["client", "session"]

pytestmark = pytest.mark.django_db


def test_page_of_a_person_begins_with_who_it_is_and_how_to_reach_them(client: Client, session: TrainingSession) -> None:
    row = make_registration(session)
    ask = AccessibilityRequest(registration=row, need="Jalur kursi roda", asked_at=DURING_REGISTRATION)
    ask.save()
    address = f"/staf/participants/registration/{row.pk}/"

    page = soup(client, f"{address}change/")

    card = page.select_one(".person-card")
    assert card.h2.text == row.participant.full_name
    assert card.select_one(".sign").text == "Kursi pasti"
    told = {fact.dt.text: " ".join(fact.dd.text.split()) for fact in card.select("dl > div")}
    assert told["Kode tiket"] == tickets.short_code(row)
    assert told["Yang perlu disiapkan"] == "Jalur kursi roda Belum dijawab"
    assert [told[f"Hari {number}"] for number in (1, 2, 3)] == ["—"] * 3
    assert card.select_one("a[href^='tel:']")["href"] == f"tel:{row.participant.phone}"
    assert row.participant.user.email not in page.text  # coordinators may not have addresses
    way = f"/staf/programs/trainingsession/{session.pk}/change/"
    assert card.find("a", string="← Kembali ke sesi")["href"] == way
    for shown in (page, soup(client, path(row)), soup(client, f"{address}pindah/")):
        assert way in [link["href"] for link in shown.select(".breadcrumbs a")]
    editor = sign_in(Client(), make_staff("editor"))
    assert f"mailto:{row.participant.user.email}" in editor.get(f"{address}change/").content.decode()


def test_what_has_no_time_yet_is_a_dash(client: Client, session: TrainingSession) -> None:
    row = make_registration(session)

    page = soup(client, f"/staf/participants/registration/{row.pk}/change/")

    told = {row.label.text: row.select_one(".readonly").text.strip() for row in page.select(".form-row:has(.readonly)")}
    assert [told["Tawaran berlaku sampai"], told["Dilepas"]] == ["—", "—"]


def test_card_of_a_minor_before_the_guardians_yes_tells_nothing_more(client: Client, session: TrainingSession) -> None:
    person = make_participant(birth_date=MINOR_BORN, region=session.region)
    row = make_registration(session, participant=person, guardian="asked")
    page = soup(client, f"/staf/participants/registration/{row.pk}/change/")
    card = page.select_one(".person-card")
    assert card.select_one(".sign").text == "Kursi ditahan, menunggu wali"
    assert card.h2.text == row.name_for_staff
    assert not card.select("a[href^='tel:'], a[href^='mailto:']")
    assert not [fact for fact in card.select("dt") if fact.text == "Email"]
