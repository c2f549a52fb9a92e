"""Every process is replaced while people look and messages go out: all are answered, and each is reminded once."""

import http.client
import signal
import threading
from collections import Counter
from contextlib import contextmanager

import psutil

from participants.models import Notification
from tests.faults.fleet import wait_for
from tests.faults.people import EVE, confirm_many, rehearse_from

LOOKERS, BETWEEN_LOOKS = 4, 0.08  # fifty looks a second at the most
UNANSWERED = "nobody answered"


def look(port):
    """What the home page answers. Of a connection that was reset a browser makes a second one; so does this."""
    for _try in range(2):
        browser = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            browser.request("GET", "/")
            return browser.getresponse().status
        except (OSError, http.client.HTTPException):
            continue
        finally:
            browser.close()
    return UNANSWERED


@contextmanager
def people_looking(port):
    """What is answered to people who look at the home page again and again while the block lasts."""
    answers, is_over = Counter(), threading.Event()

    def look_on():
        while not is_over.wait(BETWEEN_LOOKS):
            answers[look(port)] += 1

    lookers = [threading.Thread(target=look_on) for _ in range(LOOKERS)]
    for looker in lookers:
        looker.start()
    try:
        yield answers
    finally:
        is_over.set()
        for looker in lookers:
            looker.join(120)


def children(ships, name):
    return {child.pid for child in psutil.Process(ships.processes[name].pid).children()}


def unsent():
    return Notification.objects.exclude(state="sent")


def test_everybody_is_answered_and_reminded_once(fleet, mails):
    confirm_many(200)
    rehearse_from(EVE)
    for number in range(200):
        mails.delays[f"p{number}@example.com"] = 0.05
    ships = fleet(EMAIL_TIMEOUT="20")
    port = ships.web()
    wait_for(lambda: look(port) == 200, why=ships.logs)
    ships.beat()
    ships.worker()
    wait_for(lambda: len(mails.mails) >= 10, why=ships.logs)

    with people_looking(port) as answers:
        before = children(ships, "web")
        worker, beat = ships.tell("worker", signal.SIGTERM), ships.tell("beat", signal.SIGTERM)
        assert unsent().exists(), "over before the restart"
        ships.tell("web", signal.SIGHUP)
        ships.worker("next-worker")
        assert (worker.wait(60), beat.wait(60)) == (0, 0)
        ships.beat("next-beat")
        wait_for(lambda: Notification.objects.count() == 200 and not unsent().exists(), why=ships.logs)
        wait_for(lambda: children(ships, "web").isdisjoint(before), why=ships.logs)

    assert set(answers) == {200}
    assert mails.counts() == {f"p{number}@example.com": 1 for number in range(200)}
    assert set(Notification.objects.values_list("attempts", flat=True)) == {1}


def test_control_where_the_web_server_is_stopped_and_started_somebody_is_not_answered(fleet):
    ships = fleet()
    port = ships.web()
    wait_for(lambda: look(port) == 200, why=ships.logs)

    with people_looking(port) as answers:
        ships.kill("web")
        wait_for(lambda: answers[UNANSWERED])
