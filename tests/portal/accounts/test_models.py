"""What the database knows of accounts, whatever code forgets."""

import pytest
from django.db import IntegrityError, transaction

from portal.accounts.models import User
from tests.factories import OPENS, make_user
from tests.staff import make_staff, make_superuser

pytestmark = pytest.mark.django_db


def test_raw_sql_cannot_empty_a_password():
    for account in (make_staff("ministry"), make_user()):
        with pytest.raises(IntegrityError, match="user_password_is_not_empty"), transaction.atomic():
            User.objects.filter(pk=account.pk).update(password="")


def test_managers_are_who_may_change_accounts_and_are_active():
    found = {make_staff("accounts"), make_superuser()}
    off = make_staff("accounts", email="off@example.go.id")
    User.objects.filter(pk=off.pk).update(is_active=False)
    others = [off, make_user(), *(make_staff(role) for role in ("coordinator", "ministry", "editor"))]
    assert set(User.objects.managers()) == found
    assert [user.manages_accounts for user in found] == [True, True]
    assert not any(User.objects.get(pk=user.pk).manages_accounts for user in others)


def test_sessions_end_as_often_as_asked_and_the_password_stays():
    user = User.objects.create_staff(email="a@example.go.id", password="kunci-lama-panjang", name="A", now=OPENS)
    digests = {user.get_session_auth_hash()}
    for _time in range(3):
        user.end_sessions()
        user.save(update_fields=["session_mark"])
        user.refresh_from_db()
        digests.add(user.get_session_auth_hash())
        assert user.check_password("kunci-lama-panjang")
    assert len(digests) == 4


def test_session_of_an_earlier_key_ends_as_well(settings):
    user = User.objects.create_staff(email="a@example.go.id", password="kunci-lama-panjang", name="A", now=OPENS)
    begun = user.get_session_auth_hash()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "x" * 60
    assert list(user.get_session_auth_fallback_hash()) == [begun]
    user.end_sessions()
    assert list(user.get_session_auth_fallback_hash()) != [begun]
