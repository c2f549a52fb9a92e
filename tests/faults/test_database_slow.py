"""The line to PostgreSQL becomes slow: people are told soon, and the rest of the portal is there for all others."""

import http.client
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from participants.models import Registration
from tests.factories import make_login, make_session_of_today, make_user, registration_form
from tests.faults.fleet import wait_for
from tests.faults.slow_line import slow_line

pytestmark = pytest.mark.django_db(transaction=True)
THREADS, WAITERS = 4, 3  # of a web process, as portal.processes and the settings have them
NEVER = 3600.0  # seconds
TOKEN = "a" * 32


class Site:
    """A web process with a line of its own to the test's database."""

    def __init__(self, fleet, line, folder, **limits):
        self.line, self.fleet = line, fleet
        address = urlsplit(fleet.environment["DATABASE_URL"])
        server = parse_qs(address.query)["host"][0]
        fleet.environment |= {"DATABASE_URL": address.geturl().replace(server, str(folder)), **limits}
        self.port = fleet.web()

    def ask(self, path, fields=None, *, cookie="", timeout=60):
        """The status and the text of the answer; none where it does not come within `timeout` seconds."""
        browser = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {"Cookie": f"session={cookie or 'k' * 32}; csrf={TOKEN}"}
        if fields:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{self.port}"}
        try:
            browser.request("POST" if fields else "GET", path, urlencode(fields) if fields else None, headers)
            answer = browser.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return None, ""
        finally:
            browser.close()

    def status(self, path, **how):
        return self.ask(path, **how)[0]

    @contextmanager
    def people_waiting(self, number):
        """What is answered to `number` people who each ask for a page of their own; nobody goes away by himself."""
        answers = Counter()

        def ask():
            answers[self.status("/saya/", timeout=600)] += 1

        people = [threading.Thread(target=ask) for _ in range(number)]
        for person in people:
            person.start()
        try:
            yield answers
        finally:
            self.line.seconds = 0.0
            for person in people:
                person.join(120)


@pytest.fixture
def site(fleet):
    """Make a site whose settings are `limits`."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        ships = fleet(PORTAL_REHEARSAL="", WEB_THREADS=str(THREADS))
        server = parse_qs(urlsplit(ships.environment["DATABASE_URL"]).query)["host"][0]
        with slow_line(Path(folder), Path(server)) as line:

            def make(**limits):
                made = Site(ships, line, folder, **limits)
                wait_for(lambda: made.status("/readyz") == 200, why=ships.logs)
                return made

            yield make
            ships.kill_all()


def test_where_no_answer_comes_the_portal_lives_and_says_so(site):
    portal = site(DATABASE_SECONDS="4", DATABASE_WAITERS=str(WAITERS))
    portal.line.seconds = NEVER

    with portal.people_waiting(3 * THREADS) as answers:
        wait_for(lambda: answers[503] >= 3 * THREADS - WAITERS, why=portal.fleet.logs)
        assert [portal.status("/livez") for _ in range(10)] == [200] * 10
        status, page = portal.ask("/masuk/kode/")
        assert (status, "Sedang ramai" in page) == (503, True)
    assert answers.keys() <= {302, 503}

    wait_for(lambda: portal.status("/saya/") == 302, why=portal.fleet.logs)


def test_control_without_places_nobody_answers(site):
    portal = site(DATABASE_SECONDS="600", DATABASE_WAITERS="1000")
    portal.line.seconds = NEVER

    with portal.people_waiting(10 * THREADS):
        wait_for(lambda: portal.status("/livez", timeout=2) is None)


def test_people_who_wait_for_each_other_are_no_slow_database(site):
    """Those of one network ask for codes one after the other, each in a transaction of its own."""
    portal = site(DATABASE_SECONDS="4", DATABASE_WAITERS=str(WAITERS))
    ask = partial(portal.status, "/masuk/")
    forms = [{"csrfmiddlewaretoken": TOKEN, "email": f"siti{number}@example.com"} for number in range(6 * THREADS)]
    with ThreadPoolExecutor(len(forms)) as crowd:
        answers = Counter(crowd.map(lambda form: ask(fields=form), forms))
    assert answers == {302: len(forms)}


def test_a_form_that_comes_in_between_is_kept_whole_or_not_at_all(site):
    """Its sender is told while the line is slow, still has what was typed, and presses once more when it is not."""
    session, cookie = make_session_of_today(), make_login(make_user())
    form = registration_form(session) | {"csrfmiddlewaretoken": TOKEN, "full_name": "Siti Sabar"}
    portal = site(DATABASE_SECONDS="3", DATABASE_WAITERS=str(WAITERS))

    portal.line.seconds = 1.0  # forty of them would be answered by 302
    status, page = portal.ask(f"/daftar/{session.slug}/", form, cookie=cookie)
    assert (status, "Siti Sabar" in page, form["form_key"] in page) == (503, True, True)
    assert not Registration.objects.exists()

    portal.line.seconds = 0.0
    for _twice in range(2):
        wait_for(lambda: portal.status(f"/daftar/{session.slug}/", fields=form, cookie=cookie) == 302)
    assert Registration.objects.count() == 1
