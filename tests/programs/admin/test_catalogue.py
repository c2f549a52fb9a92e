"""What staff add and change in the catalogue, and how the lists show it."""

from datetime import date, time

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import translation

from programs.models import ReminderRule
from tests.factories import make_program, make_registration, make_rule, make_session
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
        "is_on": "on",
        "quiet_from": "21:00",
        "quiet_until": "07:00",
        "channels": ["mail", "whatsapp", "sms"],
    }

    def test_a_new_one_is_added_to_an_edition(self, editor):
        program = make_program()

        answer = editor.post(f"{RULES}add/", self.FILLED | {"program": program.pk})

        assert answer["Location"] == RULES
        rule = ReminderRule.objects.get()
        assert (rule.program, rule.slug, rule.at) == (program, "two-days-before", time(17, 30))

    def test_how_and_to_whom_it_goes_is_kept(self, editor):
        chosen = {"quiet_from": "20:00", "quiet_until": "06:30", "channels": ["mail", "sms"], "is_optional": "on"}

        editor.post(f"{RULES}add/", self.FILLED | chosen | {"before_consent": "on", "program": make_program().pk})

        rule = ReminderRule.objects.get()
        assert (rule.quiet_from, rule.quiet_until, rule.channels) == (time(20), time(6, 30), ["mail", "sms"])
        assert (rule.is_on, rule.is_optional, rule.before_consent, rule.is_urgent) == (True, True, True, False)
        form = page(editor.get(f"{RULES}{rule.pk}/change/"))
        assert [box["value"] for box in form.select("[name=channels][checked]")] == ["mail", "sms"]
        assert form.select_one("[name=quiet_until]")["value"] == "06:30"

    def test_a_new_one_offers_every_channel_and_the_houses_quiet_hours(self, editor):
        form = page(editor.get(f"{RULES}add/"))

        assert [box["value"] for box in form.select("[name=channels][checked]")] == ["mail", "whatsapp", "sms"]
        assert [form.select_one(f"[name=quiet_{end}]")["value"] for end in ("from", "until")] == ["21:00", "07:00"]
        assert form.select_one("[name=is_on]").has_attr("checked")

    @pytest.mark.parametrize(
        ("fields", "place"),
        [
            ({"channels": []}, "channels"),
            ({"channels": ["mail", "pigeon"]}, "channels"),
            ({"quiet_until": "21:00"}, "quiet_until"),
            ({"quiet_from": ""}, "quiet_from"),
            ({"useful_offset_days": "-3"}, "useful_at"),
            ({"audience": "awaiting_guardian"} | dict.fromkeys(["subject_id", "body_id", "subject_en", "body_en"], "x"),
             "before_consent"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_meant_is_refused_where_it_stands(self, editor, fields, place):
        answer = editor.post(f"{RULES}add/", self.FILLED | fields | {"program": make_program().pk})

        assert page(answer).select(f".field-{place} .errorlist li")
        assert not ReminderRule.objects.exists()

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"is_on": ""}, "0 pesan lebih banyak, 2 lebih sedikit, 0 pindah waktu, 0 berganti jalur"),
            ({"channels": ["mail"]}, "0 pesan lebih banyak, 0 lebih sedikit, 0 pindah waktu, 2 berganti jalur"),
        ],
    )
    def test_turning_one_off_or_other_channels_say_what_they_do(self, editor, fields, said):
        session = make_session(first_day=date(2100, 12, 16))
        rule = make_rule(session.program, slug="eve", offset_days=-2, at="17:30", useful_at="09:00")
        make_registration(session)
        make_registration(session)

        answer = page(editor.post(f"{RULES}{rule.pk}/change/", self.FILLED | fields))

        assert said in answer.select_one(".errorlist.nonfield").text
        chosen = fields.get("channels", self.FILLED["channels"])
        assert [box["value"] for box in answer.select("[name=channels][checked]")] == chosen  # to be sent once more
        seen = answer.select_one("[name=seen]")["value"]
        assert editor.post(f"{RULES}{rule.pk}/change/", self.FILLED | fields | {"seen": seen})["Location"] == RULES

    def test_a_new_one_says_to_how_many_it_goes_before_it_is_saved(self, editor):
        session = make_session(first_day=date(2100, 12, 16))
        make_registration(session)

        answer = page(editor.post(f"{RULES}add/", self.FILLED | {"program": session.program_id}))

        assert "1 pesan lebih banyak" in answer.select_one(".errorlist.nonfield").text
        assert not ReminderRule.objects.exists()

    @pytest.mark.parametrize(
        "probe",
        [
            *("{user.password}", "{{ settings }}", "{x.__class__}", "{nama!r}", "{nama:>9}", "{0}", "{}"),
            *("{login_code}", "{a", "b}", "{{nama}}", "{ nama }", "{NAMA}", "{nama}{", "{kota.region}", "{nama[0]}"),
        ],
    )
    @pytest.mark.parametrize("field", ["subject_id", "body_en"])
    def test_words_with_an_unknown_placeholder_are_refused_naming_it(self, editor, probe, field):
        words = dict.fromkeys(["subject_id", "body_id", "subject_en", "body_en"], "Halo {nama}")

        answer = editor.post(
            f"{RULES}add/", self.FILLED | words | {field: f"Halo {probe}", "program": make_program().pk}
        )

        (error,) = page(answer).select(f".field-{field} .errorlist li")
        assert "{nama}" in error.text
        assert not ReminderRule.objects.exists()

    def test_words_are_kept_when_every_placeholder_is_ours(self, editor):
        said = "{nama} {kota} {hari} {tanggal} {jam} {tempat} {materi}"
        words = dict.fromkeys(["subject_id", "body_id", "subject_en", "body_en"], said)

        editor.post(f"{RULES}add/", self.FILLED | words | {"program": make_program().pk})

        assert ReminderRule.objects.get().body_en == said

    @pytest.mark.parametrize(
        ("fields", "place"),
        [
            ({"subject_id": "Halo"}, ".errornote ~ .errorlist"),
            ({"audience": "queued"}, ".field-audience .errorlist"),
        ],
    )
    def test_words_in_one_language_or_none_for_the_queue_are_refused(self, editor, fields, place):
        answer = editor.post(f"{RULES}add/", self.FILLED | fields | {"program": make_program().pk})

        assert page(answer).select(place)
        assert not ReminderRule.objects.exists()

    def test_a_change_says_what_it_does_before_it_is_saved(self, editor):
        session = make_session(first_day=date(2100, 12, 16))
        rule = make_rule(session.program, slug="eve")
        for fields in ({}, {}, {"place": "queued", "queue_number": 1}):
            make_registration(session, **fields)
        same = self.FILLED | {"offset_days": "-1", "at": "18:00", "useful_at": "05:30"}
        words = dict.fromkeys(["subject_id", "body_id", "subject_en", "body_en"], "Halo {nama}")
        changes = [
            (same | {"at": "17:00"}, "0 pesan lebih banyak, 0 lebih sedikit, 2 pindah waktu"),
            (same | words | {"audience": "queued"}, "1 pesan lebih banyak, 2 lebih sedikit, 0 pindah waktu"),
            (same | {"anchor": "each_day"}, "4 pesan lebih banyak, 0 lebih sedikit, 0 pindah waktu"),
        ]
        for changed, said in changes:
            answer = page(editor.post(f"{RULES}{rule.pk}/change/", changed))
            assert said in answer.select_one(".errorlist.nonfield").text
            assert ReminderRule.objects.get().at == time(18)

        seen = answer.select_one("[name=seen]")["value"]
        other = editor.post(f"{RULES}{rule.pk}/change/", same | {"at": "16:00", "seen": seen})
        assert "2 pindah waktu" in page(other).select_one(".errorlist.nonfield").text  # seen was another change
        assert editor.post(f"{RULES}{rule.pk}/change/", changed | {"seen": seen})["Location"] == RULES
        assert ReminderRule.objects.get().anchor == "each_day"

    def test_a_change_that_changes_nothing_for_anybody_is_saved_at_once(self, editor):
        rule = make_rule(make_program(), slug="eve")

        assert editor.post(f"{RULES}{rule.pk}/change/", self.FILLED)["Location"] == RULES

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
