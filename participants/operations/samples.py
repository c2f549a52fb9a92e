"""A reminder as its reader would get it, mailed to whoever writes its rule: through the ledger, like everything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants import queries
from participants.models import Notification
from participants.operations import notifications, reminders
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.models import ReminderRule, TrainingSession

OF_USE = timedelta(hours=1)


class JustMailed(Refused):
    code = "just_mailed"
    sentence = _("Satu contoh baru saja dikirim kepadamu.")
    remedy = _("Tunggu semenit, lalu kirim lagi. Yang kamu ketik masih ada.")


def send(*, rule: ReminderRule, session: TrainingSession, day: int, to: User, now: datetime) -> None:
    """Promise `to` what `rule` says on `day` to one of the people of `session`; once a minute, however often asked."""
    _promise(f"{rule.pk}:{session.pk}:{day}", session=session, to=to, now=now)


@transaction.atomic
def send_unsaved(*, rule: ReminderRule, session: TrainingSession, day: int, to: User, now: datetime) -> None:
    """The same of `rule` as it is in memory, which is kept beside the ledger for as long as the sample is of use.

    Once a minute, too: the same words again are the same sample. Raises JustMailed for others within that minute.
    """
    typed = {field.attname: getattr(rule, field.attname) for field in rule._meta.concrete_fields}
    key = _key(to.pk, _minute(now))
    if not cache.add(key, typed, timeout=OF_USE.total_seconds()) and cache.get(key) != typed:
        raise JustMailed
    _promise(f"{Notification.UNSAVED}:{session.pk}:{day}", session=session, to=to, now=now)


def _promise(occurrence: str, *, session: TrainingSession, to: User, now: datetime) -> None:
    notifications.promise(
        Notification.Kind.SAMPLE,
        subject=to,
        region=session.region,
        occurrence=occurrence,
        version=_minute(now),
        useful_until=now + OF_USE,
        now=now,
    )


def _minute(now: datetime) -> int:
    return int(now.timestamp()) // 60


def _key(account: int | None, minute: int) -> str:
    return f"unsaved_rule:{account}:{minute}"


def read(row: Notification) -> Notification | None:
    """The reminder that the sample `row` shows, as things stand; None when it is said to nobody any more."""
    rule_id, session_id, day = row.occurrence.split(":")
    about = {"session_id": int(session_id), "day": int(day)}
    if row.is_unsaved:
        typed = cache.get(_key(row.account_id, row.version))
        found = reminders.unsaved_sample(rule=_typed_rule(typed), **about) if typed else None
    else:
        rule = ReminderRule.objects.filter(pk=int(rule_id)).first()
        found = queries.sample(rule=rule, **about) if rule else None
    return found.told if found else None


def _typed_rule(typed: dict[str, Any]) -> ReminderRule:
    """The rule as it was typed; one that was new then may have been saved since. During an upgrade it may have been
    typed into newer code: what this code does not know of it, it says of no reminder either."""
    known = {field.attname for field in ReminderRule._meta.concrete_fields}
    rule = ReminderRule(**{name: value for name, value in typed.items() if name in known})
    if rule.pk is None:
        same = ReminderRule.objects.filter(program=rule.program_id, slug=rule.slug)
        rule.pk = same.values_list("pk", flat=True).first()
    return rule
