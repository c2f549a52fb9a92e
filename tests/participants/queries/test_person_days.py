"""Screen, files, totals and the certificate's rule say the same of histories that nobody thought of."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from datetime import date, datetime, time, timedelta
from uuid import uuid4

import openpyxl
import pytest
from django.db import connection

from participants import queries
from participants.exports import attendance as export
from participants.exports import portions
from participants.models import AttendanceFact, Mark, Registration
from participants.queries import person_days
from participants.queries.person_days import Filter, Selection
from tests.factories import WIB, make_participant, make_program, make_region, make_registration, make_session
from tests.histories import seeds

pytestmark = pytest.mark.django_db
ZONES = ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]
LABELS = {str(mark.label): mark.value for mark in Mark} | {"": ""}
THERE = {"present", "late", "left_early"}


def make_history(chance: random.Random) -> datetime:
    """Two sessions, some people in and out of them, and facts in any order. Returns when it is looked at."""
    program = make_program(certificate_min_days=chance.randint(1, 3))
    for zone in chance.sample(ZONES, 2):
        session = make_session(program=program, region=make_region(time_zone=zone), days=chance.randint(1, 3))
        for _number in range(chance.randint(1, 4)):
            born = date(chance.randint(1998, 2011), chance.randint(1, 12), chance.randint(1, 28))
            gender = chance.choice(["", "female", "male"])
            person = make_participant(region=session.region, birth_date=born, gender=gender)
            held = [{}, {}, {}, {"guardian": "given"}, {"guardian": "asked"}]
            registration = make_registration(session, participant=person, **chance.choice(held))
            for day in session.days.all():
                for _fact in range(chance.choice([0, 1, 1, 2, 3, 6])):
                    add_fact(chance, registration, day)
            if chance.random() < 0.15:
                reason = {"release_reason": "cancelled_by_staff", "released_at": datetime(2025, 12, 17, tzinfo=WIB)}
                Registration.objects.filter(pk=registration.pk).update(place="released", **reason)
    return datetime(2025, 12, 15, 12, tzinfo=WIB) + timedelta(hours=chance.randint(0, 110))


def add_fact(chance: random.Random, registration: Registration, day) -> None:
    at = datetime.combine(day.date, time(9), WIB) + timedelta(minutes=chance.randint(0, 300))
    facts = AttendanceFact.objects.filter(registration=registration, day=day)
    undone = facts.filter(kind="undo").values("batch")
    standing = facts.filter(kind="correction").exclude(batch__in=undone).order_by("pk").last()
    if chance.random() < 0.5:
        mark = chance.choice(["present", "late", "left_early"])
        said = {"kind": "leaving" if mark == "left_early" else "scan", "source": "scanner", "mark": mark}
        said |= {"device_at": at + timedelta(minutes=chance.randint(-90, 90))} if chance.random() < 0.5 else {}
    elif standing and chance.random() < 0.4:
        said = {"kind": "undo", "source": "grid", "mark": "", "batch": standing.batch}
    else:
        said = {"kind": "correction", "source": "grid", "mark": chance.choice([*Mark.values, ""]), "batch": uuid4()}
    AttendanceFact.objects.create(registration=registration, day=day, session=day.session, recorded_at=at, **said)


def as_it_should_be(now: datetime) -> dict[int, list[str]]:
    """The marks of everybody confirmed, told from the facts in Python alone."""
    marks = {}
    for registration in Registration.objects.filter(place="seat", guardian__in=["not_needed", "given"]):
        marks[registration.pk] = [mark_of(registration, day, now) for day in registration.session.days.all()]
    return marks


def mark_of(registration: Registration, day, now: datetime) -> str:
    facts = list(registration.attendance_facts.filter(day=day))
    undone = {fact.batch for fact in facts if fact.kind == "undo"}
    facts = [fact for fact in facts if fact.kind != "undo" and (fact.batch is None or fact.batch not in undone)]
    cleared = max((fact.pk for fact in facts if not fact.mark), default=0)
    facts = [fact for fact in facts if fact.pk > cleared]
    corrections = [fact for fact in facts if fact.kind == "correction"]
    said = ""
    if corrections:
        said = max(corrections, key=lambda fact: fact.pk).mark
    elif any(fact.kind == "leaving" for fact in facts):
        said = "left_early"
    elif facts:
        said = min(facts, key=lambda fact: (fact.device_at or fact.recorded_at, fact.pk)).mark
    return said or ("absent" if day.date < now.astimezone(registration.session.region.zone).date() else "")


def rows_of_csv(selection: Selection, **options) -> list[dict[str, str]]:
    file = io.BytesIO()
    export.write_csv(export.Request(selection, "uji", {}, **options), file)
    return list(csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig"))))


def rows_of_xlsx(selection: Selection) -> list[dict[str, object]]:
    file = io.BytesIO()
    export.write_xlsx(export.Request(selection, "uji", {}), file)
    header, *rows = openpyxl.load_workbook(file)["Kehadiran"].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows if any(row)]


def marks_of(rows: list[dict]) -> Counter:
    days = ("Hari 1", "Hari 2", "Hari 3")
    return Counter(tuple(LABELS[row[day] or ""] for day in days if day in row) for row in rows)


@pytest.mark.parametrize("few", [0, 5_000], ids=["read-whole", "looked-up"])
@pytest.mark.parametrize("seed", seeds(6))
def test_everything_agrees_about_a_random_history(seed, few, monkeypatch):
    monkeypatch.setattr(person_days, "FEW", few)
    monkeypatch.setattr(portions, "SIDE_BY_SIDE", few)
    monkeypatch.setattr(portions, "MOST_ROWS", 2)
    now = make_history(random.Random(seed))
    expected, days = as_it_should_be(now), range(3)
    selection = Selection(Registration.objects.all(), now)
    confirmed = Registration.objects.confirmed().select_related("session__program")
    shown = {row.pk: row for row in queries.with_attendance(confirmed, now=now)}
    needed = {row.pk: row.session.program.certificate_min_days for row in shown.values()}
    present = {pk: sum(mark in THERE for mark in marks) for pk, marks in expected.items()}
    complete = {pk for pk, count in present.items() if count >= needed[pk]}

    assert {pk: [mark.mark for mark in queries.day_marks(row)] for pk, row in shown.items()} == expected
    met = {pk for pk, row in shown.items() if state(row) == "met"}
    assert person_days.certificate_ids(selection) == met == complete
    (totals,) = person_days.totals(selection)
    assert (totals["people"], totals["present"], totals["complete"]) == (
        len(expected),
        sum(present.values()),
        len(complete),
    )
    for by in ("program", "region", "session", "gender", "occupation", "age"):
        groups = person_days.totals(selection, by=(by,))
        for number in ("people", "present", "complete", *(name for name in totals if name.startswith("there"))):
            assert sum(group[number] for group in groups) == totals[number], (by, number)

    most = max((len(marks) for marks in expected.values()), default=0)
    padded = Counter(tuple((marks + [""] * 3)[day] for day in days[:most]) for marks in expected.values())
    for rows in (rows_of_csv(selection), rows_of_xlsx(selection)):
        assert marks_of(rows) == padded
        assert sum(int(row["Hari hadir"]) for row in rows) == totals["present"]
        assert sum(row["Memenuhi syarat sertifikat"] == "ya" for row in rows) == totals["complete"]
    by_day = rows_of_csv(selection, layout="days")
    assert Counter(LABELS[row["Kehadiran"]] for row in by_day) == Counter(
        mark for marks in expected.values() for mark in marks
    )
    for day in range(most):
        there = sum(len(marks) > day and marks[day] in THERE for marks in expected.values())
        assert totals[f"there_{day + 1}"] == there
    today = {day.session_id: day for day in queries.sessions_today(everybody(), now=now)}
    for session_id, day in today.items():
        rows = [expected[pk] for pk, row in shown.items() if row.session_id == session_id]
        assert (day.confirmed, day.present) == (len(rows), sum(marks[day.number - 1] in THERE for marks in rows))


def state(row: Registration) -> str:
    return queries.progress(queries.day_marks(row), row.session.program).state


def everybody():
    from tests.staff import make_superuser  # noqa: PLC0415 -- as many tests need no staff

    return make_superuser()


def filters(chance: random.Random) -> Filter:
    """Something of what can be asked of days and people together."""
    first, last = sorted(date(2025, 12, chance.randint(15, 19)) for _end in range(2))
    return Filter(
        first=chance.choice([None, first]),
        last=chance.choice([None, last]),
        marks=tuple(chance.sample(["", *Mark.values], chance.randint(0, 3))),
        complete=chance.choice([None, None, True, False]),
        ages=chance.choice(["", "", "18-20", "21-24"]),
    )


def asked_for(asked: Filter, now: datetime) -> tuple[set[int], set[tuple[int, date]]]:
    """The people and their days that `asked` means, told in Python alone."""
    people, days = set(), set()
    marks_of_all = as_it_should_be(now)
    for row in Registration.objects.filter(pk__in=marks_of_all).select_related("session__program"):
        marks = dict(zip(row.session.days.order_by("number"), marks_of_all[row.pk], strict=True))
        first_day = min(day.date for day in marks)
        age = (
            first_day.year
            - row.birth_date.year
            - ((first_day.month, first_day.day) < (row.birth_date.month, row.birth_date.day))
        )
        low, high = person_days.AGE_BANDS.get(asked.ages, (0, 200))
        complete = sum(mark in THERE for mark in marks.values()) >= row.session.program.certificate_min_days
        meant = {
            (row.pk, day.date)
            for day, mark in marks.items()
            if (asked.first or day.date) <= day.date <= (asked.last or day.date)
            and (not asked.marks or mark in asked.marks)
        }
        if meant and low <= age <= high and asked.complete in (None, complete):
            people.add(row.pk)
            days |= meant
    return people, days


@pytest.mark.parametrize("few", [0, 5_000], ids=["read-whole", "looked-up"])
@pytest.mark.parametrize("seed", seeds(4))
def test_every_filter_means_the_people_and_days_that_it_says(seed, few, monkeypatch):
    monkeypatch.setattr(person_days, "FEW", few)
    chance = random.Random(seed)
    now = make_history(chance)
    for _filter in range(25):
        asked = filters(chance)
        people, days = asked_for(asked, now)
        assert person_days.count(Selection(Registration.objects.all(), now, asked)) == (len(people), len(days)), asked
        assert person_days.count_people(Selection(Registration.objects.all(), now, asked)) == len(people), asked


class TestFilter:
    @pytest.fixture
    def now(self):
        return datetime(2025, 12, 18, 10, tzinfo=WIB)

    def test_is_kept_as_json_and_read_back(self):
        for asked in (
            Filter(),
            Filter(gender=""),
            Filter(program=1, region=2, session=3, first=date(2025, 12, 16), last=date(2025, 12, 17)),
            Filter(marks=("", "late"), complete=False, gender="female", ages="18-20"),
        ):
            assert Filter.from_json(asked.as_json()) == asked
        assert Filter().as_json() == {}

    @pytest.mark.parametrize(
        ("asked", "people", "days"),
        [
            ({}, 3, 9),
            ({"gender": "female"}, 1, 3),
            ({"gender": ""}, 1, 3),
            ({"ages": "18-20"}, 1, 3),
            ({"ages": "0-17"}, 1, 3),
            ({"marks": ("present",)}, 2, 3),
            ({"marks": ("absent",)}, 3, 4),
            ({"marks": ("",)}, 2, 2),
            ({"complete": True}, 1, 3),
            ({"complete": False}, 2, 6),
            ({"first": date(2025, 12, 17), "last": date(2025, 12, 17)}, 3, 3),
            ({"first": date(2025, 12, 18), "marks": ("late", "present")}, 1, 1),
            ({"last": date(2025, 12, 1)}, 0, 0),
        ],
    )
    def test_chooses_people_and_days(self, now, asked, people, days):
        program = make_program(certificate_min_days=2)
        session = make_session(program=program)
        born = [date(2010, 1, 1), date(2005, 1, 1), date(1998, 1, 1)]
        for birth_date, gender, marks in zip(
            born, ["female", "male", ""], [["present"], ["present", "", "present"], []], strict=True
        ):
            person = make_participant(region=session.region, birth_date=birth_date, gender=gender)
            registration = make_registration(session, participant=person)
            for day, mark in zip(session.days.all(), marks, strict=False):
                if mark:
                    AttendanceFact.objects.create(
                        registration=registration,
                        day=day,
                        session=session,
                        kind="correction",
                        source="grid",
                        mark=mark,
                        recorded_at=now,
                    )
        selection = Selection(Registration.objects.all(), now, Filter(**asked))

        assert person_days.count(selection) == (people, days)
        assert len(rows_of_csv(selection)) == people
        assert len(rows_of_csv(selection, layout="days")) == days

    def test_asks_for_nobody(self, now):
        make_registration(make_session())
        nobody = Selection(Registration.objects.none(), now)

        assert person_days.count(nobody) == (0, 0)
        assert (rows_of_csv(nobody), rows_of_xlsx(nobody)) == ([], [])


class TestPlan:
    """Right after a mass load the planner knows nothing, and takes a hundred thousand people for three."""

    SELECTS = [
        "SELECT * FROM wanted JOIN person_days USING (registration_id)",
        "SELECT count(*), sum(present) FROM wanted",
    ]

    def nested_loops(self, selection: Selection, select: str) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {person_days.sql(selection, select, days=3)}")
            return [line for (line,) in cursor if "Nested Loop" in line]

    @pytest.mark.parametrize("select", SELECTS)
    @pytest.mark.parametrize("asked", [Filter(), Filter(marks=("present", ""), complete=True, ages="18-20")])
    def test_of_many_nobody_is_looked_up_one_by_one(self, asked, select, monkeypatch):
        monkeypatch.setattr(person_days, "FEW", 0)
        make_registration(make_session())
        selection = Selection(Registration.objects.all(), datetime(2025, 12, 18, tzinfo=WIB), asked)

        unguarded = self.nested_loops(selection, select)
        with person_days.planned(selection):
            guarded = self.nested_loops(selection, select)

        assert unguarded  # what the planner makes of tables that nobody has analysed
        assert guarded == []
        assert self.nested_loops(selection, select) == unguarded  # what follows in the transaction is planned as ever

    def test_few_are_looked_up(self):
        make_registration(make_session())
        selection = Selection(Registration.objects.all(), datetime(2025, 12, 18, tzinfo=WIB))

        with person_days.planned(selection):
            assert self.nested_loops(selection, self.SELECTS[0])

    @pytest.mark.parametrize("layout", ["people", "days"])
    @pytest.mark.parametrize("write", [export.write_csv, export.write_xlsx])
    def test_files_and_numbers_are_read_so(self, monkeypatch, write, layout):
        monkeypatch.setattr(person_days, "FEW", 0)
        make_registration(make_session())
        selection = Selection(Registration.objects.all(), datetime(2025, 12, 18, tzinfo=WIB))
        sql, settings = person_days.sql, []

        def looked_at(*args, **options) -> str:
            with connection.cursor() as cursor:
                cursor.execute("SHOW enable_nestloop")
                settings.extend(cursor.fetchone())
            return sql(*args, **options)

        monkeypatch.setattr(person_days, "sql", looked_at)
        write(export.Request(selection, "uji", {}, layout=layout), io.BytesIO())
        person_days.count(selection)
        person_days.certificate_ids(selection)

        assert set(settings) == {"off"}
