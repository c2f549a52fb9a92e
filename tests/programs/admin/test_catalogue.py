"""How the lists of the catalogue are shown."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from tests.factories import make_session
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return sign_in(Client(), make_staff("editor"))


def page(answer):
    return BeautifulSoup(answer.content, "html.parser")


class TestLists:
    def test_every_cell_names_its_column_for_a_phone(self, editor):
        make_session()
        table = page(editor.get("/staf/programs/venue/")).select_one("#result_list")
        heads = [head.text.strip() for head in table.select("thead .text")]
        rows = [[cell["data-label"] for cell in row.select("th, td")] for row in table.select("tbody tr")]
        assert rows == [heads]
        assert "Kota" in heads

    def test_empty_one_says_why(self, editor):
        assert "Belum ada isinya." in page(editor.get("/staf/programs/venue/")).text
        assert "Tidak ada yang cocok." in page(editor.get("/staf/programs/venue/?q=x")).text
