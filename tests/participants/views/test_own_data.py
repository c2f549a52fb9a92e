"""The file of everything that is held about oneself: nothing missing, nobody else's, and only after a fresh code."""

import json
import uuid
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import models
from django.test import Client

from participants.exports.own_data import data_map
from participants.models import (
    Draft,
    GuardianRequest,
    LoginCode,
    Notification,
    OpeningAlert,
    OptOut,
    Participant,
    Registration,
    TicketChange,
)
from portal import clock
from portal.accounts.models import RecoveryAddress, User
from portal.accounts.sessions import SessionStore
from tests.factories import DURING_REGISTRATION, make_login, make_session
from tests.rules.world import canaries_in, make_world

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION


@pytest.fixture
def world(db):
    return make_world()


def of(place):
    return place["participants.Participant"].user


def fill(user):
    """What the world has not: a row of every other table about `user`."""
    RecoveryAddress.objects.create(user=user, email=f"dua-{user.email}", proven_at=NOW)
    Draft.objects.create(user=user, session=make_session(), typed={"full_name": "Siti"}, saved_at=NOW)
    OptOut.objects.create(account=user, topic="region_open", chosen_at=NOW)
    OpeningAlert.objects.create(account=user, region=make_session().region, asked_at=NOW)
    registration = Registration.objects.get(participant__user=user)
    GuardianRequest.objects.create(registration=registration, email="ibu@example.com", asked_at=NOW, expires_at=NOW)
    TicketChange.objects.create(registration=registration, old=registration.public_id, new=uuid.uuid4(), at=NOW)
    code = LoginCode.objects.create(
        email=user.email, address_key=user.email.lower(), inbox_key=user.email, asked_at=NOW, expires_at=NOW
    )
    row = {"queue": "codes", "due_at": NOW, "created_at": NOW}
    Notification.objects.create(kind="login_code", login_code=code, **row)
    Notification.objects.create(kind="recovery_set", account=user, **row)


def download(client, user):
    client.force_login(user)
    return client.post("/saya/data/unduh/")


def tables(answer):
    return {name: table["rows"] for name, table in json.loads(answer.content)["tables"].items()}


def leads_to(row, user):
    """Whether a foreign key of the row, or one of a row it leads to within people's data, is the account."""
    for field in row._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and getattr(row, field.attname) is not None:
            if field.column in data_map()[row._meta.db_table].get("withheld", {}):
                continue
            if field.related_model is User and getattr(row, field.attname) == user.pk:
                return True
            if field.related_model._meta.app_label == "participants" and leads_to(getattr(row, field.name), user):
                return True
    return False


def test_holds_every_row_that_leads_to_the_person(client, world):
    user = of(world.a)
    fill(user)
    fill(of(world.b))

    rows = tables(download(client, user))

    for model in apps.get_app_config("participants").get_models():
        if not data_map()[model._meta.db_table].get("own"):
            continue
        expected = {row.pk for row in model._base_manager.all() if leads_to(row, user)}
        if model is LoginCode:
            expected = set(LoginCode.objects.filter(email=user.email).values_list("pk", flat=True))
        if model is Notification:
            expected |= set(Notification.objects.filter(login_code__email=user.email).values_list("pk", flat=True))
        assert expected, model
        assert {row["id"] for row in rows[model._meta.db_table]} == expected, model
    assert rows["accounts_user"][0]["email"] == user.email
    assert rows["accounts_recoveryaddress"][0]["email"] == f"dua-{user.email}"


def test_holds_nothing_of_anybody_else(client, world):
    fill(of(world.a))

    assert canaries_in(download(client, of(world.a)).content.decode()) == []


def test_says_each_column_and_why_it_is_kept(client, world):
    file = json.loads(download(client, of(world.a)).content)

    for name, table in file["tables"].items():
        columns = set(data_map()[name]["columns"])
        assert all(set(row) | set(table["withheld"]) == columns for row in table["rows"]), name
    registration = file["tables"]["participants_registration"]["rows"][0]
    assert registration["session_id"] == {
        "id": world.a["programs.TrainingSession"].pk,
        "name": str(world.a["programs.TrainingSession"]),
    }


def test_gives_a_minor_theirs_before_the_consent(client, world):
    child = world.a["child"].participant

    rows = tables(download(client, child.user))

    assert [row["full_name"] for row in rows["participants_participant"]] == [child.full_name]
    assert len(rows["participants_guardianrequest"]) == 1


def test_is_a_file_that_is_kept_nowhere(client, world):
    answer = download(client, of(world.a))

    assert answer["Content-Disposition"] == 'attachment; filename="data-saya.json"'
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "private, no-store"


def test_asks_for_a_fresh_code_after_an_hour(client, world):
    client.force_login(of(world.a))
    User.objects.filter(pk=of(world.a).pk).update(last_login=clock.machine_now() - timedelta(minutes=61))

    answer = client.post("/saya/data/unduh/")

    assert (answer.status_code, answer["Location"]) == (302, "/masuk/?next=/saya/")
    assert client.get("/saya/").status_code == 302


def test_asks_for_a_code_typed_here_however_lately_the_owner_typed_one_elsewhere(client, world):
    user, elsewhere = of(world.a), Client()
    client.cookies["session"] = entered_at(user, clock.machine_now() - timedelta(minutes=61))
    elsewhere.force_login(user)

    assert client.post("/saya/data/unduh/")["Location"] == "/masuk/?next=/saya/"
    assert elsewhere.post("/saya/data/unduh/").status_code == 200


def entered_at(user, instant):
    session = SessionStore(make_login(user))
    session["door"] = instant.timestamp()
    session.save()
    return session.session_key


def test_does_not_say_who_else_wanted_the_address(client, world):
    user, other = of(world.a), of(world.b)
    code = {"email": user.email, "address_key": user.email.lower(), "inbox_key": user.email}
    LoginCode.objects.create(purpose="recovery", account=other, asked_at=NOW, expires_at=NOW, **code)

    (row,) = tables(download(client, user))["participants_logincode"]

    assert (row["purpose"], "account_id" in row) == ("recovery", False)


def test_is_not_given_to_a_stranger_or_by_a_link(client, world):
    assert client.post("/saya/data/unduh/").status_code == 302
    client.force_login(of(world.a))
    assert client.get("/saya/data/unduh/").headers["Location"] == "/saya/"


def test_gives_whoever_never_registered_the_account(client, user):
    rows = tables(download(client, user))

    assert (rows["accounts_user"][0]["email"], rows["participants_participant"]) == (user.email, [])
    assert not Participant.objects.exists()


def test_back_from_the_door_one_comes_to_ones_own_page(world):
    client, user = Client(), of(world.a)
    sent_away = client.post("/saya/data/unduh/")
    assert sent_away.headers["Location"] == "/masuk/?next=/saya/data/unduh/"
    client.force_login(user)

    back = client.get("/saya/data/unduh/")

    assert (back.status_code, back.headers["Location"]) == (302, "/saya/")
