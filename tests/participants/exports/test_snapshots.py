"""What two connections read side by side is of one moment; what goes wrong on one ends both. Real connections."""

import io
import threading
import time
from contextlib import closing

import openpyxl
import psycopg2
import pytest
from django.db import connection, connections

from participants.exports import attendance as export
from participants.exports import pieces, portions, snapshots
from participants.exports.pieces import Piece
from participants.exports.snapshots import snapshot
from participants.models import Registration
from participants.queries.person_days import Selection
from tests.factories import make_participant, make_program, make_region, make_registration, make_session
from tests.participants.operations.exporting import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(act):
    """`act` on a connection of its own, done and committed."""

    def work():
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def text_of(piece: Piece) -> str:
    file = io.BytesIO()
    piece.put_into(file)
    return file.getvalue().decode()


def busy() -> int:
    """How many connections to this database are in the middle of something, besides the one that asks.

    One that was closed has a while to be gone: the server ends it by itself.
    """
    for _try in range(100):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend' AND state <> 'idle'"
            )
            (number,) = cursor.fetchone()
        if number == 0:
            return 0
        time.sleep(0.05)
    return number


def copied(moment, *selects, make=Piece, told=lambda rows: None):
    return moment.copied([f"COPY ({select}) TO STDOUT (FORMAT csv)" for select in selects], make, told)


@pytest.fixture
def people():
    program = make_program()
    for many in (4, 7, 2):
        session = make_session(program=program, region=make_region())
        for number in range(many):
            person = make_participant(full_name=f"Orang {number} & kawan", region=session.region)
            make_registration(session, participant=person)


def test_two_at_a_time_and_handed_over_in_order():
    select = "SELECT {n} FROM pg_sleep({seconds})"
    with snapshot() as moment:
        pids = "SELECT pg_backend_pid() FROM pg_sleep(0.3)"
        both = [text_of(piece) for piece in copied(moment, pids, pids)]
        slow_first = [select.format(n=n, seconds=0.3 / n) for n in (1, 2, 3, 4)]
        order = [text_of(piece) for piece in copied(moment, *slow_first)]

    assert len(set(both)) == 2
    assert order == ["1\n", "2\n", "3\n", "4\n"]


def test_neither_sees_what_is_written_meanwhile(people):
    count = "SELECT count(*) FROM participants_registration"
    with snapshot() as moment:
        elsewhere(lambda: Registration.objects.all().delete())
        seen = [text_of(piece) for piece in copied(moment, count, count)]

    assert seen == ["13\n", "13\n"]
    assert not Registration.objects.exists()


def read(*selects, make=Piece, at_most=99):
    """Read them in one snapshot, and stop for another reason after `at_most` pieces."""
    with snapshot() as moment, closing(copied(moment, *selects, make=make)) as got:
        for number, _piece in enumerate(got, 1):
            if number == at_most:
                raise KeyError


def test_they_read_only():
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        read(*["DELETE FROM participants_tally RETURNING id"] * 2)


def test_says_how_far_both_are(monkeypatch):
    monkeypatch.setattr(snapshots, "TOLD_EVERY", 0.01)
    told = []
    rows = "SELECT repeat('x', 20000) FROM generate_series(1, 50) n, pg_sleep(0.005 + n * 0)"
    with snapshot() as moment:
        list(copied(moment, rows, rows, told=told.append))

    assert told == sorted(told)
    assert 0 < told[-1] <= 100


SLOW, BROKEN = "SELECT 1 FROM pg_sleep(60)", "SELECT 1 / (random() * 0)::int"


@pytest.mark.parametrize("selects", [[BROKEN, SLOW], [BROKEN, SLOW, SLOW], ["SELECT 1", BROKEN, SLOW]])
def test_what_fails_in_one_ends_the_other_at_once(selects):
    began = time.monotonic()

    with pytest.raises(psycopg2.errors.DivisionByZero):
        read(*selects)

    assert time.monotonic() - began < 30
    assert busy() == 0


def test_what_is_sent_only_after_it_was_cancelled_ends_as_well(monkeypatch):
    copy, began = snapshots._copy, time.monotonic()

    def late(lines, statement, piece):
        if SLOW in statement:
            time.sleep(0.3)  # as a thread that the system lets wait
        copy(lines, statement, piece)

    monkeypatch.setattr(snapshots, "_copy", late)
    with pytest.raises(psycopg2.errors.DivisionByZero):
        read(BROKEN, SLOW)

    assert time.monotonic() - began < 30
    assert busy() == 0


def test_whoever_stops_reading_leaves_nothing_running():
    began = time.monotonic()

    with pytest.raises(KeyError):
        read("SELECT 1", SLOW, SLOW, at_most=1)

    assert time.monotonic() - began < 30
    assert busy() == 0
    assert not [thread for thread in threading.enumerate() if "ThreadPool" in thread.name]


def test_a_full_disk_is_said_and_ends_both():
    class Full(Piece):
        def write(self, row: bytes) -> None:
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        read("SELECT 1", "SELECT 2", make=Full)
    assert busy() == 0


class TestFiles:
    """A file that two connections wrote is the file that one writes."""

    @pytest.fixture(params=[1, 3, 100])
    def split(self, request, monkeypatch):
        def apply():
            monkeypatch.setattr(portions, "SIDE_BY_SIDE", 0)
            monkeypatch.setattr(portions, "MOST_ROWS", request.param)
            monkeypatch.setattr(pieces, "CHUNK", 2)
            monkeypatch.setattr(pieces, "IN_MEMORY", 50)

        return apply

    def written(self, write, layout):
        file = io.BytesIO()
        selection = Selection(Registration.objects.all(), NOW)
        return write(export.Request(selection, "uji", {}, layout=layout), file), file

    @pytest.mark.parametrize("layout", ["people", "days"])
    def test_csv(self, people, split, layout):
        whole, one = self.written(export.write_csv, layout)
        split()
        halves, two = self.written(export.write_csv, layout)

        assert (halves, two.getvalue()) == (whole, one.getvalue())
        assert halves.row_count == (13 if layout == "people" else 39)

    @pytest.mark.parametrize("layout", ["people", "days"])
    def test_xlsx(self, people, split, layout):
        whole, one = self.written(export.write_xlsx, layout)
        split()
        halves, two = self.written(export.write_xlsx, layout)

        rows = [list(openpyxl.load_workbook(file).worksheets[0].iter_rows(values_only=True)) for file in (one, two)]
        assert rows[0] == rows[1]
        assert (halves.row_count, halves.people) == (whole.row_count, whole.people) == (len(rows[0]) - 1, 13)
        again, _file = self.written(export.write_xlsx, layout)
        assert again.rows_sha256 == halves.rows_sha256

    @pytest.mark.parametrize("layout", ["people", "days"])
    @pytest.mark.parametrize("write", [export.write_csv, export.write_xlsx])
    def test_are_of_one_moment_when_somebody_writes_between_the_halves(self, people, split, monkeypatch, write, layout):
        split()
        begin = export.Reading.begin.__func__

        def meddle(cls, request):
            reading = begin(cls, request)
            session = reading.sessions[0]

            def act():
                Registration.objects.filter(session=session).last().delete()
                make_registration(session, participant=make_participant(region=session.region))
                make_registration(session, participant=make_participant(region=session.region))

            elsewhere(act)
            return reading

        monkeypatch.setattr(export.Reading, "begin", classmethod(meddle))
        result, _file = self.written(write, layout)

        assert (result.people, result.row_count) == (13, 13 if layout == "people" else 39)
        assert Registration.objects.count() == 14
