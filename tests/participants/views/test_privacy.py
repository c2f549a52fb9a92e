"""What becomes of people's data, and where a person answers: on every page's foot, for everybody."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("path", "words"), [("/privasi/", "24 bulan"), ("/en/privasi/", "24 months")])
def test_everybody_reads_who_keeps_what_for_how_long(client, page, path, words):
    shown = page(client.get(path)).main

    assert words in shown.text
    assert shown.select_one("a[href^='mailto:tanya@example.go.id']")


@pytest.mark.parametrize("path", ["/", "/masuk/bantuan/"])
def test_pages_lead_to_it_and_to_a_person(client, page, path):
    shown = page(client.get(path))

    assert shown.select_one("footer a[href='/privasi/']")
    assert shown.select_one("footer a[href='mailto:tanya@example.go.id']")


def test_without_an_address_none_is_promised(client, page, settings):
    settings.CONTACT_EMAIL = ""

    assert not page(client.get("/privasi/")).main.select("a[href^='mailto:']")
