"""Mails as bytes, read back by the standard library's parser: what was meant arrives, and nothing can be forged."""

import random
import re
from email import message_from_bytes, policy
from email.headerregistry import Address

import pytest

from participants.messages import mime
from participants.messages.mime import File, Unwritable

GOOD = {
    "sender": "Pelatihan Gen Z <pelatihan@example.go.id>",
    "to": "siti@example.com",
    "subject": "Besok mulai",
    "headers": {"Message-ID": "<a-b@example.go.id>", "Date": "Mon, 15 Dec 2025 11:00:00 -0000"},
    "text": "Halo Siti,\n\nSampai jumpa.\n",
    "html": "<p>Halo Siti,</p>",
}
# What breaks lines somewhere, what ends a mail, what looks like an encoding, and letters of every width.
PIECES = [
    "Siti", " ", "  ", "\t", "é", "ß", "二", "🙂", "👩\u200d👩\u200d👧", "e\u0301", "=?utf-8?q?Bcc:_a?=", "=?", "?=", "=_alternative",
    "--=_alternative", "--=_alternative--", "--", ".", "..", "=", "=3D", "=20", "Bcc: eve@example.com", "From ", "<b>", "&amp;",
    "x" * 80, "é" * 50, "\u202e", "\u200b", "\xa0", "a" * 1200,
]  # fmt: skip
LINES = [*PIECES, "\n", "\n\n", "\n.\n", "\n--=_alternative\n", "\nBcc: eve@example.com\n", " \n", "\t\n"]
CONTROLS = ["\r", "\n", "\r\n", "\x00", "\x08", "\x0b", "\x0c", "\x1b", "\x1c", "\x7f", "\x85", "\u2028", "\u2029"]


def written(**changed):
    return mime.message(**(GOOD | changed))


def read(raw):
    parsed = message_from_bytes(raw, policy=policy.default)
    assert [part.defects for part in parsed.walk()] == [[] for _ in parsed.walk()]
    return parsed


def body(parsed, kind):
    return parsed.get_body((kind,)).get_content().replace("\r\n", "\n")


def made_of(pieces, seed):
    choose = random.Random(seed)
    return "".join(choose.choice(pieces) for _ in range(choose.randrange(1, 30)))


def test_says_what_was_meant():
    parsed = read(written())

    assert [(name, str(value)) for name, value in parsed.items()] == [
        ("MIME-Version", "1.0"),
        ("Subject", "Besok mulai"),
        ("From", "Pelatihan Gen Z <pelatihan@example.go.id>"),
        ("To", "siti@example.com"),
        ("Message-ID", "<a-b@example.go.id>"),
        ("Date", "Mon, 15 Dec 2025 11:00:00 -0000"),
        ("Content-Type", 'multipart/alternative; boundary="=_alternative"'),
    ]
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert (body(parsed, "plain"), body(parsed, "html")) == (GOOD["text"], GOOD["html"])


def test_carries_a_file_beside_both_parts():
    days = "BEGIN:VCALENDAR\r\nSUMMARY:Pelatihan – hari ke-1\r\nEND:VCALENDAR\r\n"
    parsed = read(written(files=[File("pelatihan.ics", "text/calendar; method=PUBLISH", days)]))

    (file,) = parsed.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("pelatihan.ics", "text/calendar")
    assert file["Content-Type"].params["method"] == "PUBLISH"
    assert file.get_content().replace("\r\n", "\n") == days.replace("\r\n", "\n")
    assert (body(parsed, "plain"), body(parsed, "html")) == (GOOD["text"], GOOD["html"])


@pytest.mark.parametrize("seed", range(100))
def test_brings_hostile_bodies_over_and_lets_them_forge_nothing(seed):
    text, html = made_of(LINES, seed), made_of(LINES, -seed - 1)
    raw = written(text=text, html=html)
    parsed = read(raw)

    assert (body(parsed, "plain"), body(parsed, "html")) == (text, html)
    assert len(list(parsed.walk())) == 3
    assert parsed["Bcc"] is None
    assert raw.isascii()
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", raw) is None
    assert max(map(len, raw.split(b"\r\n"))) <= 76
    assert re.search(rb"(?m)^\.\r$", raw) is None


@pytest.mark.parametrize("seed", range(100))
def test_brings_hostile_subjects_over_and_lets_them_forge_nothing(seed):
    subject = made_of([piece for piece in PIECES if piece != "\t"], seed)
    raw = written(subject=subject)
    parsed = read(raw)

    assert parsed["Subject"] == subject
    assert [name for name, _value in parsed.items()] == [name for name, _value in read(written()).items()]
    assert max(map(len, raw.split(b"\r\n"))) <= 76


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("where", ["subject", "sender", "to"])
def test_refuses_line_breaks_and_control_characters_in_headers(where, control):
    for value in (f"{control}{GOOD[where]}", GOOD[where].replace("it", f"it{control}"), f"{GOOD[where]}{control}"):
        if control in value:
            with pytest.raises(Unwritable):
                written(**{where: value})


@pytest.mark.parametrize("control", CONTROLS)
def test_refuses_line_breaks_and_control_characters_in_further_headers(control):
    for headers in ({"X-Sign": f"a{control}Bcc: b"}, {f"X{control}": "a"}, {"Date: a\r\nBcc": "b"}, {"": "a"}):
        with pytest.raises(Unwritable):
            written(headers=headers)


@pytest.mark.parametrize("control", [control for control in CONTROLS if control not in "\n\u2028\u2029"])
@pytest.mark.parametrize("where", ["text", "html"])
def test_refuses_control_characters_in_bodies(where, control):
    with pytest.raises(Unwritable):
        written(**{where: f"a{control}b"})


@pytest.mark.parametrize("where", ["subject", "text", "html"])
def test_refuses_half_a_character(where):
    with pytest.raises(Unwritable):
        written(**{where: "a\ud800b"})


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "@", "a@", "@b", "a b@example.com", "a@exa mple.com", "a,b@example.com", "a@b@example.com", "<a@example.com>",
        "a@example.com>", "a@example.com, b@example.com", "(a)@example.com", "a..b@example.com", ".a@example.com", "é@example.com",
        '"a"b"@example.com', '"a\\"@example.com', "a@-example.com", "a@example..com", "a@[127.0.0.1]", "a" * 65 + "@example.com",
        "a@" + "b" * 255 + ".com", "a@exämple\ud800.com", "a@example.com\r\nRCPT TO:<b@example.com>",
    ],
)  # fmt: skip
def test_refuses_addresses_that_cannot_be_put_on_the_wire(address):
    with pytest.raises(Unwritable):
        written(to=address)


@pytest.mark.parametrize(
    ("address", "on_the_wire"),
    [
        ("o'neil+tag@sub.example.co.id", "o'neil+tag@sub.example.co.id"),
        ('"a, b"@example.com', '"a, b"@example.com'),
        ("siti@exämple.com", "siti@xn--exmple-cua.com"),
    ],
)
def test_writes_every_address_as_one(address, on_the_wire):
    parsed = read(written(to=address))

    assert [str(found.addr_spec) for found in parsed["To"].addresses] == [on_the_wire]


@pytest.mark.parametrize(
    "name", ["Pelatihan Gen Z", "Kementerian, Ekraf", "Éko", 'a "b" c', "é" * 15, "a <b@example.com> c"]
)
def test_writes_every_name_of_a_sender_as_one(name):
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    parsed = read(written(sender=f'"{quoted}" <pelatihan@example.go.id>'))

    assert parsed["From"].addresses == (Address(name, "pelatihan", "example.go.id"),)


@pytest.mark.parametrize(
    "file",
    [
        File('a".ics', "text/calendar", ""),
        File("a.ics\r\nBcc: b", "text/calendar", ""),
        File("a.ics", "text/calendar\r\nBcc: b", ""),
        File("a.ics", "application/x", ""),
        File("a.ics", "text/calendar", "\x00"),
    ],
)
def test_refuses_files_that_could_forge(file):
    with pytest.raises(Unwritable):
        written(files=[file])
