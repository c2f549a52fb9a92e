"""The state of the messages in Prometheus' text form, read from the database at each scrape.

Every process would count its own; the ledger counts for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from participants import queries
from portal import clock


class Messages(Collector):
    """Gauges over the ledger. Ages and latencies are in seconds; what cannot be measured yet is left out."""

    def collect(self) -> Iterable[Metric]:
        now, machine_now = clock.database_now(), clock.database_machine_now()
        health = queries.ledger_health(now=machine_now, programme_now=now)
        counts = GaugeMetricFamily(
            "portal_messages", "Messages that wait, or that did not arrive.", labels=["queue", "state"]
        )
        for (queue, state), count in queries.unsettled().items():
            counts.add_metric([queue, state], count)
        yield counts
        yield GaugeMetricFamily(
            "portal_messages_put_off",
            "Messages that wait for their turn at a provider that asked for fewer a minute.",
            value=health.put_off,
        )
        missed = GaugeMetricFamily(
            "portal_messages_missed",
            "Messages that were too late to be of use, in the last seven days.",
            labels=["queue"],
        )
        for queue, count in queries.missed_lately(now=now).items():
            missed.add_metric([queue], count)
        yield missed
        yield GaugeMetricFamily(
            "portal_oldest_due_message_seconds",
            "Age of the oldest message that is due.",
            value=health.oldest_due_age or 0,
        )
        if health.last_tick_age is not None:
            yield GaugeMetricFamily(
                "portal_tick_age_seconds", "Time since the scheduler's last tick.", value=health.last_tick_age
            )
        if health.last_whole_tick_age is not None:
            yield GaugeMetricFamily(
                "portal_whole_tick_age_seconds",
                "Time since the scheduler's last tick of which no part failed.",
                value=health.last_whole_tick_age,
            )
        if latency := queries.code_latency(now=now):
            quantiles = GaugeMetricFamily(
                "portal_login_code_seconds", "From the ask to the mail server, in the last hour.", labels=["quantile"]
            )
            quantiles.add_metric(["0.5"], latency.median)
            quantiles.add_metric(["0.95"], latency.p95)
            yield quantiles


REGISTRY = CollectorRegistry()
REGISTRY.register(Messages())


def text_of_metrics() -> bytes:
    """The text that Prometheus reads."""
    return generate_latest(REGISTRY)
