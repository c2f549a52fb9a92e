"""What a web request may have of a slow database, and that nothing but web requests is limited."""

import io
import logging
import sys
from queue import Empty
from unittest.mock import Mock

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client

from participants.models import Participant
from portal.logs import LineFormatter
from portal.postgresql import patience
from portal.postgresql.patience import OutOfTime, limited
from tests.factories import make_login, make_participant, make_user
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
RENAMED = "UPDATE participants_participant SET full_name = 'Renamed'"


@pytest.fixture(autouse=True)
def seconds(settings):
    settings.DATABASE_SECONDS, settings.DATABASE_QUICK, settings.DATABASE_SLOW = 1.0, 0.0, 0.01


@pytest.fixture
def other():
    """A second connection to the same database."""
    another = connection.copy()
    yield another
    another.close()


def wait_already(spent, fastest=0.0):
    """The request of this thread has waited so long, and so long for the fastest answer."""
    allowance = patience.current()
    allowance.spent, allowance.fastest = spent, fastest


def names(connected=connection):
    with connected.cursor() as cursor:
        cursor.execute("SELECT full_name FROM participants_participant")
        return {name for (name,) in cursor.fetchall()}


WAYS = {
    "a queryset": lambda: Participant.objects.update(full_name="Renamed"),
    "a cursor": lambda: connection.cursor().execute(RENAMED),
    "many at once": lambda: connection.cursor().executemany(RENAMED + " WHERE id = %s", [[1], [2]]),
    "a kept plan": lambda: connection.run_planned(RENAMED, {}),
    "a copy": lambda: connection.cursor().copy_expert("COPY participants_participant TO STDOUT", io.StringIO()),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_statement_beyond_its_time_is_not_sent(way):
    make_participant(full_name="Siti")
    with limited(1.0):
        wait_already(1.1)
        with pytest.raises(OutOfTime):
            WAYS[way]()
    assert names() == {"Siti"}

    with limited(1.0):
        WAYS[way]()  # control: in time it is


def test_who_was_refused_once_is_so_to_the_end():
    """What catches errors and asks again, as the page of a form does, makes nobody wait anew."""
    with limited(1.0):
        wait_already(1.1)
        for _ in range(2):
            with pytest.raises(OutOfTime):
                names()
            wait_already(0.0)


@pytest.mark.parametrize(("fastest", "is_sent"), [(0.3, True), (0.5, False)])
def test_one_that_cannot_be_answered_in_time_is_not_sent(fastest, is_sent):
    with limited(1.0):
        wait_already(0.6, fastest)
        if is_sent:
            assert names() == set()
        else:
            with pytest.raises(OutOfTime):
                names()


def test_the_answer_to_begin_is_one_more():
    with limited(1.0):
        names()
        wait_already(0.3, 0.5)
        assert names() == set()
        wait_already(0.3, 0.5)
        with pytest.raises(OutOfTime), transaction.atomic():
            names()


def test_what_was_done_in_time_is_committed():
    make_participant()
    with limited(1.0), transaction.atomic():
        WAYS["a queryset"]()
        wait_already(1.1)
    assert names() == {"Renamed"}


def _rename_too_slowly():
    with transaction.atomic():
        WAYS["a queryset"]()
        with transaction.atomic():
            WAYS["a queryset"]()
            wait_already(1.1)
            names()


def test_of_what_was_begun_nothing_stays(other):
    make_participant(full_name="Siti")
    with limited(1.0), pytest.raises(OperationalError):
        _rename_too_slowly()
    assert connection.connection is None  # nobody waits for the answer to ROLLBACK
    with other.cursor() as cursor:
        cursor.execute(RENAMED.replace("Renamed", "Nobody waits"))
    assert names() == {"Nobody waits"}
    assert connection.get_autocommit()


def test_workers_and_commands_have_no_limit(settings):
    settings.DATABASE_SECONDS = 0.0
    assert patience.current() is None
    for _ in range(3):
        assert names() == set()


def test_each_request_has_its_own_time(settings):
    browser = Client(raise_request_exception=False)
    browser.cookies["session"] = make_login(make_user())
    settings.DATABASE_SECONDS = 0.0
    assert browser.get("/saya/").status_code == 503
    assert patience.current() is None

    settings.DATABASE_SECONDS = 600.0
    assert browser.get("/saya/").status_code != 503


def test_staff_have_more_where_the_database_is_quick(settings):
    browser = sign_in(Client(raise_request_exception=False), make_staff("editor"))
    settings.DATABASE_SECONDS, settings.DATABASE_SECONDS_OF_STAFF = 0.0, 600.0
    assert browser.get("/staf/").status_code == 503

    settings.DATABASE_QUICK = 600.0
    assert browser.get("/staf/").status_code == 200
    assert browser.get("/saya/").status_code == 503


def test_a_connection_that_was_not_set_up_to_its_end_is_none(other, settings):
    settings.DATABASE_SECONDS = 0.0
    with limited(0.0), pytest.raises(OutOfTime):
        names(other)

    assert other.connection is None
    with other.cursor() as cursor:
        cursor.execute("SHOW timezone")
        assert cursor.fetchone() == ("UTC",)


def test_a_request_waits_for_a_connection_no_longer_than_for_the_rest():
    allowance = patience.Allowance(4.5)
    assert allowance.seconds_to_connect(5) == 4
    allowance.spent = 3.0
    assert allowance.seconds_to_connect(5) == 2  # libpq has no less
    assert patience.Allowance(15.0).seconds_to_connect(5) == 5


class TestPlaces:
    @pytest.fixture
    def one_place(self, monkeypatch):
        places = patience.Places(1)
        monkeypatch.setattr(patience, "places", places)
        return places

    @pytest.fixture
    def another(self, one_place):
        """Another request, which has the one place."""
        another = patience.Allowance(1.0)
        another.begin()
        return another

    def test_who_finds_none_is_refused(self, one_place, another):
        with limited(1.0), pytest.raises(OutOfTime):
            names()
        assert one_place.is_slow
        assert names() == set()  # workers take none

    def test_who_may_hold_what_others_wait_for_needs_none(self, one_place, another):
        """Else those who wait for its row would have all places, and it none to go on and let go of it."""
        make_participant(full_name="Siti")
        another.end()
        with limited(1.0), transaction.atomic():
            WAYS["a queryset"]()
            another.begin()
            assert names() == {"Renamed"}
        with limited(1.0), pytest.raises(OutOfTime), transaction.atomic():  # control: nothing was asked yet
            names()
        another.end()
        with limited(1.0):
            assert names() == {"Renamed"}  # what went without a place has given none back twice

    def test_while_answers_are_quick_who_finds_none_goes_on_waiting(self, one_place, another, settings, monkeypatch):
        settings.DATABASE_QUICK = 600.0
        waited = []

        def wait(timeout):
            waited.append(timeout)
            if len(waited) < 3:
                one_place.hear_of(0.0)
                raise Empty

        monkeypatch.setattr(one_place, "_free", Mock(wraps=one_place._free, get=wait))
        with limited(1.0):
            assert names() == set()
        assert waited == [settings.DATABASE_SLOW] * 3
        assert not one_place.is_slow

    def test_while_it_is_slow_nobody_else_waits(self, one_place, another, settings):
        one_place.is_slow = True
        settings.DATABASE_SLOW = 3600.0
        with limited(1.0), pytest.raises(OutOfTime):
            names()

    def test_one_quick_answer_shows_that_it_is_over(self, one_place, another, settings):
        one_place.is_slow = True
        another.end()
        with limited(1.0):
            names()
            assert one_place.is_slow
        settings.DATABASE_QUICK = 600.0
        with limited(1.0):
            names()
        assert not one_place.is_slow

    def test_a_place_is_given_back_whatever_became_of_the_statement(self, one_place):
        with limited(1.0):
            for _ in range(3):
                with pytest.raises(Exception, match="nonsense"), connection.cursor() as cursor:
                    cursor.execute("nonsense")
        with limited(1.0):
            assert names() == set()


def test_a_slow_database_fills_no_log():
    try:
        raise OutOfTime("the request has waited for the database for 4.0 s")
    except OutOfTime:
        record = logging.LogRecord("django.request", logging.ERROR, "", 0, "%s", ("/saya/",), sys.exc_info())
    assert LineFormatter().format(record).count("\n") == 1
