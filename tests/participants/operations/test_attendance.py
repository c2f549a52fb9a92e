"""Whatever is recorded, undone, scanned and cancelled: grid, numbers of the day and both files say the same."""

import csv
import io
import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import openpyxl
import pytest
from django.db import connection

from participants import queries
from participants.exports import attendance as export
from participants.exports import portions, sheets
from participants.models import Attendance, AttendanceFact, Mark, Registration
from participants.operations import attendance
from participants.operations.attendance import NewMark
from participants.queries import person_days
from participants.queries.person_days import Selection
from tests.factories import WIB, make_coordinator, make_participant, make_region, make_registration, make_session
from tests.histories import seeds

pytestmark = pytest.mark.django_db
MARKS = ["", *Mark.values]


def scan(registration, day, moment, mark):
    AttendanceFact.objects.create(
        registration=registration,
        day=day,
        session=registration.session,
        kind="leaving" if mark == "left_early" else "scan",
        source="scanner",
        mark=mark,
        device_at=moment,
        recorded_at=moment,
    )


def expected_mark(facts, day, today):
    """The rule, told once more in plain words, of what stands once what was undone is struck out.

    The last clearing ends what was before it. Of what is left the last correction, else the last scan at leaving, else
    the first scan, else absent when over.
    """
    cleared = [number for number, fact in enumerate(facts) if fact[:2] == ("correction", "")]
    left = facts[cleared[-1] + 1 :] if cleared else facts
    corrections = [mark for kind, mark, _at in left if kind == "correction"]
    leaving = any(mark == "left_early" for kind, mark, _at in left if kind == "scan")
    scans = sorted((at, mark) for kind, mark, at in left if kind == "scan")
    said = corrections[-1] if corrections else "left_early" if leaving else scans[0][1] if scans else ""
    return said or ("absent" if day.date < today else "")


def written(write, now, **options):
    file = io.BytesIO()
    write(export.Request(Selection(Registration.objects.all(), now), "uji", {}, **options), file)
    file.seek(0)
    return file


def as_in_csv(cell):
    """A typed cell as it is written in the other file, to the minute."""
    if cell.value is None:
        return ""
    if cell.is_date:
        at = cell.value + timedelta(seconds=1)  # a fraction of a day is not exact
        return f"{at:%Y-%m-%d %H:%M}" if "h" in cell.number_format else f"{at:%Y-%m-%d}"
    return f"{cell.value:g}" if isinstance(cell.value, float) else str(cell.value)


@pytest.mark.parametrize("seed", seeds(40))
def test_grid_numbers_and_files_agree_after_any_history(seed):
    chance = random.Random(seed)
    zone = chance.choice(["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
    session = make_session(region=make_region(time_zone=zone))
    session.program.certificate_min_days = chance.randint(1, 3)
    session.program.save()
    user, days = make_coordinator(session.region), list(session.days.order_by("number"))
    rows = [make_registration(session) for _ in range(4)]
    history = {(row.pk, day.pk): [] for row in rows for day in days}
    now = datetime(2025, 12, 18, chance.randint(0, 23), chance.randint(0, 59), tzinfo=WIB) + timedelta(
        days=chance.randint(-1, 1)
    )
    today = now.astimezone(session.region.zone).date()
    open_days = [day for day in days if day.date <= today]
    pressed = None
    for _ in range(chance.randint(0, 40)):
        row, day, moment = (
            chance.choice(rows),
            chance.choice(open_days),
            now - timedelta(minutes=chance.randint(1, 600)),
        )
        does = chance.random()
        if does < 0.5:
            mark = chance.choice(["present", "late", "left_early"])
            scan(row, day, moment, mark)
            history[row.pk, day.pk].append(("scan", mark, moment))
        elif does < 0.85 or pressed is None:
            batch, press = uuid.uuid4(), {}
            for one in chance.sample(rows, chance.choice([1, 1, 3])):
                press[one.pk, day.pk] = ("correction", chance.choice(MARKS), moment)
            marks = [NewMark(pk, day_pk, mark) for (pk, day_pk), (_kind, mark, _at) in press.items()]
            attendance.record(session=session, marks=marks, by=user, now=now, batch=batch)
            for cell, fact in press.items():
                history[cell].append(fact)
            pressed = (batch, press)
        else:
            batch, press = pressed
            assert attendance.undo(session=session, batch=batch, by=user, now=now) == len(press)
            for cell, fact in press.items():
                history[cell] = [one for one in history[cell] if one is not fact]
            pressed = None
    for row in chance.sample(rows, chance.randint(0, 2)):
        Registration.objects.filter(pk=row.pk).update(place="released", release_reason="self", released_at=now)
        rows.remove(row)

    told = {row.pk: [expected_mark(history[row.pk, day.pk], day, today) for day in days] for row in rows}
    seen = queries.with_attendance(Registration.objects.confirmed(), now=now)
    assert {row.pk: [mark.mark for mark in queries.day_marks(row)] for row in seen} == told

    totals = sorted(sum(mark in queries.THERE for mark in marks) for marks in told.values())
    lines = list(csv.DictReader(io.StringIO(written(export.write_csv, now).read().decode("utf-8-sig"))))
    assert sorted(int(line["Hari hadir"]) for line in lines) == totals
    eligible = [total >= session.program.certificate_min_days for total in totals]
    assert sorted(line["Memenuhi syarat sertifikat"] == "ya" for line in lines) == eligible

    sheet = openpyxl.load_workbook(written(export.write_xlsx, now))["Kehadiran"]
    of_xlsx = [[as_in_csv(cell) for cell in line] for line in sheet.iter_rows(min_row=2) if line[0].value]
    assert of_xlsx == [list(line.values()) for line in lines]

    user.is_superuser = True
    of_today = {day.pk: day.present for day in queries.sessions_today(user, now=now)}
    for number, day in enumerate(days):
        if day.date == today:
            assert of_today[day.pk] == sum(marks[number] in queries.THERE for marks in told.values())


def test_a_file_goes_on_on_a_second_sheet(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    monkeypatch.setattr(portions, "MOST_ROWS", 1)
    monkeypatch.setattr(portions, "SIDE_BY_SIDE", 0)
    session = make_session()
    names = [f"Peserta {number}" for number in range(5)]
    for name in names:
        make_registration(session, participant=make_participant(full_name=name, region=session.region))

    book = openpyxl.load_workbook(written(export.write_xlsx, datetime(2025, 12, 18, tzinfo=WIB)))

    assert book.sheetnames == ["Kehadiran", "Kehadiran 2", "Kehadiran 3", "Keterangan"]
    rows = [list(book[name].iter_rows(values_only=True)) for name in book.sheetnames[:3]]
    assert [len(sheet) for sheet in rows] == [3, 3, 2]
    assert len({sheet[0] for sheet in rows}) == 1
    column = rows[0][0].index("Nama")
    assert [line[column] for sheet in rows for line in sheet[1:]] == names


class TestUndo:
    NOW = datetime(2025, 12, 16, 10, tzinfo=WIB)

    @pytest.fixture
    def session(self):
        return make_session()

    @pytest.fixture
    def by(self, session):
        return make_coordinator(session.region)

    def held(self):
        return sorted(Attendance.objects.values_list("registration", "mark"))

    @pytest.mark.parametrize("seed", seeds(12))
    def test_brings_back_what_held_before_whatever_that_was(self, session, by, seed):
        chance = random.Random(seed)
        rows, day = [make_registration(session) for _ in range(4)], session.days.get(number=1)
        for _ in range(chance.randint(0, 8)):
            row, moment = chance.choice(rows), self.NOW - timedelta(minutes=chance.randint(1, 90))
            if chance.random() < 0.6:
                scan(row, day, moment, chance.choice(["present", "late", "left_early"]))
            else:
                mark = NewMark(row.pk, day.pk, chance.choice(MARKS))
                attendance.record(session=session, marks=[mark], by=by, now=self.NOW)
        before, batch = self.held(), uuid.uuid4()

        some = [NewMark(row.pk, day.pk, "excused") for row in chance.sample(rows, 2)]
        attendance.record(session=session, marks=some, by=by, now=self.NOW, batch=batch)
        attendance.mark_rest_present(session=session, day=day, by=by, now=self.NOW, batch=batch)
        assert len(self.held()) == 4
        attendance.undo(session=session, batch=batch, by=by, now=self.NOW)

        assert self.held() == before
        assert attendance.undoable(session=session, by=by, now=self.NOW) is None

    @pytest.mark.parametrize("how", ["undone", "cleared", "cleared, which is undone"])
    def test_who_is_scanned_afterwards_counts(self, session, by, how):
        rows, day, batch = [make_registration(session) for _ in range(2)], session.days.get(number=1), uuid.uuid4()
        attendance.mark_rest_present(session=session, day=day, by=by, now=self.NOW, batch=batch)
        if how == "undone":
            attendance.undo(session=session, batch=batch, by=by, now=self.NOW)
        else:
            clearing = [NewMark(row.pk, day.pk, "") for row in rows]
            attendance.record(session=session, marks=clearing, by=by, now=self.NOW, batch=(batch := uuid.uuid4()))
        assert self.held() == []

        scan(rows[0], day, self.NOW - timedelta(hours=1), "late")  # on a phone without a line, an hour before

        assert self.held() == [(rows[0].pk, "late")]
        if how == "cleared, which is undone":
            attendance.undo(session=session, batch=batch, by=by, now=self.NOW)
            assert self.held() == [(row.pk, "present") for row in rows]

    def test_who_was_scanned_in_between_counts(self, session, by):
        row, day, batch = make_registration(session), session.days.get(number=1), uuid.uuid4()
        attendance.mark_rest_present(session=session, day=day, by=by, now=self.NOW, batch=batch)
        scan(row, day, self.NOW, "late")

        attendance.undo(session=session, batch=batch, by=by, now=self.NOW)

        assert self.held() == [(row.pk, "late")]

    def test_an_own_mark_that_holds_again_since_anothers_was_undone_can_be_undone(self, session, by):
        row, day, other = make_registration(session), session.days.get(number=1), make_coordinator(session.region)
        own, others = uuid.uuid4(), uuid.uuid4()
        for who, mark, batch in ((by, "absent", own), (other, "excused", others)):
            attendance.record(session=session, marks=[NewMark(row.pk, day.pk, mark)], by=who, now=self.NOW, batch=batch)
        attendance.undo(session=session, batch=others, by=other, now=self.NOW)
        assert self.held() == [(row.pk, "absent")]

        assert attendance.undo(session=session, batch=own, by=by, now=self.NOW) == 1
        assert self.held() == []

    def test_what_doors_said_before_is_not_frozen(self, session, by):
        row, day, batch = make_registration(session), session.days.get(number=1), uuid.uuid4()
        scan(row, day, self.NOW, "present")
        wrong = NewMark(row.pk, day.pk, "absent")
        attendance.record(session=session, marks=[wrong], by=by, now=self.NOW, batch=batch)
        attendance.undo(session=session, batch=batch, by=by, now=self.NOW)
        assert self.held() == [(row.pk, "present")]

        scan(row, day, self.NOW + timedelta(hours=2), "left_early")

        assert self.held() == [(row.pk, "left_early")]

    def test_leaves_alone_what_somebody_recorded_since(self, session, by):
        rows, day, batch = [make_registration(session) for _ in range(2)], session.days.get(number=1), uuid.uuid4()
        attendance.mark_rest_present(session=session, day=day, by=by, now=self.NOW, batch=batch)
        later, other = NewMark(rows[0].pk, day.pk, "late"), make_coordinator(session.region)
        attendance.record(session=session, marks=[later], by=other, now=self.NOW)

        assert attendance.undo(session=session, batch=batch, by=by, now=self.NOW) == 1
        assert self.held() == [(rows[0].pk, "late")]

    @pytest.mark.parametrize("who", ["another", "later", "twice"])
    def test_is_for_ones_own_last_quarter_of_an_hour_and_once(self, session, by, who):
        row, day, batch = make_registration(session), session.days.get(number=1), uuid.uuid4()
        mark = NewMark(row.pk, day.pk, "late")
        attendance.record(session=session, marks=[mark], by=by, now=self.NOW, batch=batch)
        assert attendance.undoable(session=session, by=by, now=self.NOW) == batch
        if who == "twice":
            attendance.undo(session=session, batch=batch, by=by, now=self.NOW)

        with pytest.raises(attendance.NothingToUndo):
            attendance.undo(
                session=session,
                batch=batch,
                by=make_coordinator() if who == "another" else by,
                now=self.NOW + timedelta(minutes=15 if who == "later" else 0),
            )


@pytest.mark.django_db(transaction=True)
class TestTogether:
    """Real threads on real connections."""

    def both(self, *works):
        def alone(work):
            try:
                work()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(works)) as pool:
            list(pool.map(alone, works))

    def test_ten_devices_send_one_mark_at_once_and_it_is_kept_once(self):
        session = make_session()
        row, day, user = make_registration(session), session.days.get(number=1), make_coordinator(session.region)
        mark = NewMark(row.pk, day.pk, "present", uuid.uuid4())
        now = datetime(2025, 12, 18, 10, tzinfo=WIB)

        self.both(*[lambda: attendance.record(session=session, marks=[mark], by=user, now=now)] * 10)

        assert AttendanceFact.objects.count() == 1

    def test_marking_the_rest_overrides_nothing_that_is_recorded_meanwhile(self):
        session = make_session()
        rows = [make_registration(session) for _ in range(20)]
        day, user = session.days.get(number=1), make_coordinator(session.region)
        now = datetime(2025, 12, 18, 10, tzinfo=WIB)
        singles = [
            lambda row=row: attendance.record(
                session=session, marks=[NewMark(row.pk, day.pk, "excused")], by=user, now=now
            )
            for row in rows
        ]

        self.both(*singles, lambda: attendance.mark_rest_present(session=session, day=day, by=user, now=now))

        assert set(Attendance.objects.values_list("mark", flat=True)) == {"excused"}
        assert Attendance.objects.count() == 20

    @pytest.mark.parametrize("layout", ["people", "days"])
    @pytest.mark.parametrize("write", [export.write_csv, export.write_xlsx])
    def test_a_file_is_of_one_moment(self, monkeypatch, write, layout):
        session = make_session()
        rows = [make_registration(session) for _ in range(6)]
        now = datetime(2025, 12, 18, 10, tzinfo=WIB)
        sql = person_days.sql

        def meddle(selection, select, **options):
            """What changes once the first query has opened the snapshot."""
            statement = sql(selection, select, **options)
            self.both(lambda: Registration.objects.filter(pk=rows[5].pk).delete(), lambda: make_registration(session))
            monkeypatch.setattr(person_days, "sql", sql)
            return statement

        monkeypatch.setattr(person_days, "sql", meddle)

        request = export.Request(Selection(Registration.objects.all(), now), "uji", {}, layout=layout)
        result = write(request, io.BytesIO())

        assert (result.people, result.row_count) == (6, 6 if layout == "people" else 18)
        assert not Registration.objects.filter(pk=rows[5].pk).exists()
