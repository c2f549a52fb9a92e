"""A list that stopped half way, and one that is taken back: what the page says, and in whose language."""

import pytest
from django.test import Client

from participants.models import Approval, Registration, RegistrationImport
from participants.operations import approvals, walk_ins
from tests.participants.admin.importing import client, line, look, session, soup, work
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
__all__ = ["client", "session"]


def test_what_stopped_half_way_says_so_and_is_taken_back(client, session, monkeypatch):
    page, _looked = look(client, session, line("Ani", "ani@example.com"), line("Budi", "budi@example.com"))
    add = walk_ins.add

    def fails(*, email, **options):
        return add(email=email, **options) if email == "ani@example.com" else 1 / 0

    monkeypatch.setattr(walk_ins, "add", fails)
    stopped = client.post(f"{page}/tulis/", follow=True)
    assert "Baru terdaftar: 1 orang" in stopped.content.decode()
    assert soup(stopped).select_one("form[action$='batalkan/']")
    client.post(f"{page}/batalkan/")
    assert not Registration.objects.live().exists()


@pytest.mark.parametrize(
    ("prefix", "why", "remedy"),
    [
        ("", "basis data tidak bisa mengerjakannya", "bagi berkasnya"),
        ("/en", "the database could not", "split the file"),
    ],
)
def test_what_was_given_up_says_why_and_what_to_do(client, session, prefix, why, remedy):
    page, _looked = look(client, session, line("Ani", "ani@example.com"))
    client.post(f"{page}/tulis/")
    for failure, is_stuck in [("stuck", True), ("", False)]:  # before there were reasons none was kept
        RegistrationImport.objects.update(state="failed", failure=failure)
        shown = soup(client.get(f"{prefix}{page}/change/"))
        told = shown.select_one("#export-state").text
        assert (why in told, remedy in told) == (is_stuck, is_stuck)
        assert shown.select_one("form[action$='batalkan/']")


def test_undo_that_waits_says_so_and_is_asked_once(client, session, monkeypatch):
    monkeypatch.setattr(approvals, "ALONE", 1)
    page, _looked = look(client, session, line("Ani", "ani@example.com"), line("Budi", "budi@example.com"))
    client.post(f"{page}/tulis/")

    waiting = soup(client.post(f"{page}/batalkan/", follow=True))

    assert "Menunggu orang kedua" in waiting.select_one("#export-state").text
    assert not waiting.select_one("form[action$='batalkan/']")


@pytest.fixture
def agreed(client, session, monkeypatch):
    """The page of a file of two whose undo was asked for, and the page that a second person's yes led to."""
    monkeypatch.setattr(approvals, "ALONE", 1)
    page, _looked = look(client, session, line("Ani", "ani@example.com"), line("Budi", "budi@example.com"))
    client.post(f"{page}/tulis/")
    client.post(f"{page}/batalkan/")
    waits = f"/staf/participants/approval/{Approval.objects.get().pk}/putuskan/"
    return page, sign_in(Client(), make_staff("editor")).post(waits, {"verdict": "yes"}, follow=True)


def test_a_yes_leads_to_how_far_taking_back_is_in_both_languages(client, agreed):
    page, led_to = agreed
    assert led_to.redirect_chain[-1][0] == f"{page}/change/"
    assert "Impornya sedang dibatalkan" in soup(led_to).select_one(".messagelist").text
    assert Registration.objects.live().count() == 2
    RegistrationImport.objects.update(rows_done=1)
    for prefix, words in [("", "Sedang dibatalkan"), ("/en", "Being taken back")]:
        shown = soup(client.get(f"{prefix}{page}/change/"))
        tile = shown.select_one("#export-state[data-under-way]")
        assert tile.select_one("b").text == words
        assert tile.select_one("progress")["value"] == "50"
        assert not shown.select_one("form[action$='batalkan/']")

    RegistrationImport.objects.update(rows_done=0)
    work()

    assert not Registration.objects.live().exists()
    for prefix, words in [("", "Dibatalkan"), ("/en", "Cancelled")]:
        shown = soup(client.get(f"{prefix}{page}/change/"))
        assert shown.select_one("#export-state b").text == words
        assert not shown.select_one("progress")
        assert not shown.select_one("form[action$='batalkan/']")


@pytest.mark.parametrize(
    ("why", "id_words", "en_words", "again"),
    [("attended", "Sudah hadir", "Has been at this session", False), ("broken", "gagal", "failed by an error", True)],
)
def test_who_was_not_taken_back_is_named_with_the_reason_in_both_languages(
    client, agreed, why, id_words, en_words, again
):
    page, _led_to = agreed
    stays = Registration.objects.get(participant__full_name="Budi")
    RegistrationImport.objects.update(state="undone", kept={str(stays.pk): why})
    for prefix, count, words in [("", "Tidak dibatalkan: 1", id_words), ("/en", "Not taken back: 1", en_words)]:
        shown = soup(client.get(f"{prefix}{page}/change/"))
        assert count in shown.select_one("#export-state").text
        (named,) = shown.select("#content h2 + ul > li:has(> a[href*='/registration/'])")
        assert named.select_one("a").text == "Budi"
        assert words in named.text
        assert bool(shown.select_one("form[action$='batalkan/']")) is again
