"""What a member of staff can see and do, asked of the very rules that let them in or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from portal import roles, routes
from portal.accounts.models import User
from programs.models import Region, TrainingSession

# Rights that are no table's, in the words of the table of roles.
RIGHTS: dict[str, Promise] = {
    "programs.see_all_regions": _("melihat semua wilayah"),
    "programs.manage_session": _("memindahkan, mengubah kapasitas, dan membatalkan sesi"),
    "participants.work_with_cohort": _("menambah, memindahkan, mengelompokkan, dan mencatat peserta"),
    "participants.cancel_registration": _("membatalkan pendaftaran, dan memutuskan sebagai orang kedua"),
    "participants.record_attendance": _("mencatat kehadiran"),
    "participants.export_attendance": _("mengunduh kehadiran"),
    "participants.answer_appeal": _("menjawab keberatan dan kabar tidak datang, membetulkan data"),
    "participants.answer_accessibilityrequest": _("menjawab kebutuhan aksesibilitas"),
    "participants.replace_login_address": _("mengganti alamat masuk peserta"),
    "participants.write_broadcast": _("menulis kabar kepada peserta"),
}


@dataclass(frozen=True)
class Table:
    """One table of the workplace: how many of its rows somebody sees, and whether they add or change any."""

    name: str
    rows: int
    may_add: bool
    may_change: bool


@dataclass(frozen=True)
class Sight:
    """Everything that one account can see and do."""

    is_active: bool
    has_password: bool
    has_second_factor: bool
    roles: list[str]
    regions: list[Region]
    sessions: list[TrainingSession]
    rights: list[Promise]
    tables: list[Table]
    pages: list[str]


def of(account: User, tables: dict[Any, Any]) -> Sight:
    """What `account` would meet; of whoever may not enter nothing, whatever stands in their roles."""
    regions = Region.objects.visible_to(account).order_by("name")
    sessions = TrainingSession.objects.visible_to(account).with_places().order_by("region__name", "pk")
    return Sight(
        is_active=account.is_active,
        has_password=account.has_usable_password(),
        has_second_factor=User.objects.with_second_factor().filter(pk=account.pk).exists(),
        roles=[group.name for group in account.groups.all()],
        regions=list(regions),
        sessions=list(sessions),
        rights=[words for right, words in RIGHTS.items() if account.has_perm(right)],
        tables=_tables(account, tables),
        pages=_pages(account),
    )


def _tables(account: User, tables: dict[Any, Any]) -> list[Table]:
    found = []
    for model in tables:
        app, name = model._meta.app_label, model._meta.model_name
        if not account.has_perm(f"{app}.view_{name}"):
            continue
        rows = model._default_manager.all()
        seen = rows.visible_to(account) if hasattr(rows, "visible_to") else rows
        found.append(
            Table(
                name=str(capfirst(model._meta.verbose_name_plural)),
                rows=seen.count(),
                may_add=account.has_perm(f"{app}.add_{name}"),
                may_change=account.has_perm(f"{app}.change_{name}"),
            )
        )
    return sorted(found, key=lambda table: table.name)


def _pages(account: User) -> list[str]:
    """Addresses of the workplace that the permission table opens to the roles of `account`."""
    if not account.is_active:
        return []
    words = {roles.COORDINATOR: "coordinator", roles.MINISTRY: "ministry", roles.EDITOR: "editor"}
    words |= {roles.ACCOUNTS: "accounts"}
    held = {words[group.name] for group in account.groups.all() if group.name in words}
    table = routes.access()
    with override(settings.LANGUAGE_CODE):  # in which the table names them
        return sorted(
            {
                route.path
                for route in routes.routes()
                if route.path.startswith("/staf/") and held & {*table[route.name].get}
            }
        )
