"""The limits of the staff login outlast whatever strangers make us remember, and go when they are over."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection

from portal import clock
from portal.accounts import limits

pytestmark = pytest.mark.django_db


def test_five_hundred_rows_of_strangers_wipe_out_no_limit():
    cache.set("allauth:login_failed", 5, 300)
    for number in range(500):
        cache.set(f"proofs:{number}", 1, 300)

    assert cache.get("allauth:login_failed") == 5


def test_what_is_over_goes_and_what_counts_stays():
    now = clock.machine_now()
    cache.set("over", 1, 1)
    cache.set("counts", 1, 3600)

    assert limits.forget_old(machine_now=now + timedelta(minutes=1)) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM portal_cache")
        assert cursor.fetchone() == (1,)
