"""The clock of public pages during registration, and the pages read as a visitor reads them."""

import pytest
from bs4 import BeautifulSoup
from django.core.cache import caches

from tests.factories import DURING_REGISTRATION


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    """The pages' clock: during registration, until a test says otherwise."""
    caches["pages"].clear()
    now = [DURING_REGISTRATION]
    monkeypatch.setattr("portal.clock.now", lambda: now[0])
    return now


def read(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def text(page):
    return " ".join(page.get_text(" ").split())
