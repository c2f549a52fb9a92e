"""Cookies of people who are logged in."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from tests.factories import make_login


def cookie_of(user: Any, *, is_staff: bool = False, proofs: Sequence[str] = ("password", "mfa")) -> str:
    """The cookie of a session in which `user` is logged in; staff by these proofs, given just now."""
    return make_login(user, is_staff=is_staff, proofs=proofs, at=time.time())
