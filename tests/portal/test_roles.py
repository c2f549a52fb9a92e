"""Roles come from the table in the code: nobody has more, nobody has less, and nothing else gives a right."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from portal.accounts.models import User
from portal.roles import ROLES
from tests.factories import make_coordinator, make_user
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_role_yet(db: None) -> None:
    Group.objects.all().delete()


def sync() -> str:
    out = StringIO()
    call_command("sync_roles", stdout=out)
    return out.getvalue()


def all_permissions() -> set[str]:
    rows = Permission.objects.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def given_by_any_role() -> frozenset[str]:
    return frozenset().union(*ROLES.values())


@pytest.mark.usefixtures("no_role_yet")
@pytest.mark.parametrize("role", ROLES)
def test_role_has_the_permissions_of_the_table_and_no_other(role: str) -> None:
    sync()
    user = make_coordinator()
    user.groups.set(Group.objects.filter(name=role))
    assert {name for name in all_permissions() if user.has_perm(name)} == ROLES[role]


def test_staff_without_a_role_and_participants_have_no_permission() -> None:
    sync()
    for user in (make_coordinator(), make_user()):
        assert [name for name in all_permissions() if user.has_perm(name)] == []


@pytest.mark.usefixtures("no_role_yet")
def test_all_that_somebody_may_is_asked_once_and_given_by_roles_alone(django_assert_num_queries: Any) -> None:
    sync()
    user = make_coordinator()
    user.groups.set(Group.objects.filter(name__in=["Koordinator wilayah", "Staf kementerian"]))
    user.user_permissions.add(Permission.objects.get(codename="delete_registration"))
    with django_assert_num_queries(1):
        found = {name for name in given_by_any_role() if user.has_perm(name)}
    assert found == ROLES["Koordinator wilayah"] | ROLES["Staf kementerian"]
    assert not user.has_perm("participants.delete_registration")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert User.objects.get(pk=user.pk).get_all_permissions() == set()


def test_sync_takes_away_what_the_table_does_not_give() -> None:
    sync()
    extra = Permission.objects.get(codename="delete_registration")
    user = make_coordinator()
    user.user_permissions.add(extra)
    group = Group.objects.get(name="Koordinator wilayah")
    group.permissions.add(extra)
    group.permissions.remove(Permission.objects.get(codename="view_registration"))
    stray = Group.objects.create(name="Bayangan")
    user.groups.add(stray)
    sync()
    found = {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.select_related("content_type")}
    assert found == ROLES["Koordinator wilayah"]
    assert not User.objects.get(pk=user.pk).has_perm("participants.delete_registration")
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)


def test_sync_twice_changes_nothing_and_keeps_who_has_which_role() -> None:
    sync()
    user = make_coordinator()
    user.groups.set(Group.objects.filter(name="Staf kementerian"))
    before = set(Group.permissions.through.objects.values_list("group__name", "permission_id"))
    sync()
    assert set(Group.permissions.through.objects.values_list("group__name", "permission_id")) == before
    assert list(user.groups.values_list("name", flat=True)) == ["Staf kementerian"]


def test_no_role_deletes_people_or_gives_permissions() -> None:
    given = given_by_any_role()
    assert {name for name in given if ".delete_" in name} == {"programs.delete_coordination"}
    assert [name for name in given if name.startswith(("auth.", "mfa.", "account.", "sessions.", "admin."))] == []
    assert [role for role, names in ROLES.items() if "accounts.change_user" in names] == ["Pengelola akun"]


def break_glass(email: str) -> str:
    out = StringIO()
    call_command("break_glass", email, "Darurat", stdout=out)
    return out.getvalue()


def test_break_glass_makes_at_most_two_superusers() -> None:
    password = break_glass("satu@example.go.id").split()[1]
    user = User.objects.get(email="satu@example.go.id")
    assert user.is_superuser
    assert user.is_staff
    assert user.check_password(password)
    break_glass("dua@example.go.id")
    with pytest.raises(CommandError, match="2 superusers already"):
        break_glass("tiga@example.go.id")
    assert User.objects.filter(is_superuser=True).count() == 2


def test_break_glass_leaves_an_account_that_is_there_alone() -> None:
    participant = make_user(email="siti@example.com")
    with pytest.raises(CommandError, match="has an account already"):
        break_glass("SITI@example.com")
    participant.refresh_from_db()
    assert not participant.is_superuser


@pytest.mark.django_db(transaction=True)
def test_break_glass_at_once_makes_no_third() -> None:
    results: list[Any] = at_once([lambda n=n: break_glass(f"darurat{n}@example.go.id") for n in range(5)])
    assert sum(isinstance(result, CommandError) for result in results) == 3
    assert User.objects.filter(is_superuser=True).count() == 2
