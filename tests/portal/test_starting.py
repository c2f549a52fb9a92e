"""What a process does once while it starts."""

import json
import subprocess
import sys

import pytest

from portal import embedded
from tests.portal.test_settings import PRODUCTION

STARTED = """
import gc, json, sys
import django
django.setup()
from celery import signals
from portal.celery import app
known = {"looks": gc.isenabled(), "stays": gc.get_freeze_count()}
signals.celeryd_after_setup.send(sender="worker@host", instance=None, conf=app.conf)
print(json.dumps(known | {"addresses": "portal.urls" in sys.modules}))
"""


@pytest.fixture(scope="module")
def known():
    environment = PRODUCTION | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    started = [sys.executable, "-c", STARTED]
    done = subprocess.run(started, env=environment, cwd=embedded.ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_garbage_is_looked_for_again_once_all_is_loaded(known):
    assert known["looks"]
    assert known["stays"] > 100_000


def test_a_worker_loads_the_addresses_before_its_processes_part(known):
    assert known["addresses"]
