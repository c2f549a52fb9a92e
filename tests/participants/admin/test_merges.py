"""The pages on which staff find look-alikes, merge them and undo it."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from participants.models import Merge, Participant
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    make_participant,
    make_program,
    make_registration,
    make_session,
)
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
LIST = "/staf/participants/merge/mirip/"


@pytest.fixture
def session():
    return make_session()


@pytest.fixture
def client(session):
    return sign_in(Client(), make_staff("coordinator", session.region))


@pytest.fixture
def two(session):
    earlier = make_session(program=make_program(slug="lalu"), region=session.region, slug="lalu")
    kept = make_participant(full_name="Siti Nuraini", region=session.region)
    gone = make_participant(full_name="Siti Nur'aini", region=session.region, phone="+6281211112222")
    make_registration(session, participant=kept)
    make_registration(earlier, participant=gone)
    return kept, gone


def soup(answer):
    return BeautifulSoup(answer.content, "html.parser")


def page_of(kept, gone):
    return f"/staf/participants/merge/{kept.pk}/dan/{gone.pk}/"


def fields_of(page):
    form = page.select_one("form.stack-form[method=post]")
    return {
        field["name"]: field.get("value", "")
        for field in form.select("input[name]")
        if field.get("type") != "radio" or field.has_attr("checked")
    }


def test_lookalikes_lead_to_the_two_records_side_by_side(client, two):
    kept, gone = two
    (link,) = soup(client.get(LIST)).select(".wide-table td a")
    assert link["href"] == page_of(kept, gone)

    page = soup(client.get(link["href"]))

    assert [side.h2.text for side in page.select(".sides section")] == [
        "Tetap: Siti Nuraini",
        "Dilebur ke yang tetap: Siti Nur'aini",
    ]
    assert kept.user.email not in page.text  # masked
    assert {field["name"] for field in page.select("input[type=radio]")} == {"full_name", "phone"}


def test_a_person_leads_to_their_lookalikes_and_to_a_search(client, two):
    kept, gone = two
    assert LIST + f"{kept.pk}/" in client.get(f"/staf/participants/participant/{kept.pk}/change/").content.decode()
    far = make_participant(full_name="Joko", birth_date="2001-05-05", phone="+6281299998888")
    make_registration(make_session(program=make_program(slug="x"), region=kept.region, slug="x"), participant=far)
    page = client.get(f"{LIST}{kept.pk}/", {"q": "0812-9999"}).content.decode()
    assert page_of(kept, far) in page
    assert page_of(kept, gone) in page


def test_merge_and_undo_by_the_pages(client, two):
    kept, gone = two
    sent = fields_of(soup(client.get(page_of(kept, gone)))) | {"full_name": "gone"}
    done = client.post(page_of(kept, gone), sent, follow=True)
    assert "Kedua catatan dilebur" in done.content.decode()
    kept.refresh_from_db()
    assert (kept.full_name, kept.phone) == ("Siti Nur'aini", "+6281234567890")
    assert not soup(client.get(LIST)).select(".wide-table")

    merge = Merge.objects.get()
    assert soup(client.get(f"/staf/participants/merge/{merge.pk}/change/")).select_one("form[action$=kembalikan\\/]")
    back = client.post(f"/staf/participants/merge/{merge.pk}/kembalikan/", follow=True).content.decode()
    assert "dua catatan lagi" in back
    kept.refresh_from_db()
    assert kept.full_name == "Siti Nuraini"
    again = client.post(f"/staf/participants/merge/{merge.pk}/kembalikan/", follow=True).content.decode()
    assert "undo_is_over" in again


def test_what_changed_since_the_page_was_opened_is_shown_first(client, two):
    kept, gone = two
    sent = fields_of(soup(client.get(page_of(kept, gone)))) | {"full_name": "gone"}
    Participant.objects.filter(pk=gone.pk).update(full_name="Siti Nuraini Dewi")

    answer = client.post(page_of(kept, gone), sent)

    assert answer.status_code == 422
    assert "Datanya berubah" in answer.content.decode()
    assert soup(answer).select_one("input[name=full_name][value=gone]").has_attr("checked")
    assert client.post(page_of(kept, gone), fields_of(soup(answer))).status_code == 302


def test_both_registered_in_one_edition_is_said_before_and_refused(client, session):
    kept, gone = (make_registration(session).participant for _ in "12")
    page = client.get(page_of(kept, gone))
    assert "Keduanya punya pendaftaran yang berlaku" in soup(page).select_one(".errornote").text
    assert client.post(page_of(kept, gone), fields_of(soup(page))).status_code == 422
    assert not Merge.objects.exists()


def test_nobody_else_finds_or_merges_them(two, session):
    kept, gone = two
    merge = Merge.objects.create(
        kept=kept, gone=gone, region=session.region, by=make_staff("editor"), at=DURING_REGISTRATION
    )
    ministry = sign_in(Client(), make_staff("ministry"))
    other = sign_in(Client(), make_staff("coordinator", make_session(slug="lain", program=session.program).region))
    for who in (ministry, other):
        assert who.post(page_of(kept, gone)).status_code == 404
        assert who.post(f"/staf/participants/merge/{merge.pk}/kembalikan/").status_code == 404
    assert ministry.get(LIST).status_code == 404
    assert not soup(other.get(LIST)).select(".wide-table")


def test_a_minor_without_the_guardians_yes_is_in_no_list(client, session, two):
    kept, _gone = two
    child = make_participant(full_name="Siti Nuraini", birth_date=MINOR_BORN, region=session.region)
    make_registration(session, participant=child, guardian="asked")
    assert len(soup(client.get(LIST)).select(".wide-table td a")) == 1
    assert client.get(page_of(kept, child)).status_code == 404
