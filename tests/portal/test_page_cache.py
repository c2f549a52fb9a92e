"""Public pages kept whole: one reader's page is the next one's, and holds nothing of the first."""

import pytest
from django.core.cache import caches

from programs.models import Program, TrainingSession
from tests.factories import make_program, make_session
from tests.programs.views.reading import moment, read

__all__ = ["moment"]

pytestmark = pytest.mark.django_db


class TestCache:
    def test_what_one_reader_asked_stands_in_nobodys_page(self, client):
        assert client.get("/sesi/?next=/abc/&sesi=x").content == client.get("/sesi/").content
        assert b"abc" not in client.get("/sesi/").content

    def test_a_second_reader_costs_no_query_and_gets_no_cookie(self, client, django_assert_num_queries):
        make_session()
        first = client.get("/sesi/")

        with django_assert_num_queries(0):
            second = client.get("/sesi/?utm=x")

        assert second.content == first.content
        assert second.cookies == {}
        assert second.headers["Cache-Control"] == "public, max-age=10"
        assert second.headers["Vary"] == "Accept-Encoding"

    def test_each_language_and_page_has_its_own(self, client):
        make_session()

        assert len({client.get(path).content for path in ("/", "/en/", "/sesi/", "/en/sesi/")}) == 4

    def test_what_has_not_changed_is_not_sent_again(self, client):
        tag = client.get("/").headers["ETag"]

        response = client.get("/", headers={"if-none-match": tag})

        assert (response.status_code, response.content) == (304, b"")

    def test_a_phone_gets_it_compressed(self, client):
        for _ in range(3):
            make_session(program=make_program() if not TrainingSession.objects.exists() else Program.objects.get())
        response = client.get("/", headers={"accept-encoding": "gzip, br"})

        assert response.headers["Content-Encoding"] == "gzip"
        assert len(response.content) < len(client.get("/").content) / 2

    def test_only_reading_is_allowed(self, client):
        assert client.post("/").status_code == 405
        assert client.head("/").content == b""

    def test_what_is_missing_is_not_kept(self, client):
        for _ in range(2):
            read(client, "/sesi/tidak-ada/", status=404)
        kept = [key for key in caches["pages"]._cache if "template.cache" not in key]  # a page's head and foot are
        assert kept == []
