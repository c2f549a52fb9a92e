"""Login codes do not wait behind reminders, not even in one worker that carries both."""

import time

from participants.models import Notification
from tests.faults.fleet import wait_for
from tests.faults.people import EVE, ask_for_code, confirm_many, rehearse_from


def rush(ships, mails):
    """A thousand reminders that take two senders forty seconds or more; both have begun."""
    confirm_many(1000)
    rehearse_from(EVE)
    for number in range(1000):
        mails.delays[f"p{number}@example.com"] = 0.08
    ships.beat()
    ships.worker()
    sending = Notification.objects.filter(kind="reminder", state="sending")
    wait_for(lambda: sending.count() > 1, why=ships.logs)


def test_codes_arrive_one_after_another_while_a_thousand_reminders_go_out(fleet, mails):
    ships = fleet()
    rush(ships, mails)

    for number in range(4):
        address = f"code{number}@example.com"
        ask_for_code(address)
        wait_for(lambda address=address: mails.to(address), why=ships.logs)

    assert Notification.objects.filter(kind="reminder").exclude(state="sent").exists(), "codes waited for the rush"


def test_control_without_an_end_to_each_run_a_code_waits_for_them_all(fleet, mails):
    ships = fleet("tests.faults.careless", UNGUARDED="ending")
    rush(ships, mails)

    ask_for_code("code@example.com")
    time.sleep(8)  # longer than a run that ends

    assert mails.to("code@example.com") == []
