"""A local mail server that delivers to nobody: it keeps every mail and shows it on a page.

For `make run` and demonstrations only: login codes and reminders can be read there. SMTP on MAIL_SMTP_PORT (8025), the
page on MAIL_WEB_PORT (8026), both on 127.0.0.1 unless MAIL_HOST says otherwise.
"""

from __future__ import annotations

import html
import itertools
import os
import re
import time
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

KEPT, SHOWN = 5000, 200
HOST = os.environ.get("MAIL_HOST", "127.0.0.1")
SMTP_PORT = int(os.environ.get("MAIL_SMTP_PORT", "8025"))
WEB_PORT = int(os.environ.get("MAIL_WEB_PORT", "8026"))
FOLDER = Path(os.environ.get("PORTAL_STATE_DIR", ".portal")) / "mail"
MARK = (Path(__file__).parent.parent / "templates/components/mark.html").read_text()
JAKARTA = ZoneInfo("Asia/Jakarta")
HEADERS = {"From": "Dari", "To": "Kepada", "Message-ID": "Nomor surat"}
POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
_MAIL = re.compile(r"(?P<name>[0-9-]+\.eml)(?:/(?P<part>[0-9]{1,2}))?")
_LINK = re.compile(r"https?://[^\s<>&]+")
_numbers = itertools.count()


class Catcher:
    """Writes each mail to a file of its own, named so that names sort by time."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        name = f"{time.time_ns()}-{next(_numbers):04d}.eml"
        content = envelope.original_content or b""
        half = FOLDER / f"{name}.half"  # not *.eml, which a list that is read meanwhile would take for a mail
        half.write_bytes(f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n".encode() + content)
        half.rename(FOLDER / name)
        for old in sorted(FOLDER.glob("*.eml"))[:-KEPT] if name.endswith("00.eml") else []:
            old.unlink(missing_ok=True)
        return "250 kept"


class Page(BaseHTTPRequestHandler):
    """The list of mails, newest first, and one mail."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name = self.path.strip("/")
        if name == "style.css":
            self._answer(STYLE, "text/css")
        elif not name:
            self._answer(_page("Surat tertangkap", _list()))
        elif (asked := _MAIL.fullmatch(name)) and (FOLDER / asked["name"]).exists():
            self._show(FOLDER / asked["name"], asked["part"])
        else:
            self._nothing()

    def _show(self, path: Path, part: str | None) -> None:
        """The mail as text, or one of its parts: as HTML it may bring its own styles and nothing else."""
        mail = _read(path)
        parts = _parts(mail)
        if part is None:
            self._answer(_page(_subject(mail), _mail(mail, path, parts), back=True))
        elif int(part) < len(parts):
            content = parts[int(part)]
            own = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups; frame-ancestors 'none'"
            self._answer(_text(content), "text/html" if _is_html(content) else "text/plain", policy=own)
        else:
            self._nothing()

    def _nothing(self) -> None:
        self._answer(_page("Tidak ada", '<p class="empty">Tidak ada surat ini.</p>', back=True), status=404)

    def _answer(self, text: str, kind: str = "text/html", status: int = 200, policy: str = POLICY) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the page is asked for every few seconds."""


def _read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def _subject(mail: EmailMessage) -> str:
    return str(mail["Subject"] or "(tanpa judul)")


def _caught(path: Path) -> datetime:
    """When the mail came, by this machine's clock."""
    return datetime.fromtimestamp(int(path.name.partition("-")[0]) / 1e9, JAKARTA)


def _rehearsed(mail: EmailMessage) -> datetime | None:
    """When the mail is sent by the clock of the rehearsal, as the portal wrote into it; None in any other mail."""
    try:
        return datetime.fromisoformat(str(mail["X-Rehearsed"])).astimezone(JAKARTA)
    except ValueError:
        return None


def _when(path: Path, mail: EmailMessage) -> str:
    """The rehearsed instant, which is the one that the pages of the portal say, or else when the mail came."""
    rehearsed = _rehearsed(mail)
    return f"{rehearsed:%d-%m-%Y, %H.%M} WIB · gladi" if rehearsed else f"{_caught(path):%d-%m-%Y, %H.%M} WIB"


def _list() -> str:
    rows = [_row(path) for path in sorted(FOLDER.glob("*.eml"), reverse=True)[:SHOWN]]
    if not rows:
        return '<p class="empty">Belum ada surat. Muat ulang halaman ini sesudah mengirim.</p>'
    return f"<ul>{''.join(rows)}</ul>"


@lru_cache(maxsize=2 * SHOWN)
def _row(path: Path) -> str:
    """A mail in the list. Each is read once: the page is asked for every few seconds, and a mail never changes."""
    mail = _read(path)
    return (
        f'<li><a href="/{path.name}"><b>{html.escape(_subject(mail))}</b>'
        f"<span>{html.escape(str(mail['To']))}</span><time>{_when(path, mail)}</time></a></li>"
    )


def _parts(mail: EmailMessage) -> list[EmailMessage]:
    """What is looked at beside the text: the same in HTML, then what is attached."""
    designed = mail.get_body(("html",))
    return [part for part in (designed, *mail.iter_attachments()) if isinstance(part, EmailMessage)]


def _is_html(part: EmailMessage) -> bool:
    return part.get_content_type() == "text/html"


def _text(part: EmailMessage | None) -> str:
    try:
        content = part.get_content() if part else ""
    except (LookupError, ValueError):  # a character set that does not exist, or bytes that it does not hold
        content = str(part)
    return content.decode(errors="replace") if isinstance(content, bytes) else str(content)


def _mail(mail: EmailMessage, path: Path, parts: list[EmailMessage]) -> str:
    text = mail.get_body(("plain", "html"))
    body = html.escape(_text(text if isinstance(text, EmailMessage) else None))
    body = _LINK.sub(lambda link: f'<a href="{link[0]}" rel="noreferrer">{link[0]}</a>', body)
    rehearsed = _rehearsed(mail)
    gladi = f"<div><dt>Jam gladi</dt><dd>{rehearsed:%d-%m-%Y, %H.%M.%S} WIB</dd></div>" if rehearsed else ""
    headers = (
        f"{gladi}<div><dt>Masuk</dt><dd>{_caught(path):%d-%m-%Y, %H.%M.%S} WIB, jam mesin ini</dd></div>"
        + "".join(
            f"<div><dt>{label}</dt><dd>{html.escape(str(mail[name]))}</dd></div>"
            for name, label in HEADERS.items()
            if mail[name]
        )
    )
    ways = "".join(
        f'<a href="/{path.name}/{number}">{"Tampilan HTML" if _is_html(part) else html.escape(_name(part))}</a>'
        for number, part in enumerate(parts)
    )
    return f"<dl>{headers}</dl>{f'<p class=ways>{ways}</p>' if ways else ''}<pre>{body}</pre>"


def _name(part: EmailMessage) -> str:
    return part.get_filename() or part.get_content_type()


def _page(title: str, content: str, *, back: bool = False) -> str:
    title = html.escape(title)
    way = '<p class="back"><a href="/">&larr; Semua surat</a></p>' if back else ""
    return (
        f'<!doctype html><html lang="id"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{title} · Penangkap surat</title><link rel="stylesheet" href="/style.css">'
        f'<header><div><a href="/">{MARK}<b>Penangkap surat</b></a>'
        f"<p>Semua surat berhenti di sini; tidak ada yang sampai ke siapa pun.</p></div></header>"
        f"<main>{way}<h1>{title}</h1>{content}</main></html>"
    )


STYLE = """
:root { color-scheme: light dark; --paper: #fbf8f1; --surface: #fff; --ink: #1b1530; --soft: #574f6b; --line: #ddd5c4;
  --link: #3a2aa8; --sun: #ffb71b; --deep: #21165f; --focus: #c2410c; }
@media (prefers-color-scheme: dark) { :root { --paper: #120e22; --surface: #1c1732; --ink: #f3effc; --soft: #b9b0d0;
  --line: #362e55; --link: #b5aaff; --deep: #1a1150; --focus: #ffb71b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
a { color: var(--link); text-underline-offset: .2em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
header { background: var(--deep); color: #fff; border-bottom: 4px solid var(--sun); }
header div, main { max-width: 48rem; margin: 0 auto; padding: 1rem; }
header div { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.25rem; }
header a { display: inline-flex; align-items: center; gap: .6rem; min-height: 2.75rem; color: #fff;
  text-decoration: none; font-size: 1.125rem; letter-spacing: -.01em; }
header svg { width: 2rem; height: 2rem; }
header p { margin: 0; font-size: .875rem; color: #ddd7ff; }
h1 { margin: 1rem 0; font-size: clamp(1.4rem, 1.2rem + .9vw, 1.9rem); line-height: 1.2; letter-spacing: -.02em; }
ul { list-style: none; margin: 0; padding: 0; }
ul, dl, pre, .empty { background: var(--surface); border: 1px solid var(--line); border-radius: 1rem; }
li + li { border-top: 1px solid var(--line); }
li a { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 1rem; padding: .8rem 1.15rem; color: inherit;
  text-decoration: none; border-radius: 1rem; }
li a:hover b { text-decoration: underline; }
li b { grid-column: 1 / -1; color: var(--link); line-height: 1.35; }
li span, li time, dt { color: var(--soft); font-size: .875rem; }
li time { font-variant-numeric: tabular-nums; white-space: nowrap; }
dl { display: grid; gap: .5rem; margin: 0 0 1rem; padding: 1rem 1.15rem; }
dd { margin: 0; font-size: .9375rem; line-height: 1.4; }
@media (min-width: 40rem) { dl div { display: grid; grid-template-columns: 6rem 1fr; } }
pre { white-space: pre-wrap; margin: 0; padding: 1.15rem; font: inherit; }
@media (max-width: 26rem) { li a { grid-template-columns: minmax(0, 1fr); } }
.ways { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0 0 .5rem; }
.ways a { display: inline-flex; align-items: center; min-height: 2.75rem; font-weight: 600; }
.back { margin: 0; } .back a { display: inline-flex; align-items: center; min-height: 2.75rem; font-weight: 600; }
.empty { margin: 0; padding: 2rem 1.15rem; text-align: center; color: var(--soft); }
"""


def main() -> None:
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    controller = Controller(Catcher(), hostname=HOST, port=SMTP_PORT)
    controller.start()
    try:
        ThreadingHTTPServer((HOST, WEB_PORT), Page).serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        controller.stop()


if __name__ == "__main__":
    main()
