"""Fetching from providers: where to, how long, and what a broken line means."""

import socket
import threading
import time

import pytest

from participants.messages.channels.base import Away, Unsettled
from participants.messages.channels.https import LONGEST, Https, check_address


@pytest.mark.parametrize(
    "url", ["http://graph.facebook.com/x", "ftp://127.0.0.1/", "//127.0.0.1", "file:///etc/passwd", ""]
)
def test_only_https_gets_the_token(url):
    with pytest.raises(ValueError, match="https"):
        check_address(url)


def test_in_production_not_even_this_machine_does_without(settings):
    check_address("http://127.0.0.1:1/")
    settings.PRODUCTION = True

    with pytest.raises(ValueError, match="https"):
        check_address("http://127.0.0.1:1/")


def serve_once(speak):
    """A server that does with its one connection what `speak` says. Returns its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run():
        with listener, listener.accept()[0] as connection:
            connection.recv(65536)
            speak(connection)

    threading.Thread(target=run, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def post(url):
    connection = Https("token")
    try:
        return connection.post(url, {"a": 1})
    finally:
        connection.close()


def test_nobody_reached_is_away():
    with pytest.raises(Away):
        post("http://127.0.0.1:9/")


def test_an_answer_that_drips_ends_at_the_deadline(settings):
    settings.HTTPS_TIMEOUT = 0.4

    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(30):
            time.sleep(0.1)
            try:
                connection.sendall(b" ")
            except OSError:
                return

    begins = time.monotonic()
    with pytest.raises(Unsettled):
        post(serve_once(drip))
    assert time.monotonic() - begins < 2


def test_an_answer_cut_short_is_unsettled():
    with pytest.raises(Unsettled):
        post(serve_once(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")))


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"\xff\xfe", b"null"])
def test_what_is_no_object_is_an_empty_one(body):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)

    answer = post(serve_once(lambda connection: connection.sendall(head + body)))

    assert (answer.status, answer.body) == (200, {})


def test_no_more_is_read_than_an_answer_needs():
    head = b"HTTP/1.1 200 OK\r\n\r\n"

    def pour(connection):
        try:
            connection.sendall(head + b" " * (LONGEST * 50))
        except OSError:
            return

    assert post(serve_once(pour)).body == {}
