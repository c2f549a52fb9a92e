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
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

KEPT = 5000
HOST = os.environ.get("MAIL_HOST", "127.0.0.1")
SMTP_PORT = int(os.environ.get("MAIL_SMTP_PORT", "8025"))
WEB_PORT = int(os.environ.get("MAIL_WEB_PORT", "8026"))
FOLDER = Path(os.environ.get("PORTAL_STATE_DIR", ".portal")) / "mail"
_LINK = re.compile(r"https?://[^\s<>&]+")
_numbers = itertools.count()


class Catcher:
    """Writes each mail to a file of its own, named so that names sort by time."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        name = f"{time.time_ns()}-{next(_numbers):04d}.eml"
        content = envelope.original_content or b""
        (FOLDER / f".{name}").write_bytes(f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n".encode() + content)
        (FOLDER / f".{name}").rename(FOLDER / name)
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
        elif re.fullmatch(r"[0-9-]+\.eml", name) and (FOLDER / name).exists():
            self._answer(_page("Surat", _mail(_read(FOLDER / name))))
        else:
            self._answer(_page("Tidak ada", "<p>Tidak ada surat ini.</p>"), status=404)

    def _answer(self, text: str, kind: str = "text/html", status: int = 200) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the page is asked for every few seconds."""


def _read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def _list() -> str:
    rows = []
    for path in sorted(FOLDER.glob("*.eml"), reverse=True)[:200]:
        mail = _read(path)
        rows.append(
            f'<li><a href="/{path.name}"><b>{html.escape(str(mail["Subject"] or "(tanpa judul)"))}</b>'
            f"<span>{html.escape(str(mail['To']))}</span></a></li>"
        )
    return f"<ul>{''.join(rows)}</ul>" if rows else "<p>Belum ada surat. Muat ulang halaman ini sesudah mengirim.</p>"


def _mail(mail: EmailMessage) -> str:
    text = mail.get_body(("plain", "html"))
    try:
        content = text.get_content() if text else ""
    except (LookupError, ValueError):  # a character set that does not exist, or bytes that it does not hold
        content = str(text)
    body = html.escape(content)
    body = _LINK.sub(lambda link: f'<a href="{link[0]}" rel="noreferrer">{link[0]}</a>', body)
    headers = "".join(
        f"<dt>{name}</dt><dd>{html.escape(str(mail[name]))}</dd>"
        for name in ("From", "To", "Subject", "Date", "Message-ID")
        if mail[name]
    )
    return f'<p><a href="/">&larr; Semua surat</a></p><dl>{headers}</dl><pre>{body}</pre>'


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="id"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{title}</title><link rel="stylesheet" href="/style.css"><main><h1>{title}</h1>{content}</main></html>'
    )


STYLE = """
:root { color-scheme: light dark; --line: #8884; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 46rem; margin: 0 auto; padding: 1rem; }
ul { list-style: none; padding: 0; }
li a { display: block; padding: .75rem .25rem; border-bottom: 1px solid var(--line); }
li a { text-decoration: none; color: inherit; }
li span { display: block; opacity: .75; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; overflow-wrap: anywhere; }
dt { opacity: .75; } dd { margin: 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
pre { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; }
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
