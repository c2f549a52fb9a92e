"""The Celery app: a doorbell. What must happen is in the database, and a tick finds what no bell announced."""

import os
import sys
from importlib import import_module

from celery import Celery, signals
from django.conf import settings
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A task keeps its database connection for the next as a request does; Celery alone would make one for each task. Before
# each it is found alive or made anew: also one whose query a time limit broke off (celery #9824), by its state.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
signals.task_prerun.connect(lambda **_: close_old_connections(), weak=False)
signals.task_postrun.connect(lambda **_: close_old_connections(), weak=False)

# The addresses, and with them every view, are part of any message: loaded once, before a worker's processes part.
signals.celeryd_after_setup.connect(lambda **_: import_module(settings.ROOT_URLCONF), weak=False)
