"""Readers of pages: programme time stands in the registration period, and pages are read as people read them."""

import pytest
from bs4 import BeautifulSoup


@pytest.fixture(autouse=True)
def during_registration(monkeypatch):
    from tests.factories import DURING_REGISTRATION  # noqa: PLC0415 -- this file is read before Django is set up

    monkeypatch.setattr("portal.clock.now", lambda: DURING_REGISTRATION)


@pytest.fixture
def user(db):
    from tests.factories import make_user  # noqa: PLC0415 -- as above

    return make_user()


@pytest.fixture
def reader(client, user):
    """A browser that is logged in as `user`."""
    client.force_login(user)
    return client


@pytest.fixture
def session(db):
    from tests.factories import make_session  # noqa: PLC0415 -- as above

    return make_session()


@pytest.fixture
def page():
    """Parse a response."""
    return lambda response: BeautifulSoup(response.content, "html.parser")
