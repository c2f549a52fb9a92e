"""A mail as bytes: one recipient, text and HTML, and files of text. What could forge a header or a part is refused.

Written here since the standard library spends more on it than all else costs that a message needs. Bodies are
quoted-printable, where `=_` cannot stand: so boundaries that begin with it need no search. Every line is ASCII and at
most 76 characters long but for addresses, names of messages and further headers, which are not folded.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from functools import lru_cache

LINE = 76
LONGEST_LINE = 998  # RFC 5322
ADDRESS = 254  # RFC 5321, errata 1690
_AROUND_WORD = len("=?utf-8?b??=")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf'{_ATOM}(?:\.{_ATOM})*|"(?:[ !#-\[\]-~]|\\[ -~])*"')
_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z-]*")
_PRINTABLE = re.compile(r"[ -~]*")
_PLAIN_NAME = re.compile(rf"{_ATOM}(?: {_ATOM})*")
_FILE_NAME = re.compile(r"[A-Za-z0-9_-]+\.[a-z]+")
_MEDIA_TYPE = re.compile(r"text/[a-z]+(?:; [a-z]+=[A-Za-z]+)*")
# All that ends a line somewhere, and all that a terminal or a mail program obeys; in bodies `\n` and tab are meant.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_BODY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BLANK_AFTER_A_FULL_LINE = re.compile(rb"(?m)^(.{74,})(=20|=09)$")  # where `b2a_qp` writes a character or two too many


class Unwritable(ValueError):
    """Something that no mail may hold. The message says where, never what."""


@dataclass(frozen=True)
class File:
    """A text to be kept: `media_type` as `text/calendar; method=PUBLISH`."""

    name: str
    media_type: str
    text: str


def message(
    *,
    sender: str,
    to: str,
    subject: str,
    headers: Mapping[str, str],
    text: str,
    html: str,
    files: Sequence[File] = (),
) -> bytes:
    """The mail with CRLF at every line's end. Raises Unwritable for line breaks and control characters in a header,
    for control characters in a body, for an address that cannot be put on the wire, and for lone surrogates."""
    further = [_header(name, value) for name, value in headers.items()]
    head = [f"Subject: {unstructured(subject, len('Subject: '))}", f"From: {mailbox(sender)}", f"To: {address(to)}"]
    top = "\r\n".join(["MIME-Version: 1.0", *head, *further, ""]).encode("ascii")
    both = _multipart("alternative", [_body("text/plain", text), _body("text/html", html)])
    return top + (_multipart("mixed", [both, *map(_file, files)]) if files else both)


def address(value: str) -> str:
    """An address as it goes on the wire: its domain in ASCII. Raises Unwritable where there is no such form."""
    local, at, domain = value.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise Unwritable("a domain that has no ASCII form") from error
    if not (
        at and len(local) <= 64 and len(value) <= ADDRESS and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)
    ):
        raise Unwritable("an address that cannot be put on the wire")
    return f"{local}@{domain}"


@lru_cache(maxsize=8)
def sender_address(value: str) -> str:
    """The address in `Name <address>`, as it goes on the wire."""
    return address(parseaddr(value)[1])


@lru_cache(maxsize=8)
def mailbox(value: str) -> str:
    """`Name <address>` as a header, the name in encoded words unless it is plain."""
    if _CONTROL.search(value):
        raise Unwritable("a line break or control character in a sender")
    name, where = parseaddr(value)
    if not name:
        return address(where)
    is_plain = len("From: ") + len(name) <= LINE and _PLAIN_NAME.fullmatch(name)
    return f"{name if is_plain else _encoded(name, len('From: '))} <{address(where)}>"


@lru_cache(maxsize=64)  # many mails in turn have one subject
def unstructured(value: str, before: int) -> str:
    """`value` as a header's text after `before` characters of its name: as it is, or in encoded words (RFC 2047)."""
    if _CONTROL.search(value):
        raise Unwritable("a line break or control character in a header")
    is_plain = value.isascii() and before + len(value) <= LINE and "=?" not in value and value == value.strip()
    return value if is_plain else _encoded(value, before)


def _encoded(value: str, before: int) -> str:
    """Encoded words, one a line, none of which breaks a character; the first stands after `before` characters."""
    words, part, room = [], "", _bytes_in(LINE - before)
    for character in value:
        width = len(_bytes(character))
        if width > room:
            words.append(part)
            part, room = "", _bytes_in(LINE - 1)
        part, room = part + character, room - width
    words.append(part)
    return "\r\n ".join(f"=?utf-8?b?{binascii.b2a_base64(_bytes(word), newline=False).decode()}?=" for word in words)


def _bytes_in(width: int) -> int:
    """How much text an encoded word of at most `width` characters holds."""
    return (width - _AROUND_WORD) // 4 * 3


def _header(name: str, value: str) -> str:
    if not (_HEADER_NAME.fullmatch(name) and _PRINTABLE.fullmatch(value) and len(name) + len(value) < LONGEST_LINE):
        raise Unwritable("a header that is not one line of ASCII")
    return f"{name}: {value}"


def _multipart(kind: str, parts: Sequence[bytes]) -> bytes:
    boundary = f"=_{kind}".encode()
    head = b'Content-Type: multipart/%s; boundary="%s"\r\n' % (kind.encode(), boundary)
    return head + b"".join(b"\r\n--%s\r\n%s" % (boundary, part) for part in parts) + b"\r\n--%s--\r\n" % boundary


def _body(media_type: str, text: str, more: str = "") -> bytes:
    """A part of text, quoted-printable (RFC 2045)."""
    if _CONTROL_IN_BODY.search(text):
        raise Unwritable("a control character in a body")
    head = f"Content-Type: {media_type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n{more}\r\n"
    quoted = _BLANK_AFTER_A_FULL_LINE.sub(rb"\1=\n\2", binascii.b2a_qp(_bytes(text)))
    return head.encode("ascii") + quoted.replace(b"\n", b"\r\n")


def _file(file: File) -> bytes:
    if not (_FILE_NAME.fullmatch(file.name) and _MEDIA_TYPE.fullmatch(file.media_type)):
        raise Unwritable("a file whose name or type is not plain")
    text = file.text.replace("\r\n", "\n")
    return _body(file.media_type, text, f'Content-Disposition: attachment; filename="{file.name}"\r\n')


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Unwritable("half a character") from error
