"""What staff add and change in the catalogue, and how the lists show it."""

from datetime import time

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import translation

from programs.models import ReminderRule
from tests.factories import make_program, make_rule, make_session
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
RULES = "/staf/programs/reminderrule/"


@pytest.fixture
def editor():
    return sign_in(Client(), make_staff("editor"))


def page(answer):
    return BeautifulSoup(answer.content, "html.parser")


class TestReminderRules:
    FILLED = {
        "slug": "two-days-before",
        "anchor": "first_day",
        "offset_days": "-2",
        "at": "17:30",
        "audience": "confirmed",
        "useful_offset_days": "0",
        "useful_at": "09:00",
    }

    def test_a_new_one_is_added_to_an_edition(self, editor):
        program = make_program()

        answer = editor.post(f"{RULES}add/", self.FILLED | {"program": program.pk})

        assert answer["Location"] == RULES
        rule = ReminderRule.objects.get()
        assert (rule.program, rule.slug, rule.at) == (program, "two-days-before", time(17, 30))

    def test_edition_and_key_of_one_stay(self, editor):
        rule, other = make_rule(make_program()), make_program()

        editor.post(f"{RULES}{rule.pk}/change/", self.FILLED | {"program": other.pk, "slug": "another"})

        changed = ReminderRule.objects.get()
        assert (changed.program, changed.slug, changed.offset_days) == (rule.program, rule.slug, -2)

    @pytest.mark.parametrize(
        ("offset", "said", "in_english"),
        [
            (-7, "7 hari sebelum hari pertama, 10.00", "7 days before the first day, 10:00"),
            (-1, "1 hari sebelum hari pertama, 10.00", "1 day before the first day, 10:00"),
            (0, "hari pertama, 10.00", "first day, 10:00"),
            (2, "2 hari sesudah hari pertama, 10.00", "2 days after the first day, 10:00"),
        ],
    )
    def test_is_called_by_when_it_falls_due(self, offset, said, in_english):
        rule = ReminderRule(anchor="first_day", offset_days=offset, at=time(10))
        assert str(rule) == said
        with translation.override("en"):
            assert str(rule) == in_english


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
