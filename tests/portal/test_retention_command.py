"""`manage.py retention` and the task that runs it at night."""

from io import StringIO

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.core.management import call_command

from participants import tasks
from participants.operations import retention, retention_rules
from portal.accounts.models import User
from tests.factories import make_user


def counts(text):
    return {line.split("  ")[0].strip(): line.split()[-1] for line in text.splitlines()[1:]}


@pytest.mark.django_db
def test_retention_prints_every_rule_and_a_dry_run_changes_nothing():
    make_user()
    out, again = StringIO(), StringIO()

    call_command("retention", dry_run=True, stdout=out)
    assert User.objects.count() == 1
    call_command("retention", stdout=again)

    assert counts(out.getvalue()) == counts(again.getvalue())
    assert counts(again.getvalue()) == {
        rule.name: "1" if rule.name == "accounts" else "0" for rule in retention_rules.RULES
    }
    assert not User.objects.exists()


@pytest.mark.django_db
def test_retention_says_when_a_rule_failed(monkeypatch):
    monkeypatch.setattr(retention, "_end_some", lambda *_arguments: 1 / 0)

    with pytest.raises(SystemExit, match="A rule failed"):
        call_command("retention", stdout=StringIO())


@pytest.mark.django_db
def test_retention_runs_at_night_in_jakarta():
    make_user()
    night = settings.CELERY_BEAT_SCHEDULE["retention"]

    tasks.retain()

    assert not User.objects.exists()
    assert (night["task"], night["options"]["queue"]) == (tasks.retain.name, "bulk")
    assert night["schedule"] == crontab(minute="*/10", hour="18-20")  # UTC: 01:00 to 03:50 WIB
