"""The only place that fetches from other hosts: HTTPS, no redirect followed, one deadline for the whole answer."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests import RequestException
from urllib3.exceptions import HTTPError, NewConnectionError

from participants.messages.channels.base import Away, NotSent, Unsettled

LONGEST = 64 * 1024  # bytes of an answer that are read
OURSELVES = {"127.0.0.1", "localhost"}  # stand-ins of the tests


@dataclass(frozen=True)
class Answer:
    """What a provider said: the status, and the object in its body, empty when there was none to read."""

    status: int
    body: dict[str, Any]


class Https:
    """A connection that is kept for many messages. `token` goes along as a bearer's."""

    def __init__(self, token: str) -> None:
        self._session = requests.Session()
        self._session.auth = _Bearer(token)

    def post(self, url: str, payload: dict[str, Any]) -> Answer:
        """Send `payload` as JSON. Raises Away when nobody was reached, Unsettled when it was sent and nothing heard."""
        check_address(url)
        seconds, begins = settings.HTTPS_TIMEOUT, time.monotonic()
        try:
            with self._session.post(
                url, json=payload, timeout=(min(5.0, seconds), seconds), allow_redirects=False, stream=True
            ) as response:
                said = _read(response, until=begins + seconds)
        except RequestException as error:
            raise failure(error) from error
        except (HTTPError, OSError, TimeoutError) as error:  # in the midst of the answer
            raise Unsettled(type(error).__name__) from error
        return Answer(response.status_code, said)

    def close(self) -> None:
        self._session.close()


class _Bearer(requests.auth.AuthBase):
    """The token on every request, also where a .netrc would say otherwise."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def check_address(url: str) -> None:
    """Raises ValueError for an address to which no token and no number may be sent."""
    parts = urlsplit(url)
    is_ours = parts.scheme == "http" and parts.hostname in OURSELVES and not settings.PRODUCTION
    if parts.scheme != "https" and not is_ours:
        raise ValueError("not an https:// address")


def failure(error: RequestException) -> NotSent:
    """Whether the request that ended in `error` can have reached anybody."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    never_left = isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError)
    never_left = (
        never_left or isinstance(error, requests.exceptions.ProxyError) or isinstance(cause, NewConnectionError)
    )
    return (Away if never_left else Unsettled)(type(error).__name__)


def _read(response: requests.Response, *, until: float) -> dict[str, Any]:
    """The object in the body, read in the pieces in which it comes; raises TimeoutError when it takes too long."""
    read = b""
    while (piece := response.raw.read1(LONGEST, decode_content=True)) and len(read) < LONGEST:
        read += piece
        if time.monotonic() > until:
            raise TimeoutError
    try:
        said = json.loads(read)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
