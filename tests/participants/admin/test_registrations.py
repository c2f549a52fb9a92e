"""Cancelling for somebody: asked first, told to the person, and the seat goes on; and what the list shows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from participants.models import Consent, Deed, GuardianRequest, Note, Notification, Registration
from participants.operations import deeds, guardians, notifications
from programs.models import TrainingSession
from programs.templatetags.session_time import moment
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    make_participant,
    make_region,
    make_registration,
    make_session,
    register,
)
from tests.participants.admin.workplace import client, path, session, soup
from tests.participants.operations.sending import opt_in
from tests.staff import make_staff, sign_in

__all__ = ["client", "session"]

pytestmark = pytest.mark.django_db
WHY = {"why": "Minta sendiri lewat telepon"}


def test_cancelling_asks_first_and_then_gives_the_seat_on(client: Client, session: TrainingSession) -> None:
    row = make_registration(session)
    head = make_registration(session, place="queued", queue_number=1)
    page = client.get(path(row)).content.decode()
    assert "Siti Nur&#x27;aini" in page
    assert Registration.objects.get(pk=row.pk).place == "seat"
    assert client.post(path(row), WHY).status_code == 302
    row.refresh_from_db()
    assert (row.place, row.release_reason) == ("released", "cancelled_by_staff")
    assert Registration.objects.get(pk=head.pk).place == "seat"
    kinds = Notification.objects.values_list("kind", "registration").order_by("kind")
    assert list(kinds) == [("cancelled", row.pk), ("promoted", head.pk)]
    assert {deed.by.name for deed in Deed.objects.about(row)} == {"Koordinator"}
    assert Note.objects.get(registration=row).text == "Minta sendiri lewat telepon"


def test_cancelling_twice_says_that_it_was_done(client: Client, session: TrainingSession) -> None:
    row = make_registration(session)
    client.post(path(row), WHY)
    page = client.post(path(row), WHY, follow=True)
    assert "Pendaftaran ini sudah tidak berlaku" in page.content.decode()
    assert Notification.objects.filter(kind="cancelled").count() == 1
    assert Deed.objects.filter(what="cancelled").count() == 1


def test_history_names_no_person(client: Client, session: TrainingSession) -> None:
    """The log outlives the person: it names rows by numbers that say nothing."""
    row = make_registration(session)
    client.post(path(row), WHY)
    deed = Deed.objects.get(what="cancelled")
    assert (deed.table, deed.row, deed.changed) == ("participants.registration", str(row.pk), {})


@pytest.mark.parametrize("role", ["ministry", "accounts"])
def test_whoever_only_looks_cannot_cancel(role: str, session: TrainingSession) -> None:
    row = make_registration(session)
    client = sign_in(Client(), make_staff(role))
    assert client.get(path(row)).status_code == 404
    assert client.post(path(row), WHY).status_code == 404
    assert Registration.objects.get(pk=row.pk).place == "seat"


def test_registration_in_another_region_cannot_be_cancelled(client: Client) -> None:
    row = make_registration(make_session(first_day=date(2100, 12, 14)))
    assert client.post(path(row), WHY).status_code == 404
    assert Registration.objects.get(pk=row.pk).place == "seat"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Siti Nur'aini", "S*** N***"), ("Dewi", "D***"), ("R. A. Kartini", "R*** A*** K***")],
)
def test_waiting_minor_is_masked_word_by_word(name: str, shown: str, client: Client, session: TrainingSession) -> None:
    child = make_participant(region=session.region, birth_date=date(2009, 3, 2), full_name=name)
    make_registration(session, participant=child, guardian="asked")
    page = client.get("/staf/participants/registration/").content.decode()
    assert f">{shown}</a>" in page
    assert f">{name}</a>" not in page


def test_list_is_searched_by_name_and_by_number(client: Client, session: TrainingSession) -> None:
    person = make_participant(region=make_region(), full_name="Theys Eluay", phone="+628110001234")
    make_registration(session, participant=person)
    for word in ("eluay", "%2B628110001234", "0811-0001-234", "08110001"):
        page = client.get(f"/staf/participants/registration/?q={word}").content.decode()
        assert "Theys Eluay" in page


@pytest.mark.parametrize(
    ("what", "changed", "said"),
    [
        ("cancelled", {}, "Dibatalkan"),
        ("corrected", {"full_name": None, "guardian_email": None}, "Dibetulkannama lengkapalamat wali"),
        ("resized", {"capacity": (300, 280)}, "Kapasitas diubahcapacity: 300 → 280"),
        ("changed", {"something": ("<b>", "")}, "Diubahsomething: <b> → —"),
    ],
)
def test_history_says_in_words_what_was_done(
    what: str, changed: dict, said: str, client: Client, session: TrainingSession
) -> None:
    row = make_registration(session)
    by = make_staff("coordinator", session.region)
    deeds.note(Deed.What(what), about=row, by=by, now=DURING_REGISTRATION, changed=changed)
    page = client.get(f"/staf/participants/registration/{row.pk}/history/")
    (cell,) = BeautifulSoup(page.content, "html.parser").select(".deeds .whole")
    assert cell.text == said


def test_whom_no_channel_reaches_is_listed_with_the_number_to_call(client: Client, session: TrainingSession) -> None:
    lost, reached = register(session), make_registration(session, place="queued", queue_number=7)
    lost.notifications.update(state="failed", settled_at=lost.registered_at)

    page = BeautifulSoup(client.get("/staf/participants/registration/?surat=ditolak").content, "html.parser")

    assert [link["href"] for link in page.select("#result_list a[href^='tel:']")] == ["tel:+6281234567890"]
    assert len(page.select("#result_list tbody tr")) == 1
    everybody = BeautifulSoup(client.get("/staf/participants/registration/").content, "html.parser")
    assert len(everybody.select("#result_list tbody tr")) == 2
    assert not everybody.select("#result_list a[href^='tel:']")
    assert reached.is_live


def test_whom_whatsapp_does_not_reach_is_listed_and_told_on_the_card(client: Client, session: TrainingSession) -> None:
    row = register(session)
    opt_in(row)
    page, card = "/staf/participants/registration/?surat=tanpa-wa", f"/staf/participants/registration/{row.pk}/change/"

    def shown(address: str) -> BeautifulSoup:
        return BeautifulSoup(client.get(address).content, "html.parser")

    assert not shown(page).select("#result_list tbody tr")
    assert "WhatsApp" not in shown(card).select_one(".person-card").text
    Consent.objects.filter(purpose="whatsapp").update(unreached_at=row.registered_at)

    assert [link["href"] for link in shown(page).select("#result_list a[href^='tel:']")] == ["tel:+6281234567890"]
    assert "Tidak sampai lewat WhatsApp sejak" in shown(card).select_one(".person-card").text


def test_every_time_is_told_in_the_regions_own_zone() -> None:
    """The list and the page of each table that has one, for whoever sees all regions."""
    region = make_region(name="Papua", city="Jayapura", time_zone="Asia/Jayapura")
    session = make_session(region=region, first_day=date(2100, 12, 14))
    person = make_participant(birth_date=MINOR_BORN, region=region)
    row = make_registration(session, participant=person, guardian="asked", registered_at=DURING_REGISTRATION)
    asked = GuardianRequest.objects.create(
        registration=row, email="wali@example.com", asked_at=DURING_REGISTRATION, expires_at=DURING_REGISTRATION
    )
    message = notifications.promise(Notification.Kind.REGISTERED, subject=row, now=DURING_REGISTRATION)
    message = message or Notification.objects.get()
    when = moment(DURING_REGISTRATION, region)
    editor = sign_in(Client(), make_staff("editor"))

    assert when.endswith(" WIT")
    for table, found in (("registration", row), ("guardianrequest", asked), ("notification", message)):
        listed = soup(editor, f"/staf/participants/{table}/")
        assert when in listed.select_one("#result_list").text
        assert " WIB" not in listed.select_one("#result_list").text
        assert when in soup(editor, f"/staf/participants/{table}/{found.pk}/change/").select_one("fieldset").text


def test_an_empty_list_says_what_will_appear_in_it(client: Client) -> None:
    assert "begitu dijanjikan" in soup(client, "/staf/participants/notification/").select_one(".said").text


def test_what_is_not_there_leads_staff_back_to_their_workplace(client: Client, session: TrainingSession) -> None:
    lost = client.get("/staf/programs/trainingsession/999999/change/")
    assert lost.status_code == 404
    ways = [link["href"] for link in BeautifulSoup(lost.content, "html.parser").select("main a.button")]
    assert ways == ["/staf/"]


def test_whoever_is_to_call_the_child_reads_that_the_letter_to_the_guardian_went_astray(
    client: Client, session: TrainingSession
) -> None:
    row, day = make_registration(session, guardian="asked"), timedelta(days=1)
    question = GuardianRequest.objects.create(
        registration=row, email="ibu@x.id", asked_at=DURING_REGISTRATION, expires_at=DURING_REGISTRATION + day
    )
    page = f"/staf/participants/registration/{row.pk}/change/"
    assert soup(client, page).select_one("#salah-alamat") is None

    guardians.say_misdirected(request=question, now=DURING_REGISTRATION)

    astray = soup(client, page).select_one("#salah-alamat")
    assert astray is not None
    assert "sampai ke orang lain" in astray.text
    assert "ibu@x.id" not in astray.text
