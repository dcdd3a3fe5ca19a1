"""What a hub counts, as Prometheus reads it. No room, no peer and no value is named.

Loaded only when first asked for, as the library takes a while.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.hub.counters import Counters, moved
from engine.transport.driver import Driver


class Metrics(Collector):
    """The numbers of a hub at one moment.

    Args:
        counters: what has happened.
        drivers: the running sessions.
        gauges: current values by name, each with its meaning.
    """

    def __init__(self, counters: Counters, drivers: Iterable[Driver], gauges: dict[str, tuple[int, str]]) -> None:
        self._counters = counters
        self._moved = counters.moved + moved(drivers)
        self._gauges = gauges

    def render(self) -> bytes:
        """Return the page."""
        registry = CollectorRegistry()
        registry.register(self)
        ProcessCollector(registry=registry)
        return generate_latest(registry)

    def collect(self) -> Iterator[Metric]:
        """Yield each metric; called by the registry."""
        for name, (value, meaning) in self._gauges.items():
            yield GaugeMetricFamily(f"syncline_{name}", meaning, value=value)
        yield CounterMetricFamily("syncline_sessions", "Peers that came in.", value=self._counters.sessions)
        meaning = "Peers that were cut for being slow or revoked."
        yield CounterMetricFamily("syncline_dropped", meaning, value=self._counters.dropped)
        refused = CounterMetricFamily("syncline_refused", "Peers that were turned away.", labels=["why"])
        for why, count in sorted(self._counters.refused.items()):
            refused.add_metric([why], count)
        yield refused
        meaning = "Tables and columns that rooms were given because a peer has them."
        followed = CounterMetricFamily("syncline_followed", meaning, labels=["what"])
        for what in ("tables", "columns"):
            followed.add_metric([what], self._counters.followed[what])
        yield followed
        for what in ("changes", "bytes"):
            meaning = f"The {what} that peers sent and were sent."
            family = CounterMetricFamily(f"syncline_{what}", meaning, labels=["way"])
            for way in ("in", "out"):
                family.add_metric([way], self._moved[what, way])
            yield family
