"""Three people whose file is asked for, and a bell that nobody hears: what tests of exports and their files share."""

from datetime import datetime

import pytest
from django.contrib.auth.models import Group

from participants import tasks
from participants.models import AttendanceExport
from participants.operations import export_files, exports
from participants.operations.exports import Wanted
from participants.queries.person_days import Filter
from portal import roles
from tests.factories import WIB, make_coordinator, make_participant, make_registration, make_session, need_roles

NOW = datetime(2025, 12, 18, 10, tzinfo=WIB)


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr(tasks.build_exports, "apply_async", lambda **options: None)


@pytest.fixture
def session():
    session = make_session()
    for number in range(3):
        make_registration(session, participant=make_participant(full_name=f"Peserta {number}", region=session.region))
    return session


def staff(role=roles.MINISTRY, **fields):
    need_roles()
    user = make_coordinator(**fields)
    user.groups.set([Group.objects.get(name=role)])
    return user


def wanted(**options):
    defaults = {
        "filter": Filter(),
        "layout": "people",
        "format": "xlsx",
        "delimiter": ",",
        "personal": frozenset(),
        "reason": "",
        "described": {"Wilayah": "Semua"},
        "language": "id",
    }
    return Wanted(**defaults | options)


def asked(by, **options):
    return exports.ask(wanted=wanted(**options), by=by, now=NOW)


@pytest.fixture
def big(monkeypatch):
    """Every file is too big to be given out at once, and personal columns of anybody need a second yes."""
    monkeypatch.setattr(exports, "SMALL", 0)
    monkeypatch.setattr(exports, "MANY", 2)


def fetched(export, by, now=NOW):
    export.refresh_from_db()
    return b"".join(export_files.fetch(export=export, by=by, now=now))


def state(export):
    return AttendanceExport.objects.get(pk=export.pk).state
