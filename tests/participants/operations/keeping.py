"""An edition of long ago in which a canary sings, the job that keeps promises, and what the database then holds."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from participants.models import Consent, LoginCode, Merge, Notification
from participants.operations import retention
from portal.accounts.models import User
from tests.factories import DURING_REGISTRATION, WIB
from tests.rules.world import canaries_in, make_edition, make_place, sing

NOW = DURING_REGISTRATION
REAL = datetime(2026, 6, 1, 12, tzinfo=UTC)
LAST_DAY = datetime(2027, 12, 20, 23, tzinfo=WIB)  # 24 months after the edition's last day
OVER = LAST_DAY + timedelta(days=1)


def keep(now, machine_now=REAL):
    return {name: count for name, count in retention.run(now=now, machine_now=machine_now).items() if count != 0}


def dump():
    """Every value of every column of every table, by table."""
    texts = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            texts[table] = "\n".join(row[0] for row in cursor.fetchall())
    return texts


def singing():
    return {table for table, text in dump().items() if canaries_in(text)}


@pytest.fixture
def place(db):
    """An edition over 24 months ago at OVER, in which a canary sings in every text that people typed."""
    place = make_place(make_edition())
    Notification.objects.update(state="failed", settled_at=NOW)
    for row in (place["participants.Registration"], place["child"]):
        User.objects.filter(participant=row.participant).update(email=f"kanari-{row.pk}@example.com")
    sing(place)
    # What the code writes and nobody types holds no person.
    Consent.objects.update(text_version="1", text_hash="0" * 64, channel="web")
    Merge.objects.update(before={"full_name": "kanari"})
    Notification.objects.update(reason="550 <kanari@example.com> is unknown", occurrence="1:1")
    for account in User.objects.filter(participant__isnull=False):
        LoginCode.objects.create(
            email=account.email,
            address_key=account.email,
            inbox_key=account.email,
            browser_hash="0",
            asked_at=REAL,
            expires_at=REAL,
            used_at=REAL,
        )
    return place
