"""Filters kept above a list: for their owner alone, with a live count, and only what the list's own filters ask."""

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from participants.models import SavedFilter
from participants.operations import invitations, saved_filters
from tests.factories import DURING_REGISTRATION, make_registration, make_session
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
LISTS = {
    "/staf/participants/registration/": "place__exact=seat",
    "/staf/participants/notification/": "state__exact=failed",
    "/staf/participants/appeal/": "keadaan=terbuka",
    "/staf/programs/trainingsession/": "status__exact=published",
}
REGISTRATIONS = "/staf/participants/registration/"
QUEUED = {"place": "queued", "queue_number": 1}


@pytest.fixture
def session():
    return make_session()


@pytest.fixture
def coordinator(session):
    return make_staff("coordinator", session.region)


@pytest.fixture
def client(coordinator):
    return sign_in(Client(), coordinator)


def chips(client, path):
    found = BeautifulSoup(client.get(path).text, "html.parser").select(".saved li > a")
    return [(" ".join(chip.text.split()), chip["href"], chip.has_attr("aria-current")) for chip in found]


def keep(client, name="Punyaku", query="place__exact=seat", path=REGISTRATIONS):
    return client.post(f"{path}saringan/", {"name": name, "query": query})


@pytest.mark.parametrize(("path", "query"), LISTS.items())
def test_a_list_offers_to_keep_its_filters_and_shows_them_from_then_on(client, session, path, query):
    make_registration(session)
    (form,) = BeautifulSoup(client.get(f"{path}?{query}&q=siti&o=1").text, "html.parser").select(".save-filter form")
    assert form.select_one("[name=query]")["value"] == query
    assert not BeautifulSoup(client.get(path).text, "html.parser").select(".save-filter")

    answer = client.post(form["action"], {"name": "Punyaku", "query": query})

    assert answer["Location"] == f"{path}?{query}"
    number = 0 if "notification" in path or "appeal" in path else 1
    assert chips(client, path) == [(f"Punyaku {number}", f"?{query}", False)]
    assert chips(client, f"{path}?{query}") == [(f"Punyaku {number}", f"?{query}", True)]


def test_counts_are_those_of_the_list_now_and_of_what_its_reader_may_see(client, session):
    make_registration(session)
    make_registration(make_session())
    keep(client, "Kursi")
    keep(client, "Antre", "place__exact=queued")
    assert [text for text, _href, _current in chips(client, REGISTRATIONS)] == ["Antre 0", "Kursi 1"]

    make_registration(session, **QUEUED)
    make_registration(session)

    assert [text for text, _href, _current in chips(client, REGISTRATIONS)] == ["Antre 1", "Kursi 2"]


@pytest.mark.parametrize(
    "query",
    [
        "participant__phone__contains=08",
        "participant__full_name=Siti",
        "place__in=seat,queued",
        "keadaan=x&session__region__name=Papua",
        "session__id__exact=x",
        "q=siti",
        "o=1&p=2",
        "",
        "_facets=1",
        "place__exact=%00",
        "place__exact=seat%1B",
        "place__exact%00=seat",
    ],
)
def test_what_no_filter_of_the_list_asks_is_not_kept(client, session, query):
    make_session(region=session.region)  # one session alone is no choice
    answer = keep(client, query=query)

    assert answer["Location"] == REGISTRATIONS
    assert "tidak punya saringan itu" in client.get(REGISTRATIONS).text
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("name", ["", " ", "x" * 41])
def test_one_without_a_name_is_not_kept_and_the_list_stays_filtered(client, session, name):
    assert keep(client, name)["Location"] == f"{REGISTRATIONS}?place__exact=seat"
    assert not SavedFilter.objects.exists()


def test_one_that_the_list_no_longer_knows_says_so_and_breaks_nothing(client, session, coordinator):
    make_session(region=session.region)
    table = "participants.registration"
    saved_filters.save(owner=coordinator, table=table, name="Lama", query="dulu__exact=1")
    saved_filters.save(owner=coordinator, table=table, name="Salah", query="session__id__exact=x")

    assert [text for text, _href, _current in chips(client, REGISTRATIONS)] == [
        "Lama tidak bisa dihitung", "Salah tidak bisa dihitung",
    ]  # fmt: skip


def test_one_that_the_database_cannot_count_says_so_beside_its_name_and_can_be_removed(client, session, coordinator):
    make_registration(session)
    keep(client, "Kursi")
    table = "participants.registration"
    broken = saved_filters.save(owner=coordinator, table=table, name="Rusak", query="place__exact=%00")

    assert [text for text, _href, _current in chips(client, REGISTRATIONS)] == ["Kursi 1", "Rusak tidak bisa dihitung"]

    client.post(f"{REGISTRATIONS}saringan/", {"forget": broken.pk})
    assert [saved.name for saved in SavedFilter.objects.all()] == ["Kursi"]


def test_the_same_name_again_takes_the_new_filter(client, session):
    keep(client)
    keep(client, query="place__exact=queued")

    assert [saved.query for saved in SavedFilter.objects.all()] == ["place__exact=queued"]


def test_only_its_owner_sees_one_and_removes_it(client, session, coordinator):
    keep(client)
    saved = SavedFilter.objects.get()
    other = sign_in(Client(), make_staff("coordinator", session.region))

    assert chips(other, REGISTRATIONS) == []
    other.post(f"{REGISTRATIONS}saringan/", {"forget": saved.pk})
    client.post("/staf/participants/appeal/saringan/", {"forget": saved.pk})
    assert SavedFilter.objects.get() == saved
    for _press in range(2):
        assert client.post(f"{REGISTRATIONS}saringan/", {"forget": saved.pk})["Location"] == REGISTRATIONS
    assert not SavedFilter.objects.exists()


def test_a_list_keeps_twelve_and_says_why_no_more(client, session):
    for number in range(saved_filters.MOST):
        keep(client, f"Saringan {number}")

    keep(client, "Satu lagi")

    assert "12 saringan" in client.get(REGISTRATIONS).text
    assert SavedFilter.objects.count() == saved_filters.MOST


def test_they_go_with_the_access_of_their_owner_and_with_the_account(client, session, coordinator):
    keep(client)
    invitations.withdraw(account=coordinator, by=make_staff("accounts"), now=DURING_REGISTRATION)
    assert not SavedFilter.objects.exists()

    other = make_staff("ministry")
    saved_filters.save(owner=other, table="participants.registration", name="x", query="place__exact=seat")
    other.delete()
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(("path", "query"), LISTS.items())
def test_a_list_asks_as_often_for_many_saved_filters_as_for_one(client, session, path, query):
    make_registration(session)
    numbers = []
    for names in (["a"], ["b", "c", "d"]):
        for name in names:
            keep(client, name, query, path)
        client.get(path)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(path)
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]
