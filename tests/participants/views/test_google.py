"""Sign-in with Google as a browser meets it, at a provider that speaks the real protocol over HTTP."""

import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from participants.models import LoginCode
from participants.operations import login_codes
from portal.accounts.models import RecoveryAddress, User
from portal.clock import machine_now
from portal.middleware import CONTENT_SECURITY_POLICY, LEADS_TO_GOOGLE
from tests.factories import DURING_REGISTRATION, make_coordinator, make_session, make_user
from tests.google import key, stand_in

EMAIL = "siti@example.com"
BACK = "/masuk/google/kembali/"

# One process of the run stands in for Google: all of them know the same address.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("stand-in")]


@pytest.fixture
def google():
    with stand_in(
        url=settings.GOOGLE_STAND_IN,
        client_id=settings.GOOGLE_CLIENT_ID,
        client_secret=settings.GOOGLE_CLIENT_SECRET,
        callback=f"{settings.BASE_URL}{BACK}",
    ) as provider:
        provider.be(EMAIL)
        yield provider


def begin(client, path="/masuk/google/", **fields):
    """Press the button; return Google's page."""
    led = client.post(path, fields)
    assert led.status_code == 302, led.content.decode()
    assert led["Location"].startswith(f"{settings.GOOGLE_STAND_IN}/authorize?")
    return BeautifulSoup(urlopen(led["Location"]).read(), "html.parser")


def way_back(page, answer="yes"):
    """The address to which Google sends the browser."""
    address = urlsplit(page.select_one(f"#{answer}")["href"])
    return f"{address.path}?{address.query}"


def sign_in(client, answer="yes", **fields):
    return client.get(way_back(begin(client, **fields), answer))


def logged_in(client):
    return client.session.get("_auth_user_id")


def refused(client, response, page, email=EMAIL):
    """The door to which `response` leads, with its notice; nobody is in."""
    assert response.status_code == 302
    assert logged_in(client) is None
    door = page(client.get(response["Location"]))
    assert door.html["lang"] == "id"
    assert door.select_one("#id_email").get("value", "") == email
    assert "Belum masuk" in door.select_one("[role=alert] h2").text
    return door.select_one("[role=alert]").text


class TestIn:
    def test_makes_an_account_for_a_new_address_as_the_door_does(self, client, google):
        assert sign_in(client)["Location"] == "/saya/"

        user = User.objects.get()
        assert (user.email, user.language, user.is_staff) == (EMAIL, "id", False)
        assert not user.has_usable_password()
        assert user.emailaddress_set.values_list("email", "verified", "primary").get() == (EMAIL, True, True)
        assert "door" in client.session
        assert client.get("/saya/").status_code == 200

    @pytest.mark.parametrize("spelling", [EMAIL, "Siti@Example.com"])
    def test_opens_the_account_that_has_the_address(self, client, google, spelling):
        user = make_user(email=spelling)

        sign_in(client)

        assert logged_in(client) == str(user.pk)
        assert User.objects.count() == 1

    def test_opens_the_account_whose_recovery_address_it_is(self, client, google):
        user = make_user(email="lain@example.com")
        RecoveryAddress.objects.create(user=user, email=EMAIL, proven_at=DURING_REGISTRATION)

        sign_in(client)

        assert logged_in(client) == str(user.pk)

    def test_leads_to_the_session_that_was_chosen(self, client, google, page):
        session = make_session()
        form = page(client.get(f"/daftar/{session.slug}/")).select_one("form.form")
        goal = form.select_one("input[name=next]")["value"]

        assert form.select_one("button[formaction]")["formaction"] == "/masuk/google/"
        assert sign_in(client, next=goal)["Location"] == goal == f"/daftar/{session.slug}/"

    def test_keeps_the_language(self, client, google):
        back = way_back(begin(client, "/en/masuk/google/"))

        assert back.startswith(BACK)
        assert client.get(back)["Location"] == "/en/saya/"
        assert User.objects.get().language == "en"

    def test_leads_nowhere_else(self, client, google):
        assert sign_in(client, next="//evil.example")["Location"] == "/saya/"

    def test_rotates_the_session_key_and_lasts_as_long_as_a_login_with_a_code(self, client, google):
        back = way_back(begin(client))
        before = client.cookies["session"].value

        answer = client.get(back)

        assert client.cookies["session"].value != before
        assert not Session.objects.filter(session_key=before).exists()
        assert answer.cookies["session"]["max-age"] == settings.SESSION_COOKIE_AGE
        kept = {name for name, _value in client.session.items() if "google" in name or "expiry" in name}
        assert kept == set()

    def test_offers_the_typed_address_at_google_and_asks_for_no_more_than_an_address(self, client, google):
        begin(client, email=EMAIL)

        (asked,) = google.asked
        assert asked["login_hint"] == EMAIL
        assert set(asked) == {
            *("client_id", "redirect_uri", "scope", "response_type", "state"),
            *("prompt", "login_hint", "code_challenge", "code_challenge_method"),
        }

    def test_takes_no_scope_or_parameter_from_the_address(self, client, google):
        begin(client, "/masuk/google/?scope=drive&auth_params=access_type%3Doffline&process=connect")

        assert set(google.asked[0]["scope"].split()) == {"openid", "email"}
        assert "access_type" not in google.asked[0]

    def test_reads_userinfo_when_no_id_token_comes(self, client, google):
        google.gives_id_token = False
        google.claims = {"id": "104", "email": EMAIL, "verified_email": True, "hd": "example.com"}

        sign_in(client)

        assert logged_in(client) == str(User.objects.get().pk)

    def test_keeps_nothing_of_google(self, client, google):
        from allauth.socialaccount.models import SocialAccount, SocialToken  # noqa: PLC0415 -- there with the keys only

        google.be(EMAIL, name="Siti Aminah", picture="https://lh3.example/a")
        sign_in(client)

        assert not SocialAccount.objects.exists()
        assert not SocialToken.objects.exists()
        assert "Siti Aminah" not in str(User.objects.values().get()) + str(dict(client.session))

    def test_takes_gmail_addresses_without_a_workspace(self, client, google):
        google.be("Siti@Gmail.com", hd=None)

        sign_in(client)

        assert User.objects.get().email == "Siti@gmail.com"

    def test_a_code_typed_after_all_lasts_as_long_as_ever(self, client, google):
        begin(client, email=EMAIL)
        client.post("/masuk/", {"email": EMAIL})

        answer = client.post("/masuk/kode/", {"code": login_codes.text(LoginCode.objects.get())})

        assert answer.cookies["session"]["max-age"] == settings.SESSION_COOKIE_AGE
        assert EMAIL not in str(dict(client.session))

    def test_gives_no_right_of_staff(self, client, google):
        make_coordinator(email=EMAIL)
        sign_in(client)

        assert client.get("/staf/", follow=True).redirect_chain[-1][0].startswith("/staf/akun/masuk/")
        assert logged_in(client) is None

    def test_leads_on_who_is_in(self, reader, user, google):
        assert reader.post("/masuk/google/", {"next": "/saya/data/"})["Location"] == "/saya/data/"
        assert reader.get(f"{BACK}?state=old&code=old")["Location"] == "/saya/"
        assert logged_in(reader) == str(user.pk)

    def test_two_tabs_lead_each_to_its_own_goal(self, client, google):
        first = way_back(begin(client, next="/saya/data/"))
        begin(client, next="/saya/alamat/")

        assert client.get(first)["Location"] == "/saya/data/"


class TestRefusals:
    def test_cancelled_at_google(self, client, google, page):
        answer = sign_in(client, "no", email=EMAIL, next="/saya/data/")

        assert answer["Location"] == "/masuk/?next=%2Fsaya%2Fdata%2F"
        said = refused(client, answer, page)
        assert "Kamu belum masuk lewat Google. Tekan lagi tombol Google, atau tulis alamat emailmu" in said

    def test_is_said_once(self, client, google, page):
        refused(client, sign_in(client, "no", email=EMAIL), page)

        assert page(client.get("/masuk/")).select_one("[role=alert]") is None

    @pytest.mark.parametrize("verified", [False, None, "false", "true", 0])
    def test_address_that_google_has_not_proven(self, client, google, page, verified):
        make_user(email=EMAIL)
        google.be(EMAIL, email_verified=verified)

        assert "Google belum memastikan" in refused(client, sign_in(client), page)

    @pytest.mark.parametrize("elsewhere", ["siti@yahoo.com", "siti@notgmail.com", "siti@gmail.com.example.com"])
    def test_address_whose_mailbox_google_does_not_keep(self, client, google, page, elsewhere):
        make_user(email=elsewhere)
        google.be(elsewhere, hd=None)

        assert "kami kirim kode untuk memastikannya" in refused(client, sign_in(client), page, email=elsewhere)

    @pytest.mark.parametrize("address", ["", "siti@localhost", "sıti@example.com"])
    def test_address_that_is_none(self, client, google, page, address):
        google.be(address)

        said = refused(client, sign_in(client, email=EMAIL), page)
        assert "Google belum memastikan" in said
        assert not User.objects.exists()

    def test_disabled_account(self, client, google, page):
        make_user(email=EMAIL)
        User.objects.update(is_active=False)

        assert "dinonaktifkan" in refused(client, sign_in(client), page)

    @pytest.mark.parametrize(
        "answer",
        [(500, b"oops"), (503, b"{}"), (400, b'{"error": "invalid_client"}'), (200, b"{}"), (200, b"[]"), (200, b'{"')],
    )
    def test_provider_that_does_not_answer_well(self, client, google, page, answer):
        google.token_answer = answer

        assert "tidak bisa kami hubungi" in refused(client, sign_in(client, email=EMAIL), page)

    def test_provider_that_is_down(self, client, google, page, monkeypatch):
        back = way_back(begin(client, email=EMAIL))
        monkeypatch.setattr("portal.accounts.google._Messenger.access_token_url", "http://127.0.0.1:9/token")

        assert "tidak bisa kami hubungi" in refused(client, client.get(back), page)

    def test_provider_that_names_an_error(self, client, google, page):
        state = google_state(begin(client, email=EMAIL))

        answer = client.get(BACK, {"state": state, "error": "temporarily_unavailable"})
        assert "tidak bisa kami hubungi" in refused(client, answer, page)

    @pytest.mark.parametrize("claims", [{"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}, {"sub": None}])
    def test_id_token_that_is_not_for_us(self, client, google, page, claims):
        google.be(EMAIL, **claims)

        assert "tidak bisa kami hubungi" in refused(client, sign_in(client, email=EMAIL), page)

    def test_id_token_that_google_has_not_signed(self, client, google, page):
        google.signs_with = key("forged")

        assert "tidak bisa kami hubungi" in refused(client, sign_in(client, email=EMAIL), page)

    def test_state_of_another_browser(self, client, google, page):
        back = way_back(begin(Client(), email="jahat@example.com"))

        assert "peramban lain" in refused(client, client.get(back), page, email="")

    def test_state_that_fits_nothing_keeps_what_was_typed_and_where_to(self, client, google, page):
        begin(client, email=EMAIL, next="/saya/data/")

        answer = client.get(BACK, {"state": "x" * 16, "code": "c"})
        assert answer["Location"] == "/masuk/?next=%2Fsaya%2Fdata%2F"
        assert "kedaluwarsa" in refused(client, answer, page)

    def test_state_that_is_too_old(self, client, google, page, monkeypatch):
        back, real = way_back(begin(client, email=EMAIL)), time.time
        monkeypatch.setattr("allauth.socialaccount.internal.statekit.time.time", lambda: real() + 601)

        assert "kedaluwarsa" in refused(client, client.get(back), page)

    def test_answer_that_counted_before(self, client, google, page):
        back = way_back(begin(client))
        client.get(back)
        client.post("/keluar/")

        assert "kedaluwarsa" in refused(client, client.get(back), page, email="")

    def test_code_of_another_question(self, client, google, page):
        """A stranger's code put into one's own answer: the verifier does not fit (PKCE)."""
        own, strange = begin(client, email=EMAIL), begin(Client())
        code = parse_qs(urlsplit(way_back(strange)).query)["code"][0]

        answer = client.get(BACK, {"state": google_state(own), "code": code})
        assert "tidak bisa kami hubungi" in refused(client, answer, page)

    def test_no_answer_at_all(self, client, page):
        assert "kedaluwarsa" in refused(client, client.get(BACK), page, email="")

    def test_leaves_a_row_of_an_hour_behind(self, client):
        client.get(BACK)

        assert Session.objects.get().expire_date - machine_now() < timedelta(minutes=61)


def google_state(page):
    return parse_qs(urlsplit(way_back(page)).query)["state"][0]


class TestPages:
    def test_is_never_begun_by_a_link(self, client):
        assert client.get("/masuk/google/").status_code == 405

    def test_wants_the_token_and_offers_to_send_again(self, page):
        strict = Client(enforce_csrf_checks=True)

        answer = strict.post("/masuk/google/", {"email": EMAIL}, headers={"Origin": "http://testserver"})

        assert answer.status_code == 403
        assert page(answer).select_one("main form")["action"] == "/masuk/google/"
        assert answer["Content-Security-Policy"] == LEADS_TO_GOOGLE

    def test_only_pages_with_the_button_may_lead_to_google(self, client):
        slug = make_session().slug
        policies = {
            path: client.get(path)["Content-Security-Policy"]
            for path in ["/masuk/", f"/daftar/{slug}/", "/", f"/sesi/{slug}/", "/masuk/bantuan/", "/staf/akun/masuk/"]
        }

        leading = {path for path, policy in policies.items() if policy == LEADS_TO_GOOGLE}
        assert leading == {"/masuk/", f"/daftar/{slug}/"}
        assert {policy for path, policy in policies.items() if path not in leading} == {CONTENT_SECURITY_POLICY}
        assert f"form-action 'self' {settings.GOOGLE_STAND_IN};" in LEADS_TO_GOOGLE

    def test_needs_no_script(self, client, page):
        assert "script" not in str(page(client.get("/masuk/")).select_one("form.form"))

    @pytest.mark.parametrize(
        "path",
        ["/accounts/google/login/", "/google/login/", "/masuk/google/login/token/", "/3rdparty/", "/social/signup/"],
    )
    def test_no_page_of_allauth_is_reachable(self, client, path):
        assert client.get(path).status_code == client.post(path).status_code == 404
