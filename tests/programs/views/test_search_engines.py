"""What public pages tell search engines and messengers."""

import re

import pytest
from django.contrib.staticfiles import finders

from tests.factories import make_program, make_region, make_session
from tests.programs.views.reading import moment, read

__all__ = ["moment"]

pytestmark = pytest.mark.django_db


class TestSearchEngines:
    @pytest.mark.parametrize(("path", "own"), [("/", "/"), ("/en/sesi/?utm=x", "/en/sesi/")])
    def test_page_names_its_one_address_and_both_languages(self, client, path, own):
        make_session()

        page = read(client, path)
        languages = {link["hreflang"]: link["href"] for link in page.select('link[rel="alternate"]')}
        bare = own.removeprefix("/en")

        assert page.select_one('link[rel="canonical"]')["href"] == f"http://testserver{own}"
        assert languages == {
            "id": f"http://testserver{bare}",
            "en": f"http://testserver/en{bare}",
            "x-default": f"http://testserver{bare}",
        }
        assert page.select('meta[name="robots"]') == []

    def test_page_can_be_previewed_by_a_messenger(self, client):
        session = make_session(region=make_region(city="Kota A & B"))

        page = read(client, session.get_absolute_url())
        preview = {meta["property"]: meta["content"] for meta in page.select("meta[property]")}

        assert preview["og:title"] == "Pelatihan Gen Z di Kota A & B, 16–18 Desember 2025"
        assert preview["og:url"] == f"http://testserver{session.get_absolute_url()}"
        assert preview["og:image"] == "http://testserver/static/img/share.png"
        assert finders.find("img/share.png")

    def test_robots_keep_out_of_the_workplace_and_find_the_sitemap(self, client):
        robots = client.get("/robots.txt").content.decode().splitlines()

        assert robots == ["User-agent: *", "Disallow: /staf/", "Sitemap: http://testserver/sitemap.xml"]

    def test_sitemap_names_public_pages_in_both_languages_and_no_other(self, client):
        session = make_session()
        make_session(program=session.program, status="draft")
        make_session(program=make_program(is_published=False))

        found = re.findall("<loc>(.*?)</loc>", client.get("/sitemap.xml").content.decode())

        assert sorted(found) == sorted(
            f"http://testserver{language}{path}"
            for language in ("", "/en")
            for path in ("/", "/sesi/", f"/sesi/{session.slug}/")
        )
