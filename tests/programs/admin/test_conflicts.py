"""Two people at one record: the second sees the difference, keeps what was typed, and silently overwrites nothing."""

import threading
from contextlib import suppress
from datetime import time
from functools import partial

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from participants.operations import meanwhile, profiles, recoveries, sessions
from programs.models import Partner, TrainingSession, Venue
from tests.factories import DURING_REGISTRATION, make_region, make_registration, make_session
from tests.races import at_once
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


class TestTwoAtOneInstant:
    """Both have read what stands before either writes: only the row, once it is held, tells who is second."""

    @pytest.fixture
    def session(self):
        return make_session(capacity=300)

    def both(self, monkeypatch, name, operation, page, said):
        """Two members of staff press when both have been shown, and read, the same; what each is answered."""
        clients = [sign_in(Client(), make_staff("editor", name=who)) for who in ("Pertama", "Kedua")]
        sent = [form(client.get(page)) | fields for client, fields in zip(clients, said, strict=True)]
        barrier, call = threading.Barrier(2), getattr(operation, name)

        def meet_and_call(**told):
            with suppress(threading.BrokenBarrierError):  # whoever presses once more comes alone
                barrier.wait(timeout=5)
            return call(**told)

        with monkeypatch.context() as patch:
            patch.setattr(operation, name, meet_and_call)
            presses = zip(clients, sent, strict=True)
            answers = at_once([partial(client.post, page, fields) for client, fields in presses])
        (second,) = [number for number, answer in enumerate(answers) if answer.status_code != 302]
        return clients[second], answers[second], said[second], said[1 - second]

    @pytest.mark.django_db(transaction=True)
    def test_with_the_capacity_the_second_sees_the_first_ones(self, session, monkeypatch):
        page, said = (
            f"/staf/programs/trainingsession/{session.pk}/kapasitas/",
            [{"capacity": n} for n in ("310", "320")],
        )

        client, answer, typed, stands = self.both(monkeypatch, "set_capacity", sessions, page, said)

        assert f"sekarang «{stands['capacity']}», ketikanmu «{typed['capacity']}»" in errors(answer)
        session.refresh_from_db()
        assert session.capacity == int(stands["capacity"])
        assert client.post(page, form(answer)).status_code == 302

    @pytest.mark.django_db(transaction=True)
    def test_with_the_days_the_second_sees_the_first_ones(self, session, monkeypatch):
        page, said = (
            f"/staf/programs/trainingsession/{session.pk}/jadwal/",
            [{"ends_1": "15:00"}, {"starts_2": "10:00"}],
        )
        monkeypatch.setattr("portal.clock.now", lambda: DURING_REGISTRATION)

        client, answer, typed, stands = self.both(monkeypatch, "reschedule", sessions, page, said)

        assert "mengubahnya sejak halaman ini kamu buka" in errors(answer)
        again = form(answer)
        assert all(again[name][:5] == hour for name, hour in (typed | stands).items())  # typed stays, the other follows
        assert client.post(page, again).status_code == 302
        days = session.days.order_by("number")
        assert (days[0].ends_at, days[1].starts_at) == (time(15), time(10))

    @pytest.mark.django_db(transaction=True)
    def test_with_a_persons_name_the_second_is_told(self, session, monkeypatch):
        registration = make_registration(session)
        page = f"/staf/participants/registration/{registration.pk}/data/"

        client, answer, _typed, stands = self.both(
            monkeypatch, "correct", profiles, page, [{"full_name": "Siti Satu"}, {"full_name": "Siti Dua"}]
        )

        assert "baru saja diubah orang lain" in errors(answer)
        registration.participant.refresh_from_db()
        assert registration.participant.full_name == stands["full_name"]
        assert "Nama lengkap sekarang" in errors(client.post(page, form(answer)))

    @pytest.mark.django_db(transaction=True)
    def test_with_somebodys_address_the_second_is_told(self, session, monkeypatch):
        registration = make_registration(session)
        page = f"/staf/participants/registration/{registration.pk}/alamat/"
        said = [{"email": f"{who}@example.com", "reason": "Datang dengan kartu pelajar"} for who in ("satu", "dua")]

        client, answer, typed, stands = self.both(monkeypatch, "change_address", recoveries, page, said)

        assert "baru saja diubah orang lain" in errors(answer)
        registration.participant.user.refresh_from_db()
        assert registration.participant.user.email == stands["email"]
        assert client.post(page, form(answer)).status_code == 302  # meant all the same
        registration.participant.user.refresh_from_db()
        assert registration.participant.user.email == typed["email"]


@pytest.mark.parametrize("where", ["kapasitas", "jadwal"])
def test_of_a_form_that_says_nothing_of_what_it_showed_the_operation_still_tells(first, where, monkeypatch):
    session = make_session(capacity=300)
    page = f"/staf/programs/trainingsession/{session.pk}/{where}/"
    monkeypatch.setattr("portal.clock.now", lambda: DURING_REGISTRATION)
    sent = form(first.get(page)) | {"loaded": ""}

    def changed(**_told):
        raise meanwhile.ChangedMeanwhile

    monkeypatch.setattr(meanwhile, "check", changed)

    assert "baru saja diubah orang lain" in errors(first.post(page, sent))
