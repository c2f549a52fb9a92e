"""Devices at the door, for tests: paired as a coordinator and a phone do it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Group

from participants import tokens
from participants.models import Scanner
from participants.operations import scanners
from portal import roles
from portal.accounts.models import User
from programs.models import TrainingSession
from tests.factories import make_coordinator, need_roles


def paired(session: TrainingSession, *, now: datetime, gate: str = "Pintu 1", by: User | None = None) -> str:
    """The token of a device paired at `now` with `session`, by a coordinator of its region."""
    scanner = scanners.make(session=session, gate=gate, by=by or recorder(session), now=now, machine_now=now)
    return scanners.pair(code=scanners.code_of(scanner), network="192.0.2.1", now=now, machine_now=now)[1]


def recorder(session: TrainingSession) -> User:
    """A coordinator of the session's region who may record attendance."""
    user = make_coordinator(session.region)
    need_roles()
    user.groups.set(Group.objects.filter(name=roles.COORDINATOR))
    return user


def scanner_of(token: str) -> Scanner:
    return Scanner.objects.get(token_hash=tokens.device_hash(token))
