"""Two people at one record: the second sees the difference, keeps what was typed, and silently overwrites nothing."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from programs.models import Partner, TrainingSession, Venue
from tests.factories import make_region, make_session
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def first():
    return sign_in(Client(), make_staff("editor", name="Pertama"))


@pytest.fixture
def second():
    return sign_in(Client(), make_staff("editor", name="Kedua"))


@pytest.fixture
def venue():
    return Venue.objects.create(region=make_region(), name="Gedung A", city="Kota", address="Jalan 1")


def page_of(row):
    return f"/staf/{row._meta.label_lower.replace('.', '/')}/{row.pk}/change/"


def form(answer):
    """What a browser would send of the page's form as it stands."""
    page = BeautifulSoup(answer.content, "html.parser").select_one("#content-main form")
    sent = {}
    for field in page.select("[name]"):
        if field.name == "select":
            chosen = field.select_one("option[selected]")
            sent[field["name"]] = chosen["value"] if chosen else ""
        elif field.name == "textarea":
            sent[field["name"]] = field.text.strip("\n")
        elif field.get("type") == "checkbox":
            if field.has_attr("checked"):
                sent[field["name"]] = "on"
        elif field.get("type") != "submit":
            sent[field["name"]] = field.get("value", "")
    return sent


def errors(answer):
    return " ".join(BeautifulSoup(answer.content, "html.parser").select_one(".errorlist.nonfield").text.split())


def test_second_save_is_refused_with_the_difference_and_nothing_is_lost(first, second, venue):
    page = page_of(venue)
    shown, also = form(first.get(page)), form(second.get(page))
    first.post(page, shown | {"name": "Gedung B", "address": "Jalan 2"})
    answer = second.post(page, also | {"name": "Gedung C"})

    assert answer.status_code == 200
    assert "Pertama mengubahnya sejak halaman ini kamu buka" in errors(answer)
    assert "Nama sekarang «Gedung B», ketikanmu «Gedung C»" in errors(answer)
    assert "Alamat sekarang «Jalan 2»" in errors(answer)
    venue.refresh_from_db()
    assert (venue.name, venue.address) == ("Gedung B", "Jalan 2")

    again = form(answer)
    assert (again["name"], again["address"]) == ("Gedung C", "Jalan 2")  # typed stays, untouched follows
    assert second.post(page, again).status_code == 302
    venue.refresh_from_db()
    assert (venue.name, venue.address) == ("Gedung C", "Jalan 2")


def test_control_without_what_was_shown_the_second_overwrites(first, second, venue):
    page = page_of(venue)
    shown, also = form(first.get(page)), form(second.get(page))
    first.post(page, shown | {"address": "Jalan 2"})
    second.post(page, also | {"name": "Gedung C", "loaded": ""})
    venue.refresh_from_db()
    assert venue.address == "Jalan 1"


def test_saving_one_after_the_other_meets_nothing(first, second, venue):
    page = page_of(venue)
    assert first.post(page, form(first.get(page)) | {"name": "Gedung B"}).status_code == 302
    assert second.post(page, form(second.get(page)) | {"name": "Gedung C"}).status_code == 302


@pytest.mark.parametrize("loaded", ["x", "a:b:c", "9" * 5000])
def test_what_was_shown_cannot_be_forged(loaded, first, venue):
    page = page_of(venue)
    assert first.post(page, form(first.get(page)) | {"loaded": loaded}).status_code == 302


def test_roles_of_an_account_are_compared_too():
    person = make_staff("ministry", name="Petugas")
    managers = [sign_in(Client(), make_staff("accounts", name=name)) for name in ("Satu", "Dua")]
    page = page_of(person)
    shown = [form(client.get(page)) for client in managers]
    managers[0].post(page, shown[0] | {"groups": []})
    answer = managers[1].post(page, shown[1] | {"groups": [g.pk for g in person.groups.all()], "name": "Lain"})

    assert "Peran sekarang «—»" in errors(answer)
    person.refresh_from_db()
    assert (person.name, person.groups.count()) == ("Petugas", 0)


def test_capacity_that_was_changed_meanwhile_is_shown_first(first, second):
    session = make_session(capacity=300)
    page = f"/staf/programs/trainingsession/{session.pk}/kapasitas/"
    shown, also = form(first.get(page)), form(second.get(page))
    first.post(page, shown | {"capacity": "320"})
    answer = second.post(page, also | {"capacity": "310"})

    assert "Kapasitas sekarang «320», ketikanmu «310»" in errors(answer)
    assert TrainingSession.objects.get(pk=session.pk).capacity == 320
    second.post(page, form(answer))
    assert TrainingSession.objects.get(pk=session.pk).capacity == 310


def test_adding_compares_nothing(first):
    page = "/staf/programs/partner/add/"
    assert first.post(page, form(first.get(page)) | {"name": "Mitra", "kind": "private"}).status_code == 302
    assert Partner.objects.get().name == "Mitra"
