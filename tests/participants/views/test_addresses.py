"""One's own addresses as a browser meets them."""

import pytest
from django.test import Client

from participants.models import LoginCode
from participants.operations import login_codes, switched_off
from portal.accounts.models import RecoveryAddress
from tests.factories import make_coordinator

pytestmark = pytest.mark.django_db
SECOND = "cadangan@example.com"


def send(reader, **fields):
    return reader.post("/saya/alamat/", fields)


def code():
    return login_codes.text(LoginCode.objects.latest("pk"))


def test_leads_from_a_second_address_to_its_code_and_back(reader, user, page):
    assert send(reader, do="ask", email=SECOND)["Location"] == "/saya/alamat/"
    assert SECOND in page(reader.get("/saya/alamat/")).text
    assert send(reader, do="prove", code=code())["Location"] == "/saya/alamat/"

    assert RecoveryAddress.objects.get().user == user
    shown = page(reader.get("/saya/alamat/"))
    assert "sudah terpasang" in shown.text
    assert send(reader, do="remove")["Location"] == "/saya/alamat/"
    assert not RecoveryAddress.objects.exists()


@pytest.mark.parametrize("typed", ["siti", "", "siti@localhost"])
def test_keeps_what_is_no_address_beside_its_error(reader, page, typed):
    answer = send(reader, do="ask", email=typed)

    assert answer.status_code == 422
    assert page(answer).select_one("#id_email").get("value", "") == typed
    assert page(answer).select_one("#id_email_error")


def test_says_what_is_wrong_with_a_code(reader, page):
    send(reader, do="ask", email=SECOND)

    answer = send(reader, do="prove", code="BBBBBBBB")

    assert answer.status_code == 422
    assert "2 kali lagi" in page(answer).text


def test_answers_429_when_too_much_was_mailed_and_keeps_the_address(reader, page):
    for _ in range(3):
        send(reader, do="ask", email=SECOND)

    answer = send(reader, do="ask", email=SECOND)

    assert answer.status_code == 429
    assert 590 <= int(answer["Retry-After"]) <= 600
    assert page(answer).html["lang"] == "id"
    assert page(answer).select_one("#id_email")["value"] == SECOND


def test_keeps_what_was_typed_when_the_login_has_ended(client):
    answer = client.post("/saya/alamat/", {"do": "ask", "email": SECOND}, headers={"Origin": "http://testserver"})

    assert answer.status_code == 403
    assert SECOND in answer.content.decode()


def test_tells_who_removes_one_of_an_account_switched_off_at_that_moment(reader, user, page, monkeypatch):
    send(reader, do="ask", email=SECOND)
    send(reader, do="prove", code=code())

    def went(is_on):
        raise switched_off.AccountSwitchedOff

    monkeypatch.setattr(switched_off, "check", went)

    answer = send(reader, do="remove")

    assert "sudah dimatikan" in page(reader.get(answer["Location"])).select_one("main").parent.text
    assert RecoveryAddress.objects.exists()


def test_is_not_there_for_staff(client):
    client.force_login(make_coordinator())

    assert client.get("/saya/alamat/").status_code == 404


def test_is_linked_from_ones_own_data(reader, user, page):
    from tests.factories import make_participant  # noqa: PLC0415 -- only here

    make_participant(user=user)
    assert page(reader.get("/saya/data/")).select_one("a[href='/saya/alamat/']")


def test_opens_the_door_with_the_recovery_address(reader, user):
    send(reader, do="ask", email=SECOND)
    send(reader, do="prove", code=code())
    phone = Client()
    phone.post("/masuk/", {"email": SECOND})
    phone.post("/masuk/kode/", {"code": code()})

    assert phone.session["_auth_user_id"] == str(user.pk)
    assert "staff" not in str(dict(phone.session))
