"""The line breaks between the portal's commit and its answer (#050): what was sent is sent again, and counts once."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error

from tests.journeys.steps import SEATED, SESSION, fill_adult, mail_to, mails_to, pass_the_door, send, standing

pytestmark = [pytest.mark.xdist_group("journey"), pytest.mark.usefixtures("while_registration_is_open")]
REGISTERED = "SELECT r.form_key, r.public_id FROM participants_registration r JOIN participants_participant p"
REGISTERED += " ON p.id = r.participant_id JOIN accounts_user u ON u.id = p.user_id WHERE u.email = %s"


class WeakLine:
    """A TCP proxy before `port`. While `broken`, it waits for the answer to a registration and throws it away.

    `keys` are the form keys of the registrations that went through.
    """

    def __init__(self, port: int) -> None:
        self.port, self.broken, self.keys = port, False, list[str]()
        self.door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.door.getsockname()[1]}"

    def _accept(self) -> None:
        with suppress(OSError):  # the door was closed: the test is over
            while True:
                phone, _address = self.door.accept()
                threading.Thread(target=self._carry, args=(phone,), daemon=True).start()

    def _carry(self, phone: socket.socket) -> None:
        with closing(phone), closing(socket.create_connection(("127.0.0.1", self.port))) as portal, suppress(OSError):
            losing = threading.Event()
            threading.Thread(target=self._answer, args=(portal, phone, losing), daemon=True).start()
            while sent := phone.recv(65536):
                if found := re.search(rb"form_key=([0-9a-f-]{36})", sent):
                    self.keys.append(found[1].decode())
                    if self.broken:
                        losing.set()
                portal.sendall(sent)

    def _answer(self, portal: socket.socket, phone: socket.socket, losing: threading.Event) -> None:
        with suppress(OSError):
            while (answer := portal.recv(65536)) and not losing.is_set():
                phone.sendall(answer)
            phone.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(portal) -> Iterator[WeakLine]:
    line = WeakLine(urlsplit(portal.url).port)
    yield line
    line.door.close()


@pytest.mark.parametrize("again", ["reloading", "going back"])
def test_answer_lost_after_the_commit_and_sent_again_registers_once(portal, open_page, line, again):
    page, address = open_page(), f"putus-{again[:2]}@example.com"
    page.goto(f"{line.url}/daftar/{SESSION}/")
    pass_the_door(portal, page, address)
    page.wait_for_url(f"**/daftar/{SESSION}/")
    fill_adult(page, "Putus Sinyal")
    line.broken = True
    send(page)
    page.wait_for_url("chrome-error://**")
    (first,) = portal.query(REGISTERED, address)
    sent = len(line.keys)

    line.broken = False
    with suppress(Error):
        page.reload() if again == "reloading" else page.go_back()
    page.wait_for_url("**/saya/")

    assert page.inner_text("h1") == "Kursimu pasti"
    assert page.get_attribute("a:has-text('Buka tiket')", "href").endswith(str(first[1]))
    assert set(line.keys) == {str(first[0])}
    assert len(line.keys) == sent + (again == "reloading")  # who goes back is led on without sending anything
    assert mail_to(portal, address, "Kamu terdaftar")
    assert len(mails_to(portal, address)) == 2  # the code and the confirmation
    assert portal.query(REGISTERED, address) == [first]
    assert standing(portal, address) == [SEATED]
