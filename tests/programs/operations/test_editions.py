"""Loading an edition file: the real December file, another month, and every way a file can be wrong."""

from datetime import date, time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from programs.edition_files import WrongFile
from programs.models import Module, Partnership, Program, Region, ReminderRule, TrainingDay, TrainingSession, Venue
from programs.operations import editions
from tests.factories import make_registration

pytestmark = pytest.mark.django_db

DECEMBER = Path("programs/editions/2025_12.toml").read_text(encoding="utf-8")
JANUARY = (
    DECEMBER.replace('slug = "gig-ai-2025-12"', 'slug = "gig-ai-2026-01"')
    .replace('linked_to = "gig-ai-2025-12"', 'linked_to = "gig-ai-2026-01"')
    .replace("Desember 2025", "Januari 2026")
    .replace("2025-12-", "2026-01-")
)
CORRECTED = (
    DECEMBER.replace(
        'wave = "C"\nannounced = false\n\n#',
        'wave = "C"\nannounced = true\nvenue = { name = "Gedung Sasana Krida", city = "Jayapura" }\n\n#',
    )
    .replace("seats_per_session = 300", "seats_per_session = 250")
    .replace('start = "09:00"', 'start = "08:00"')
)


def counts():
    models = (Program, Region, Venue, TrainingSession, TrainingDay, ReminderRule, Module, Partnership)
    return [model.objects.count() for model in models]


def test_load_makes_the_whole_december_edition():
    loaded = editions.load(DECEMBER)

    assert counts() == [1, 15, 15, 15, 45, 3, 5, 7]
    assert loaded.made["TrainingSession"] == 15
    program = Program.objects.get()
    assert (program.hackathon_name, program.closes_at) == ("AI Open Innovation Challenge", time(18))
    jayapura = TrainingSession.objects.get(region__code="91")
    assert jayapura.slug == "jayapura-2025-12"
    assert [day.date for day in jayapura.days.all()] == [date(2025, 12, 18), date(2025, 12, 19), date(2025, 12, 20)]
    assert (jayapura.capacity, jayapura.seat_limit, jayapura.region.zone_abbreviation) == (300, 300, "WIT")


def test_load_marks_what_was_assumed():
    editions.load(DECEMBER)

    assert Region.objects.filter(is_confirmed=True).count() == 7
    assert set(Venue.objects.filter(is_confirmed=True).values_list("name", flat=True)) == {
        "Jakarta Creative Hub",
        "Aula Timur ITB, Kampus Ganesha",
    }


def test_load_places_every_region_on_the_map():
    editions.load(DECEMBER)

    assert not Region.objects.filter(latitude=None).exists()
    jayapura = Region.objects.get(code="91")
    assert jayapura.place == (-2.592, 140.669)


def test_load_a_file_without_places_takes_no_region_off_the_map():
    editions.load(DECEMBER)

    editions.load("".join(line for line in JANUARY.splitlines(True) if "itude" not in line))

    assert not Region.objects.filter(latitude=None).exists()


def test_load_takes_what_a_reminder_may_say_of_its_way():
    said = """channels = ["mail", "sms"]
quiet_hours = { from = "22:30", until = "05:00" }
optional = true
before_consent = true"""

    program = editions.load(DECEMBER.replace("urgent = true", said)).program

    rules = {rule.slug: rule for rule in program.reminder_rules.all()}
    chosen, usual = rules["morning"], rules["eve"]
    assert (chosen.channels, chosen.quiet_from, chosen.quiet_until) == (["mail", "sms"], time(22, 30), time(5))
    assert (chosen.is_optional, chosen.before_consent, chosen.is_urgent) == (True, True, False)
    assert (usual.channels, usual.quiet_from, usual.quiet_until) == (["mail", "whatsapp", "sms"], time(21), time(7))
    assert (usual.is_optional, usual.before_consent) == (False, False)


def test_load_again_changes_nothing_not_even_what_staff_corrected():
    editions.load(DECEMBER)
    Venue.objects.filter(region__code="91").update(name="Gedung Sasana Krida", is_confirmed=True)

    loaded = editions.load(DECEMBER)

    assert not loaded.is_new_file
    assert counts() == [1, 15, 15, 15, 45, 3, 5, 7]
    assert Venue.objects.get(region__code="91").name == "Gedung Sasana Krida"


def test_load_a_corrected_file_changes_what_it_names():
    editions.load(DECEMBER)

    loaded = editions.load(DECEMBER.replace("guardian_hours = 72", "guardian_hours = 48"))

    assert (loaded.made, loaded.changed) == ({}, {"Program": 1})
    assert Program.objects.get().guardian_hours == 48


def test_load_moves_a_session_nobody_registered_for():
    editions.load(DECEMBER)

    editions.load(DECEMBER.replace("[2025-12-18, 2025-12-19, 2025-12-20]", "[2025-12-16, 2025-12-18, 2025-12-20]"))

    days = TrainingSession.objects.get(region__code="91").days.values_list("date", flat=True)
    assert list(days) == [date(2025, 12, 16), date(2025, 12, 18), date(2025, 12, 20)]


def jayapura():
    return TrainingSession.objects.select_related("venue").get(region__code="91")


def test_load_a_corrected_file_changes_sessions_nobody_registered_for():
    editions.load(DECEMBER)

    editions.load(CORRECTED)

    first = jayapura().days.get(number=1)
    assert (jayapura().venue.name, jayapura().capacity) == ("Gedung Sasana Krida", 250)
    assert (first.starts_at, first.ends_at) == (time(8), time(16))


def test_load_a_corrected_file_leaves_what_it_does_not_change():
    editions.load(DECEMBER)
    elsewhere = Venue.objects.create(region=jayapura().region, name="Gedung Negara", city="Jayapura")
    TrainingSession.objects.filter(region__code="91").update(venue=elsewhere, capacity=280)
    make_registration(jayapura())

    editions.load(DECEMBER.replace("guardian_hours = 72", "guardian_hours = 48"))

    assert (jayapura().venue, jayapura().capacity) == (elsewhere, 280)


def test_load_refuses_to_change_a_session_with_registrations():
    editions.load(DECEMBER)
    make_registration(jayapura())

    with pytest.raises(editions.SessionIsTaken, match=r"jayapura-2025-12 has .* other hours, seats, venue"):
        editions.load(CORRECTED)

    assert Program.objects.get().seats_per_session == 300


def test_load_refuses_to_move_a_session_with_registrations():
    editions.load(DECEMBER)
    make_registration(TrainingSession.objects.get(region__code="91"))

    with pytest.raises(editions.SessionIsTaken, match="jayapura-2025-12"):
        editions.load(DECEMBER.replace("[2025-12-18, 2025-12-19, 2025-12-20]", "[2025-12-16, 2025-12-18, 2025-12-20]"))


def test_load_another_month_beside_the_first():
    editions.load(DECEMBER)
    editions.load(JANUARY)

    assert counts() == [2, 15, 15, 30, 90, 6, 10, 14]
    assert TrainingSession.objects.filter(slug="jayapura-2026-01").exists()


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ("[program]", "[program", "this is not TOML"),
        ('wave = "A"', 'wave = "Z"', "there is no wave 'Z'"),
        ('time_zone = "Asia/Jayapura"', 'time_zone = "Asia/Tokyo"', "'Asia/Tokyo' is none of"),
        ("adult_age = 18", 'adult_age = "delapan belas"', "adult_age"),
        ("adult_age = 18", "adult_agee = 18", "adult_agee is not known here"),
        ("guardian_hours = 72", "", "guardian_hours is missing"),
        ("born_until = 2012-12-31", "born_until = 1990-12-31", "is before born_from"),
        ("ends_on = 2025-12-20", "ends_on = 2025-12-01", "is before starts_on"),
        ("[2025-12-17, 2025-12-18, 2025-12-19]", "[2025-12-17, 2025-12-18]", "2 days, but days_per_session is 3"),
        ("[2025-12-17, 2025-12-18, 2025-12-19]", "[2025-12-17, 2025-12-18, 2025-12-25]", "outside the edition"),
        ("[2025-12-17, 2025-12-18, 2025-12-19]", "[2025-12-19, 2025-12-18, 2025-12-17]", "in order"),
        ('code = "32"', 'code = "31"', "stands in the file already"),
        ("day = 3", "day = 4", "a session has only 3 days"),
        ('pillar = "market_access"', 'pillar = "juggling"', "pillar"),
        ('kind = "private"', 'kind = "secret"', "kind"),
        ('anchor = "each_day"', 'anchor = "full_moon"', "anchor"),
        ("last_useful = { offset_days = -4,", "last_useful = { offset_days = -9,", "before the reminder falls due"),
        ("urgent = true", "channels = []", "channels: list should have at least 1 item"),
        ("urgent = true", 'channels = ["pigeon"]', "found 'pigeon'"),
        ("urgent = true", 'quiet_hours = { from = "07:00", until = "07:00" }', "they never end"),
        ("urgent = true", 'quiet_hours = { start = "07:00", until = "08:00" }', "start is not known here"),
        ('audience = "confirmed"', 'audience = "awaiting_guardian"', "needs [reminders.words]"),
        ('"2025-12-01T10:00:00+07:00"', '"2025-12-01T10:00:00"', "offset from UTC"),
        ('"2025-12-01T10:00:00+07:00"', '"2025-12-17T10:00:00+07:00"', "close before it opens"),
        ('start = "09:00", end = "16:00"', 'start = "16:00", end = "09:00"', "ends before it starts"),
        ("certificate_min_days = 3", "certificate_min_days = 4", "only 3 days"),
        ('linked_to = "gig-ai-2025-12"', 'linked_to = "other"', "this file's edition"),
        ("latitude = -2.592\n", "", "code: latitude and longitude belong together: give both or neither"),
        ("latitude = -2.592", "latitude = 48.1", "latitude: input should be less than or equal to 6.1, found 48.1"),
    ],
)
def test_load_says_which_line_is_wrong_and_changes_nothing(right, wrong, sentence):
    source = DECEMBER.replace(right, wrong, 1)
    line = DECEMBER[: DECEMBER.index(right)].count("\n") + 1

    with pytest.raises(WrongFile) as wrong_file:
        editions.load(source)

    problems = wrong_file.value.problems
    assert any(sentence in said for _line, said in problems), problems
    if wrong and sentence not in ("close before it opens", "needs [reminders.words]"):  # of a table, not of a line
        assert any(at == line for at, said in problems if sentence in said), (line, problems)
    assert counts() == [0] * 8


def test_command_prints_file_line_and_reason(tmp_path):
    file = tmp_path / "wrong.toml"
    file.write_text(DECEMBER.replace('wave = "A"', 'wave = "Z"', 1))

    with pytest.raises(SystemExit) as end:
        call_command("load_edition", str(file))

    assert str(end.value).startswith(f"{file}:72: wave: there is no wave 'Z'")


def test_command_says_what_it_did():
    out = StringIO()

    call_command("load_edition", "programs/editions/2025_12.toml", stdout=out)
    call_command("load_edition", "programs/editions/2025_12.toml", stdout=out)

    assert "15 TrainingSession" in out.getvalue()
    assert out.getvalue().endswith("gig-ai-2025-12: loaded before, nothing changed\n")
