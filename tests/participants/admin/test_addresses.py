"""A login address replaced by staff, as they meet it in the workplace."""

import pytest
from bs4 import BeautifulSoup

from participants.models import AddressChange, Deed, Registration
from portal.roles import ACCOUNTS, COORDINATOR, EDITOR, MINISTRY
from tests.factories import (
    DURING_REGISTRATION,
    OPENS,
    log_in_staff,
    make_coordinator,
    make_region,
    make_registration,
    make_session,
    make_user,
)

pytestmark = pytest.mark.django_db
SENT = {"email": "baru@example.com", "reason": "Datang dengan kartu pelajar"}


@pytest.fixture
def registration():
    return make_registration(make_session())


def page_of(registration):
    return f"/staf/participants/registration/{registration.pk}/alamat/"


@pytest.mark.parametrize("role", [COORDINATOR, EDITOR])
def test_replaces_the_address_and_remembers_it(client, registration, role):
    staff = log_in_staff(client, make_coordinator(registration.region), role)
    person = registration.participant.user

    answer = client.post(page_of(registration), SENT)

    person.refresh_from_db()
    assert (answer.status_code, person.email) == (302, "baru@example.com")
    assert AddressChange.objects.get().changed_by == staff
    assert Deed.objects.about(registration).get().changed == {"email": None}


@pytest.mark.parametrize("role", [MINISTRY, ACCOUNTS])
def test_is_not_there_for_other_roles(client, registration, role):
    log_in_staff(client, make_coordinator(), role)

    assert client.post(page_of(registration), SENT).status_code == 404
    assert not AddressChange.objects.exists()


def test_is_not_there_in_another_region(client, registration):
    log_in_staff(client, make_coordinator(make_region()), COORDINATOR)

    assert client.post(page_of(registration), SENT).status_code == 404


def test_is_not_there_where_the_person_has_left_for_another_region(client, registration):
    elsewhere = make_session(program=registration.program)
    Registration.objects.filter(pk=registration.pk).update(
        place="released", release_reason="switched", released_at=DURING_REGISTRATION
    )
    now_there = make_registration(elsewhere, participant=registration.participant)
    log_in_staff(client, make_coordinator(registration.region), COORDINATOR)
    shown = client.get(page_of(registration).replace("/alamat/", "/change/"))

    assert client.post(page_of(registration), SENT).status_code == 404
    assert client.post(page_of(now_there), SENT).status_code == 404
    assert (shown.status_code, "/alamat/" in shown.content.decode()) == (200, False)
    assert not AddressChange.objects.exists()


def test_keeps_what_was_typed_when_the_address_is_taken(client, registration):
    make_user(email="baru@example.com")
    log_in_staff(client, make_coordinator(registration.region), COORDINATOR)

    answer = client.post(page_of(registration), SENT)

    form = BeautifulSoup(answer.content, "html.parser")
    assert answer.status_code == 422
    assert form.select_one("#id_reason")["value"] == SENT["reason"]
    assert "sudah dipakai akun lain" in form.text
    assert not AddressChange.objects.exists()


@pytest.mark.parametrize("missing", ["email", "reason"])
def test_needs_an_address_and_a_reason(client, registration, missing):
    log_in_staff(client, make_coordinator(registration.region), COORDINATOR)

    assert client.post(page_of(registration), SENT | {missing: ""}).status_code == 422
    assert not AddressChange.objects.exists()


def test_shows_no_address_in_full(client, registration):
    log_in_staff(client, make_coordinator(registration.region), COORDINATOR)
    old = registration.participant.user.email
    page = client.get(page_of(registration)).content.decode()
    client.post(page_of(registration), SENT)

    listed = client.get("/staf/participants/addresschange/").content.decode()
    assert old not in page
    assert "b***@example.com" in listed
    assert old not in listed
    assert "baru@example.com" not in listed


@pytest.mark.parametrize(
    ("role", "has_region", "is_listed"),
    [(MINISTRY, False, True), (COORDINATOR, True, True), (COORDINATOR, False, False)],
)
def test_lists_what_people_changed_alone(client, registration, role, has_region, is_listed):
    owner = registration.participant.user
    AddressChange.objects.create(
        registration=registration if has_region else None,
        region=registration.region if has_region else None,
        account=owner,
        changed_by=owner,
        old_email="a@example.com",
        new_email="b@example.com",
        changed_at=OPENS,
    )
    log_in_staff(client, make_coordinator(registration.region), role)

    listed = client.get("/staf/participants/addresschange/").content.decode()
    assert ("yang bersangkutan" in listed) == is_listed
