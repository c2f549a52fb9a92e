"""A provider that plays Google: OpenID Connect over HTTP, with PKCE, signed id_tokens and a page that asks the person.

It refuses what Google would refuse, so that a portal which leaves out a step does not get in.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


@cache  # made where one is asked for: every process of a run imports this
def key(name: str = "") -> rsa.RSAPrivateKey:
    """The provider's own key; any other name is another key, which somebody forged."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    day = datetime.now(UTC)  # noqa: TID251 -- a certificate's own time
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key().public_key())
    built = built.serial_number(1).not_valid_before(day - timedelta(1)).not_valid_after(day + timedelta(1))
    return built.sign(key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@dataclass
class StandIn:
    """Who sits at Google's page, and what goes wrong there. `claims` go into the id_token and the userinfo."""

    url: str
    client_id: str
    client_secret: str
    callback: str
    claims: dict[str, Any] = field(default_factory=dict)
    signs_with: Any = field(default_factory=key)
    gives_id_token: bool = True
    token_answer: tuple[int, bytes] | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    grants: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    cert: str = field(default_factory=certificate)

    def be(self, email: str, *, email_verified: Any = True, **claims: Any) -> None:
        """Somebody of a Workspace; with `hd=None` whose mailbox is elsewhere."""
        said = {
            "sub": "104",
            "email": email,
            "email_verified": email_verified,
            "hd": email.rpartition("@")[2],
            **claims,
        }
        self.claims = {name: value for name, value in said.items() if (name, value) != ("hd", None)}

    def authorize(self, query: dict[str, str]) -> tuple[int, str]:
        """The page on which the person agrees or not; 400 for a question that Google would not take."""
        expected = {"client_id": self.client_id, "redirect_uri": self.callback, "response_type": "code"}
        fits = all(query.get(name) == value for name, value in expected.items())
        fits = fits and query.get("code_challenge_method") == "S256" and len(query.get("state", "")) >= 16
        if not fits or set(query.get("scope", "").split()) != {"openid", "email"}:
            return 400, "400: " + html.escape(str(query))
        self.asked.append(query)
        code = secrets.token_urlsafe(16)
        self.grants[code] = query
        yes = f"{self.callback}?{urlencode({'state': query['state'], 'code': code})}"
        no = f"{self.callback}?{urlencode({'state': query['state'], 'error': 'access_denied'})}"
        links = f'<a id="yes" href="{html.escape(yes)}">yes</a> <a id="no" href="{html.escape(no)}">no</a>'
        return 200, f"<!doctype html><title>Stand-in</title><p>{query.get('login_hint', '')}</p>{links}"

    def token(self, form: dict[str, str]) -> tuple[int, bytes]:
        """Tokens for a code that was given out once, to whoever holds the secret and the verifier."""
        if self.token_answer:
            return self.token_answer
        grant = self.grants.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        fits = grant is not None and grant["code_challenge"] == challenge
        fits = fits and (form["client_id"], form["client_secret"]) == (self.client_id, self.client_secret)
        if not fits or form["redirect_uri"] != self.callback or form["grant_type"] != "authorization_code":
            return 400, b'{"error": "invalid_grant"}'
        access = secrets.token_urlsafe(16)
        self.tokens.add(access)
        now = int(time.time())
        claims = {"iss": self.url, "aud": self.client_id, "iat": now, "exp": now + 600} | self.claims
        given = {"access_token": access, "token_type": "Bearer", "expires_in": 600}
        if self.gives_id_token:
            given["id_token"] = jwt.encode(claims, self.signs_with, "RS256", headers={"kid": "1"})
        return 200, json.dumps(given).encode()

    def userinfo(self, authorization: str) -> tuple[int, bytes]:
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return 401, b"{}"
        return 200, json.dumps(self.claims).encode()


@contextmanager
def stand_in(*, url: str, client_id: str, client_secret: str, callback: str) -> Iterator[StandIn]:
    """Play Google at `url` until the block ends."""
    google = StandIn(url, client_id, client_secret, callback)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            at = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(at.query).items()}
            if at.path == "/authorize":
                status, page = google.authorize(query)
                self._say(status, page.encode(), "text/html")
            elif at.path == "/userinfo":
                self._say(*google.userinfo(self.headers.get("Authorization", "")))
            elif at.path == "/certs":
                self._say(200, json.dumps({"1": google.cert}).encode())
            else:
                self._say(404, b"{}")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.path != "/token":
                return self._say(404, b"{}")
            return self._say(*google.token({name: values[0] for name, values in parse_qs(body).items()}))

        def _say(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Nothing: a test that fails says what it expected."""

    host, port = urlsplit(url).hostname, urlsplit(url).port
    assert host is not None
    assert port is not None
    server = ThreadingHTTPServer((host, port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield google
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
