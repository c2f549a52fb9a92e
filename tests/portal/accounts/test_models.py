"""What the database knows of accounts, whatever code forgets."""

import pytest
from django.db import IntegrityError, transaction

from portal.accounts.models import User
from tests.factories import make_user
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
