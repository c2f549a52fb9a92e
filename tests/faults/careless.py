"""The Celery app with one guard taken away, for controls: UNGUARDED names which, or "nothing".

retaking   a row left in the hands of a killed process stays there
stamping   outcomes are written only when a whole batch is done
ending     a run goes on until nothing is left
leasing    a row in somebody's hands is taken and sent by others, too
finishing  a process that is to be replaced ends in the midst of its run, before it writes an outcome

With RUN_SECONDS each run ends after that long, so that few messages are many tasks.
"""

import os

import django

from portal.celery import app

django.setup()

from participants.operations import claims, deliveries  # noqa: E402 -- models need the set-up

__all__ = ["app"]

if "RUN_SECONDS" in os.environ:
    deliveries.SECONDS.update(dict.fromkeys(deliveries.SECONDS, float(os.environ["RUN_SECONDS"])))

match os.environ["UNGUARDED"]:
    case "retaking":
        claims.CLAIM = claims.CLAIM.replace("OR leased_until < clock_timestamp()", "").replace(
            "OR state = 'sending'", ""
        )
    case "leasing":
        claims.CLAIM = claims.CLAIM.replace("AND (leased_until IS NULL OR leased_until < clock_timestamp())", "")
        claims.MARK = claims.MARK.replace("AND row.leased_until = %(leased_until)s", "")
    case "ending":
        deliveries.SECONDS.update(dict.fromkeys(deliveries.SECONDS, 600.0))
    case "finishing":
        claims.stamp = lambda *row, **outcome: os._exit(0)
    case "stamping":
        stamp, claim = claims.stamp, claims.claim
        outcomes: list = []

        def stamp_later(notification, **outcome):
            outcomes.append((notification, outcome))

        def claim_after_stamping(queue, now):
            for notification, outcome in outcomes:
                stamp(notification, **outcome)
            outcomes.clear()
            return claim(queue, now)

        claims.stamp, deliveries.claims.claim = stamp_later, claim_after_stamping
