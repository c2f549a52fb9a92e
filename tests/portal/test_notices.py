"""Notices: what the same press brought several times is said once."""

import pytest
from django.contrib.messages import get_messages
from django.test import RequestFactory
from django.utils.functional import lazystr

from portal.notices import NoticeStorage


@pytest.fixture
def session():
    return {}


def request_of(session):
    request = RequestFactory().get("/")
    request.session = session
    request._messages = NoticeStorage(request)
    return request


def press(session, *notices):
    """One request that brings `notices` and shows none."""
    request = request_of(session)
    for level, words in notices:
        request._messages.add(level, words)
    request._messages.update(None)


def read(session):
    request = request_of(session)
    said = [str(notice) for notice in get_messages(request)]
    request._messages.update(None)
    return said


def test_equal_ones_are_kept_once(session):
    for _press in range(8):
        press(session, (20, "Kamu sudah pindah."), (20, lazystr("Kamu sudah pindah.")))

    assert read(session) == ["Kamu sudah pindah."]
    assert read(session) == []


def test_others_are_kept_in_their_order(session):
    press(session, (20, "Satu."), (20, "Dua."))
    press(session, (40, "Satu."), (20, "Dua."))

    assert read(session) == ["Satu.", "Dua.", "Satu."]


def test_what_was_read_may_be_said_again(session):
    press(session, (20, "Satu."))
    assert read(session) == ["Satu."]
    press(session, (20, "Satu."))

    assert read(session) == ["Satu."]


def test_what_is_shown_now_may_be_said_again_later(session):
    press(session, (20, "Satu."))
    request = request_of(session)
    assert len(list(get_messages(request))) == 1
    request._messages.add(20, "Satu.")
    request._messages.update(None)

    assert read(session) == ["Satu."]
