"""What staff write as rules of reminders, what a change says before it is saved, and what somebody would read."""

from datetime import date, time

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import translation

from participants.models import Notification
from programs.models import ReminderRule
from tests.factories import (
    MINOR_BORN,
    make_participant,
    make_program,
    make_region,
    make_registration,
    make_rule,
    make_session,
)
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
RULES = "/staf/programs/reminderrule/"
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
WORDS = {
    "subject_id": "Bawa payung, {nama}",
    "body_id": "Di {kota}.",
    "subject_en": "Hi {nama}",
    "body_en": "In {kota}.",
}


@pytest.fixture
def editor():
    return sign_in(Client(), make_staff("editor"))


def page(answer):
    return BeautifulSoup(answer.content, "html.parser")


def test_a_new_one_is_added_to_an_edition(editor):
    program = make_program()

    answer = editor.post(f"{RULES}add/", FILLED | {"program": program.pk})

    assert answer["Location"] == RULES
    rule = ReminderRule.objects.get()
    assert (rule.program, rule.slug, rule.at) == (program, "two-days-before", time(17, 30))


def test_how_and_to_whom_it_goes_is_kept(editor):
    chosen = {"quiet_from": "20:00", "quiet_until": "06:30", "channels": ["mail", "sms"], "is_optional": "on"}

    editor.post(f"{RULES}add/", FILLED | chosen | {"before_consent": "on", "program": make_program().pk})

    rule = ReminderRule.objects.get()
    assert (rule.quiet_from, rule.quiet_until, rule.channels) == (time(20), time(6, 30), ["mail", "sms"])
    assert (rule.is_on, rule.is_optional, rule.before_consent, rule.is_urgent) == (True, True, True, False)
    form = page(editor.get(f"{RULES}{rule.pk}/change/"))
    assert [box["value"] for box in form.select("[name=channels][checked]")] == ["mail", "sms"]
    assert form.select_one("[name=quiet_until]")["value"] == "06:30"


def test_a_new_one_offers_every_channel_and_the_houses_quiet_hours(editor):
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
def test_what_cannot_be_meant_is_refused_where_it_stands(editor, fields, place):
    answer = editor.post(f"{RULES}add/", FILLED | fields | {"program": make_program().pk})

    assert page(answer).select(f".field-{place} .errorlist li")
    assert not ReminderRule.objects.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"is_on": ""}, "Perubahan ini: 2 pesan lebih sedikit."),
        ({"channels": ["mail"]}, "Perubahan ini: 2 pesan berganti jalur."),
    ],
)
def test_turning_one_off_or_other_channels_say_what_they_do(editor, fields, said):
    session = make_session(first_day=date(2100, 12, 16))
    rule = make_rule(session.program, slug="eve", offset_days=-2, at="17:30", useful_at="09:00")
    make_registration(session)
    make_registration(session)

    answer = page(editor.post(f"{RULES}{rule.pk}/change/", FILLED | fields))

    assert said in answer.select_one(".errorlist.nonfield").text
    chosen = fields.get("channels", FILLED["channels"])
    assert [box["value"] for box in answer.select("[name=channels][checked]")] == chosen  # to be sent once more
    seen = answer.select_one("[name=seen]")["value"]
    assert editor.post(f"{RULES}{rule.pk}/change/", FILLED | fields | {"seen": seen})["Location"] == RULES


def test_a_new_one_says_to_how_many_it_goes_before_it_is_saved(editor):
    session = make_session(first_day=date(2100, 12, 16))
    make_registration(session)

    answer = page(editor.post(f"{RULES}add/", FILLED | {"program": session.program_id}))

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
def test_words_with_an_unknown_placeholder_are_refused_naming_it(editor, probe, field):
    words = dict.fromkeys(["subject_id", "body_id", "subject_en", "body_en"], "Halo {nama}")

    answer = editor.post(f"{RULES}add/", FILLED | words | {field: f"Halo {probe}", "program": make_program().pk})

    (error,) = page(answer).select(f".field-{field} .errorlist li")
    assert "{nama}" in error.text
    assert not ReminderRule.objects.exists()


@pytest.mark.parametrize("field", ["subject_id", "body_en"])
def test_words_with_a_link_to_another_site_are_refused_naming_it(editor, field):
    words = dict.fromkeys(["subject_id", "body_id", "subject_en", "body_en"], "Halo, http://testserver/sesi/")

    answer = editor.post(f"{RULES}add/", FILLED | words | {field: "Isi di bit.ly/abc", "program": make_program().pk})

    (error,) = page(answer).select(f".field-{field} .errorlist li")
    assert "bit.ly/abc" in error.text
    assert not ReminderRule.objects.exists()


def test_words_are_kept_when_every_placeholder_is_ours(editor):
    said = "{nama} {kota} {hari} {tanggal} {jam} {tempat} {materi}"
    words = dict.fromkeys(["subject_id", "body_id", "subject_en", "body_en"], said)

    editor.post(f"{RULES}add/", FILLED | words | {"program": make_program().pk})

    assert ReminderRule.objects.get().body_en == said


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"subject_id": "Halo"}, ".errornote ~ .errorlist"),
        ({"audience": "queued"}, ".field-audience .errorlist"),
    ],
)
def test_words_in_one_language_or_none_for_the_queue_are_refused(editor, fields, place):
    answer = editor.post(f"{RULES}add/", FILLED | fields | {"program": make_program().pk})

    assert page(answer).select(place)
    assert not ReminderRule.objects.exists()


def test_a_change_says_what_it_does_before_it_is_saved(editor):
    session = make_session(first_day=date(2100, 12, 16))
    rule = make_rule(session.program, slug="eve")
    for fields in ({}, {}, {"place": "queued", "queue_number": 1}):
        make_registration(session, **fields)
    same = FILLED | {"offset_days": "-1", "at": "18:00", "useful_at": "05:30"}
    words = dict.fromkeys(["subject_id", "body_id", "subject_en", "body_en"], "Halo {nama}")
    changes = [
        (same | {"at": "17:00"}, "Perubahan ini: 2 pesan pindah waktu."),
        (same | words | {"audience": "queued"}, "Perubahan ini: 1 pesan lebih banyak, 2 pesan lebih sedikit."),
        (same | {"anchor": "each_day"}, "Perubahan ini: 4 pesan lebih banyak."),
    ]
    for changed, said in changes:
        answer = page(editor.post(f"{RULES}{rule.pk}/change/", changed))
        assert said in answer.select_one(".errorlist.nonfield").text
        assert ReminderRule.objects.get().at == time(18)

    seen = answer.select_one("[name=seen]")["value"]
    other = editor.post(f"{RULES}{rule.pk}/change/", same | {"at": "16:00", "seen": seen})
    assert "2 pesan pindah waktu" in page(other).select_one(".errorlist.nonfield").text  # seen was another change
    assert editor.post(f"{RULES}{rule.pk}/change/", changed | {"seen": seen})["Location"] == RULES
    assert ReminderRule.objects.get().anchor == "each_day"


def test_a_change_that_changes_nothing_for_anybody_is_saved_at_once(editor):
    rule = make_rule(make_program(), slug="eve")

    assert editor.post(f"{RULES}{rule.pk}/change/", FILLED)["Location"] == RULES


def test_edition_and_key_of_one_stay(editor):
    rule, other = make_rule(make_program()), make_program()

    editor.post(f"{RULES}{rule.pk}/change/", FILLED | {"program": other.pk, "slug": "another"})

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
def test_is_called_by_when_it_falls_due(offset, said, in_english):
    rule = ReminderRule(anchor="first_day", offset_days=offset, at=time(10))
    assert str(rule) == said
    with translation.override("en"):
        assert str(rule) == in_english


def test_words_as_they_are_typed_are_read_by_somebody_before_anything_is_saved(editor):
    session = make_session(first_day=date(2100, 12, 16))
    make_registration(session, participant=make_participant(full_name="Siti Nur"))
    rule = make_rule(session.program)
    typed = FILLED | WORDS | {"_look": "1"}

    for address, more in ((f"{RULES}add/", {"program": session.program_id}), (f"{RULES}{rule.pk}/change/", {})):
        before = list(ReminderRule.objects.values())
        shown = page(editor.post(address, typed | more))
        assert [text.text for text in shown.select(".example h2")] == [
            "Bahasa Indonesia: Bawa payung, Siti Nur",
            "English: Hi Siti Nur",
        ]
        assert f"Di {session.region.city}." in shown.select_one(".example").text
        assert not shown.select(".errornote, .errorlist")
        assert shown.select_one("[name=subject_id]")["value"] == "Bawa payung, {nama}"
        assert list(ReminderRule.objects.values()) == before
    assert Notification.objects.count() == 0


@pytest.mark.parametrize("field", ["subject_id", "body_en"])
def test_words_that_could_not_be_saved_are_read_by_nobody(editor, field):
    session = make_session(first_day=date(2100, 12, 16))
    make_registration(session)
    typed = FILLED | WORDS | {field: "Halo {sandi}", "_look": "1", "program": session.program_id}

    shown = page(editor.post(f"{RULES}add/", typed))

    assert shown.select(f".field-{field} .errorlist li")
    assert not shown.select("#contoh")


def test_words_are_masked_for_a_child_and_say_so_when_nobody_would_read_them(editor):
    session = make_session(first_day=date(2100, 12, 16))
    asks = {"audience": "awaiting_guardian", "before_consent": "on", "program": session.program_id}
    typed = FILLED | WORDS | asks | {"_look": "1"}

    nobody = page(editor.post(f"{RULES}add/", typed)).select_one("#contoh").text
    child = make_participant(full_name="Putri Ayu", birth_date=MINOR_BORN)
    make_registration(session, participant=child, guardian="asked")
    masked = page(editor.post(f"{RULES}add/", typed)).select_one("#contoh").text

    assert "belum ada contohnya" in nobody
    assert "Bawa payung, P*** A***" in masked
    assert "Putri" not in masked


def test_what_is_counted_from_and_what_stands_in_every_mail_is_said_beside_the_fields(editor):
    described = page(editor.get(f"{RULES}add/")).select("fieldset:has(.description)")
    said = {part.h2.text.strip(): part.select_one(".description").text for part in described}
    assert "-1 berarti sehari sebelumnya" in said["Kapan"]
    assert "Sapaan dan jadwal semua hari sudah ada" in said["Kata-kata"]
    assert "{hari} adalah nomor hari" in said["Kata-kata"]


def test_the_example_as_saved_and_the_one_of_what_is_typed_are_told_apart(editor):
    session = make_session(first_day=date(2100, 12, 16))
    make_registration(session)

    shown = page(editor.get(f"{RULES}{make_rule(session.program).pk}/change/"))

    assert shown.select_one(".object-tools a[href*=hari]").text == "Contoh yang tersimpan"
    assert shown.select_one("[name=_look]")["value"] == "Lihat contohnya"


def test_one_that_is_off_has_an_example_that_its_page_leads_to():
    session = make_session(first_day=date(2100, 12, 16))
    make_registration(session, participant=make_participant(full_name="Siti Nur"))
    rule = make_rule(session.program, is_on=False)
    address = f"/staf/programs/trainingsession/{session.pk}/pesan/{rule.pk}/?hari=1"

    for role in ("editor", "ministry"):
        client = sign_in(Client(), make_staff(role))
        (link,) = page(client.get(f"{RULES}{rule.pk}/change/")).select(".object-tools a[href*=hari]")
        assert link["href"] == address
        assert "Halo Siti Nur," in client.get(address).content.decode()
    assert sign_in(Client(), make_staff("coordinator", session.region)).get(address).status_code == 200
    assert sign_in(Client(), make_staff("coordinator", make_region())).get(address).status_code == 404


@pytest.mark.parametrize("press", ["_look", "_mail"])
def test_only_whoever_may_change_a_rule_may_try_words(press):
    rule = make_rule(make_program())
    for role in ("ministry", "coordinator"):
        client = sign_in(Client(), make_staff(role, make_region()))
        assert client.post(f"{RULES}{rule.pk}/change/", FILLED | WORDS | {press: "1"}).status_code == 403
        assert not page(client.get(f"{RULES}{rule.pk}/change/")).select("[name=_look]")
