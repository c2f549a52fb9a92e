"""Another login address by oneself, as browsers without scripts meet it."""

import pytest
from django.test import Client

from participants.models import AddressChange, LoginCode, Notification
from participants.operations import login_codes
from portal.accounts.models import RecoveryAddress, User
from tests.factories import OPENS, make_coordinator, make_user

pytestmark = pytest.mark.django_db
PAGE = "/saya/alamat/ganti/"
NEW = "baru@example.com"


def send(reader, **fields):
    return reader.post(PAGE, fields)


def code():
    return login_codes.text(LoginCode.objects.latest("pk"))


def prove(reader):
    assert send(reader, do="own")["Location"] == PAGE
    assert send(reader, do="prove", code=code())["Location"] == PAGE


def step(reader, page):
    return page(reader.get(PAGE)).select_one(".eyebrow").text


def test_leads_in_three_steps_to_the_new_address_and_keeps_this_browser_in(reader, user, page):
    old = user.email
    other = Client()
    other.force_login(user)
    assert page(reader.get("/saya/alamat/")).select_one(f"a[href='{PAGE}']")

    steps = [step(reader, page)]
    prove(reader)
    steps.append(step(reader, page))
    assert send(reader, do="ask", email=NEW)["Location"] == PAGE
    steps.append(step(reader, page))
    assert page(reader.get(PAGE)).select_one("#id_email")["value"] == NEW  # to be sent again, or corrected
    before = reader.cookies["session"].value
    assert send(reader, do="change", code=code())["Location"] == "/saya/alamat/"

    assert steps == ["Langkah 1 dari 3", "Langkah 2 dari 3", "Langkah 3 dari 3"]
    shown = page(reader.get("/saya/alamat/"))
    assert "sudah diganti" in shown.select_one("[role=status]").text
    assert NEW in shown.text
    assert old not in shown.text
    assert reader.cookies["session"].value != before
    assert other.get("/saya/").status_code == 302
    assert step(reader, page) == "Langkah 1 dari 3"
    assert Notification.objects.get(kind="address_changed").account == user


def test_offers_the_recovery_address_that_is_settled(reader, user, page):
    recovery = RecoveryAddress.objects.create(user=user, email="cadangan@example.com", proven_at=OPENS)
    assert "cadangan@example.com" not in page(reader.get(PAGE)).select_one("main").text
    recovery.proven_at = OPENS.replace(month=11)
    recovery.save()

    assert "cadangan@example.com" in page(reader.get(PAGE)).select_one("main").text
    send(reader, do="recovery")
    assert LoginCode.objects.get().email == "cadangan@example.com"


def test_shows_the_same_page_for_a_known_and_an_unknown_address(reader, page):
    make_user(email="ada@example.com")
    prove(reader)

    pages = []
    for email in ("ada@example.com", "lah@example.com"):
        assert send(reader, do="ask", email=email)["Location"] == PAGE
        main = page(reader.get(PAGE)).select_one("main")
        for token in main.select("[name=csrfmiddlewaretoken]"):
            token.decompose()
        pages.append(str(main).replace(email, "…"))

    assert pages[0] == pages[1]


def test_refuses_an_address_that_is_taken_cleanly(reader, user, page):
    prove(reader)
    send(reader, do="ask", email=NEW)
    make_user(email=NEW)

    answer = send(reader, do="change", code=code())

    assert answer.status_code == 422
    assert "sudah dipakai akun lain" in page(answer).select_one("[role=alert]").text
    assert page(answer).select_one(".eyebrow").text == "Langkah 2 dari 3"
    user.refresh_from_db()
    assert user.email != NEW
    assert not AddressChange.objects.exists()
    assert User.objects.with_address(NEW).count() == 1


def test_asks_for_the_proof_before_the_address(reader, page):
    answer = send(reader, do="ask", email=NEW)

    assert answer.status_code == 422
    assert "Pastikan dulu" in page(answer).select_one("[role=alert]").text
    assert not LoginCode.objects.exists()


def test_takes_no_code_of_the_door(reader, user, page):
    reader.post(PAGE, {"do": "own"})
    asking = {"email": user.email, "language": "id", "browser": reader.cookies["door"].value}
    clocks = {name: LoginCode.objects.latest("pk").asked_at for name in ("machine_now", "now")}
    login = login_codes.ask(**asking, **clocks)

    answer = send(reader, do="prove", code=login_codes.text(login))

    assert answer.status_code == 422
    assert "2 kali lagi" in page(answer).text


@pytest.mark.parametrize("typed", ["siti", "", "siti@localhost"])
def test_keeps_what_is_no_address_beside_its_error(reader, page, typed):
    prove(reader)

    answer = send(reader, do="ask", email=typed)

    assert answer.status_code == 422
    assert page(answer).select_one("#id_email").get("value", "") == typed
    assert page(answer).select_one("#id_email_error")


def test_says_what_is_wrong_with_a_code(reader, page):
    prove(reader)
    send(reader, do="ask", email=NEW)

    wrong, empty = send(reader, do="change", code="BBBBBBBB"), send(reader, do="change", code="")

    assert (wrong.status_code, empty.status_code) == (422, 422)
    assert "2 kali lagi" in page(wrong).text
    assert page(empty).select_one("#id_code_error")


def test_answers_429_when_too_much_was_mailed_and_keeps_the_address(reader, page):
    prove(reader)
    for _ in range(3):
        send(reader, do="ask", email=NEW)

    answer = send(reader, do="ask", email=NEW)

    assert answer.status_code == 429
    assert 590 <= int(answer["Retry-After"]) <= 600
    assert page(answer).select_one("#id_email")["value"] == NEW


def test_keeps_what_was_typed_when_the_login_has_ended(client):
    answer = client.post(PAGE, {"do": "ask", "email": NEW}, headers={"Origin": "http://testserver"})

    assert answer.status_code == 403
    assert NEW in answer.content.decode()


def test_is_not_there_for_staff(client):
    client.force_login(make_coordinator())

    assert client.get(PAGE).status_code == 404
    assert client.post(PAGE, {"do": "own"}).status_code == 404
