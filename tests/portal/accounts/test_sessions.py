"""The session store: what Django promises of one, in fewer statements."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.models import Session

from portal import clock
from portal.accounts.sessions import BACKEND_OF_BEFORE, SessionStore
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def kept(**values):
    store = SessionStore()
    store.update(values)
    store.save()
    return store


def test_what_was_saved_is_loaded():
    assert SessionStore(kept(colour="red").session_key).load() == {"colour": "red"}


def test_a_login_writes_once(django_assert_num_queries):
    store = SessionStore()
    with django_assert_num_queries(1):
        store.cycle_key()
        store["user"] = 7
        store.save()

    assert SessionStore(store.session_key).load() == {"user": 7}


def test_a_new_key_takes_everything_along_and_ends_the_old_one():
    store = kept(colour="red")
    old = store.session_key

    store.cycle_key()
    store.save()

    assert SessionStore(store.session_key).load() == {"colour": "red"}
    assert SessionStore(old).load() == {}
    assert store.session_key != old


def test_a_second_save_changes_the_row():
    store = kept(colour="red")
    store["colour"] = "blue"
    store.save()

    assert Session.objects.count() == 1
    assert SessionStore(store.session_key).load() == {"colour": "blue"}


def test_a_session_that_was_ended_elsewhere_is_not_revived():
    store = kept(colour="red")
    SessionStore(store.session_key).flush()

    with pytest.raises(UpdateError):
        store.save()
    assert Session.objects.count() == 0


def test_a_key_that_is_taken_is_refused_and_its_row_left(monkeypatch):
    store = kept(colour="red")
    monkeypatch.setattr(SessionStore, "_get_new_session_key", lambda _self: store.session_key)

    with pytest.raises(CreateError):
        kept(colour="blue")
    assert SessionStore(store.session_key).load() == {"colour": "red"}


@pytest.mark.parametrize("key", ["x" * 32, "", None])
def test_an_unknown_key_holds_nothing(key):
    store = SessionStore(key)

    assert (store.load(), store.session_key) == ({}, None)


def test_an_expired_session_holds_nothing():
    store = kept(colour="red")
    Session.objects.update(expire_date=clock.machine_now() - timedelta(seconds=1))

    assert SessionStore(store.session_key).load() == {}


def test_who_came_in_before_the_backend_had_its_name_stays_in(client):
    client.force_login(make_user(email="a@example.com"), backend=BACKEND_OF_BEFORE)

    assert client.get("/saya/").status_code == 200
