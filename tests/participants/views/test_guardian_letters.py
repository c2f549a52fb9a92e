"""Another letter to a guardian: to a corrected address, and no more of them than may be."""

from datetime import timedelta

import pytest

from participants.models import GuardianRequest
from participants.operations import guardian_requests, guardians
from tests.factories import as_reader
from tests.participants.views.registered import NOW, minor, session

__all__ = ["session"]

pytestmark = pytest.mark.django_db


class TestGuardianAgain:
    def test_sends_a_new_letter_to_a_corrected_address(self, session, page):
        registration = minor(session)
        client = as_reader(registration)

        answer = client.post("/saya/wali/", {"guardian_email": "Ayah@example.com"})

        assert answer["Location"] == "/saya/"
        requests = GuardianRequest.objects.order_by("pk")
        assert [(row.email, row.answer) for row in requests] == [
            ("ibu@example.com", "replaced"),
            ("Ayah@example.com", ""),
        ]
        assert "sedang dikirim" in page(client.get("/saya/")).select_one(".notice-good").text

    @pytest.mark.parametrize("typed", ["ibu", "", "ibu@localhost"])
    def test_keeps_what_cannot_be_an_address(self, session, page, typed):
        answer = as_reader(minor(session)).post("/saya/wali/", {"guardian_email": typed})

        form = page(answer)
        assert answer.status_code == 422
        assert form.select_one("#id_guardian_email").get("value", "") == typed
        assert form.select_one("#id_guardian_email_error")

    def test_keeps_the_address_when_the_login_has_ended(self, client, session, page):
        registration = minor(session)
        typed = {"guardian_email": "ayah@example.com", "pendaftaran": str(registration.public_id)}

        answer = client.post("/saya/wali/", typed, headers={"origin": "http://testserver"})

        form = page(answer).select_one("main form")
        kept = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
        assert (answer.status_code, kept.items() >= typed.items()) == (403, True)
        client.force_login(registration.participant.user)
        assert client.post(form["action"], kept)["Location"] == "/saya/"
        assert GuardianRequest.objects.filter(answer="").get().email == "ayah@example.com"

    def test_after_five_letters_leads_to_the_coordinator(self, session, page):
        registration = minor(session)
        GuardianRequest.objects.bulk_create(
            GuardianRequest(
                registration=registration,
                email="ibu@example.com",
                asked_at=NOW - timedelta(days=2),
                expires_at=NOW,
                answer="replaced",
                answered_at=NOW,
            )
            for _ in range(guardian_requests.MOST_REQUESTS - 1)
        )
        client = as_reader(registration)

        shown = page(client.post("/saya/wali/", {"guardian_email": "ibu@example.com"}))

        assert "Kode bantuan: too_many_guardian_requests" in shown.select_one("#id_guardian_email_error").text
        (link,) = shown.select("#wali a[href^='/keberatan/']")
        assert page(client.get(link["href"])).select_one("textarea")

    def test_answers_429_when_too_many_letters_were_written_and_keeps_the_address(self, session, page):
        client, cousin = as_reader(minor(session)), minor(session)
        for _ in range(guardian_requests.LETTERS_TO_AN_INBOX):
            GuardianRequest.objects.create(
                registration=cousin,
                email="paman@example.com",
                asked_at=NOW - timedelta(hours=1),
                expires_at=NOW,
                answer="replaced",
                answered_at=NOW,
            )

        answer = client.post("/saya/wali/", {"guardian_email": "paman@example.com"})

        assert (answer.status_code, answer["Retry-After"]) == (429, str(23 * 3600))
        assert page(answer).html["lang"] == "id"
        assert page(answer).select_one("#id_guardian_email")["value"] == "paman@example.com"
        assert "coba lagi besok" in page(answer).select_one("#id_guardian_email_error").text

    def test_leads_to_the_coordinator_when_no_further_letter_may_be_written(self, session, page):
        registration = minor(session)
        client = as_reader(registration)
        for _ in range(guardian_requests.MOST_REQUESTS - 1):
            guardians.ask_again(
                registration=registration, email="ibu@example.com", now=NOW - timedelta(days=2)
            )  # another day, so that the letters of a day are not what ends

        shown = page(client.post("/saya/wali/", {"guardian_email": "ibu@example.com"}))

        link = shown.select_one("#wali a[href^='/keberatan/']")["href"]
        assert "Surat kepada wali" in page(client.get(link)).main.text
        assert not page(client.get("/saya/")).select("#wali a[href^='/keberatan/']")

    def test_refuses_ones_own_address(self, session, page):
        registration = minor(session)

        answer = as_reader(registration).post("/saya/wali/", {"guardian_email": registration.participant.user.email})

        assert "sama dengan alamatmu" in page(answer).select_one("#id_guardian_email_error").text
