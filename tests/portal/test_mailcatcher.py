"""The local mail server: what is sent to it is kept and can be read, and nothing in a mail acts on the page."""

import asyncio
import os
import re
import smtplib
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from aiosmtpd.smtp import Envelope

from portal import embedded, mailcatcher
from tests.sinks import free_port


@pytest.fixture
def catcher(tmp_path):
    smtp, web = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PORTAL_STATE_DIR": str(tmp_path),
        "MAIL_SMTP_PORT": str(smtp),
        "MAIL_WEB_PORT": str(web),
    }
    command = [sys.executable, "-m", "portal.mailcatcher"]
    with subprocess.Popen(command, env=environment, cwd=embedded.ROOT) as process:
        deadline = time.monotonic() + 60
        while True:
            try:
                urlopen(f"http://127.0.0.1:{web}/", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield smtp, f"http://127.0.0.1:{web}"
        process.terminate()


def send(port, subject, body, *, charset="utf-8"):
    mail = (
        f"From: a@x.id\r\nTo: siti@x.id\r\nSubject: {subject}\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset={charset}\r\n\r\n{body}\r\n"
    )
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("a@x.id", ["siti@x.id"], mail.encode())


def read(url):
    with urlopen(url, timeout=5) as answer:
        return answer.read().decode(), answer.headers


def mails(base):
    return re.findall(r'href="(/[0-9-]+\.eml)"', read(base)[0])


def test_lists_the_newest_mail_first_and_shows_its_text_with_links(catcher):
    smtp, base = catcher
    send(smtp, "Pertama", "kode 123456")
    send(smtp, "Kedua", "buka https://x.id/a?b=1 segera")

    page, _ = read(base)
    shown, _ = read(base + mails(base)[0])

    assert page.index("Kedua") < page.index("Pertama")
    assert '<a href="https://x.id/a?b=1" rel="noreferrer">' in shown


def test_a_mail_that_is_still_being_written_is_not_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(mailcatcher, "FOLDER", tmp_path)
    meanwhile, rename = [], Path.rename

    def look_first(path, target):
        meanwhile.append(mailcatcher._list())
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", look_first)
    envelope = Envelope()
    envelope.original_content = b"To: siti@x.id\r\nSubject: Kode\r\n\r\nisi"

    asyncio.run(mailcatcher.Catcher().handle_DATA(None, None, envelope))

    assert len(meanwhile) == 1
    assert "<li>" not in meanwhile[0]
    assert "Kode" in mailcatcher._list()


def test_nothing_in_a_mail_acts_on_the_page(catcher):
    smtp, base = catcher
    send(smtp, "<script>alert(1)</script>", "<img src=x onerror=alert(1)> javascript:alert(1)")

    for url in (base, base + mails(base)[0]):
        page, headers = read(url)
        assert "<script>" not in page
        assert "<img" not in page
        assert 'href="javascript' not in page
        assert headers["Content-Security-Policy"] == "default-src 'none'; style-src 'self'; frame-ancestors 'none'"


def test_shows_the_html_and_what_is_attached_where_neither_can_act(catcher):
    smtp, base = catcher
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@x.id", "siti@x.id", "Besok"
    mail.set_content("besok mulai")
    mail.add_alternative("<p>besok <b>mulai</b></p><script>alert(1)</script>", subtype="html")
    mail.add_attachment("BEGIN:VCALENDAR\n", subtype="calendar", filename="pelatihan.ics")
    with smtplib.SMTP("127.0.0.1", smtp) as client:
        client.send_message(mail)
    [address] = mails(base)

    page, _ = read(base + address)
    designed, headers = read(f"{base}{address}/0")
    attached, plain = read(f"{base}{address}/1")

    assert f'<a href="{address}/0">Tampilan HTML</a><a href="{address}/1">pelatihan.ics</a>' in page
    assert "<b>mulai</b>" in designed
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'; sandbox")
    assert (attached.strip(), plain.get_content_type()) == ("BEGIN:VCALENDAR", "text/plain")
    with pytest.raises(HTTPError, match="404") as refused:
        urlopen(f"{base}{address}/2", timeout=5)
    refused.value.close()


def test_says_the_rehearsed_time_that_a_mail_brings_and_the_machines_own_beside_it(catcher):
    smtp, base = catcher
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@x.id", "siti@x.id", "Besok"
    mail["X-Rehearsed"] = "2025-12-15T11:00:00+00:00"
    mail.set_content("besok mulai")
    with smtplib.SMTP("127.0.0.1", smtp) as client:
        client.send_message(mail)

    page, _ = read(base + mails(base)[0])

    assert "<time>15-12-2025, 18.00 WIB · gladi</time>" in read(base)[0]
    assert "<dt>Jam gladi</dt><dd>15-12-2025, 18.00.00 WIB</dd>" in page
    assert "WIB, jam mesin ini</dd>" in page


@pytest.mark.parametrize("written", ["", "besok", "<b>"])
def test_says_when_a_mail_came_that_brings_no_rehearsed_time(catcher, written):
    smtp, base = catcher
    with smtplib.SMTP("127.0.0.1", smtp) as client:
        client.sendmail("a@x.id", ["siti@x.id"], f"X-Rehearsed: {written}\r\nSubject: Kode\r\n\r\nisi".encode())

    assert re.search(r"<time>\d\d-\d\d-\d{4}, \d\d\.\d\d WIB</time>", read(base)[0])
    assert "gladi" not in read(base + mails(base)[0])[0]


def test_shows_a_mail_whose_character_set_does_not_exist(catcher):
    smtp, base = catcher
    send(smtp, "Aneh", "isi surat", charset="x-none")

    assert "isi surat" in read(base + mails(base)[0])[0]


@pytest.mark.parametrize("path", ["/..%2fsecret_key", "/../secret_key", "/1.eml", "/mail/"])
def test_serves_nothing_but_mails(catcher, path):
    with pytest.raises(HTTPError, match="404") as refused:
        urlopen(catcher[1] + path, timeout=5)
    refused.value.close()


def test_the_list_reads_each_mail_once_and_shows_the_newest_first(tmp_path, monkeypatch):
    monkeypatch.setattr(mailcatcher, "FOLDER", tmp_path)
    (tmp_path / "1764640000000000000-0001.eml").write_text("To: siti@x.id\nSubject: Kode\n\nHalo")
    first = mailcatcher._list()
    (tmp_path / "1764640000000000001-0002.eml").write_text("To: budi@x.id\nSubject: Tiket\n\nHalo")
    read, asked = mailcatcher._read, []
    monkeypatch.setattr(mailcatcher, "_read", lambda path: asked.append(path.name) or read(path))

    both = mailcatcher._list()

    assert asked == ["1764640000000000001-0002.eml"]
    assert both.index("<b>Tiket</b>") < both.index("<b>Kode</b>")
    assert first.removeprefix("<ul>") in both
