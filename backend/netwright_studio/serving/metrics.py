"""``/metrics`` for Prometheus: counted in plain numbers while requests run, put into its form when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from netwright import __version__
from netwright_studio.inference.server import Key, ModelServer
from netwright_studio.inference.stats import SECONDS, Histogram, ModelStats

Route = tuple[str, str]


class RequestMetrics:
    """Counts and durations of HTTP requests by method and kind of address."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.counts: dict[tuple[str, str, int], int] = {}
        self.seconds: dict[Route, Histogram] = {}

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        key = (method, route, status)
        self.counts[key] = self.counts.get(key, 0) + 1
        histogram = self.seconds.get((method, route))
        if histogram is None:
            histogram = self.seconds[method, route] = Histogram(SECONDS)
        histogram.add(seconds)

    def observer(self, method: str, route: str) -> Callable[[int, float], None]:
        """Return what counts more requests of the same kind, by status and seconds."""

        def observe(status: int, seconds: float) -> None:
            self.add(method, route, status, seconds)

        return observe

    def state(self) -> dict[str, Any]:
        """Return all numbers, plain, so that another process can add them to its own with ``add_state``."""
        return {
            "in_flight": self.in_flight,
            "counts": [[*key, count] for key, count in self.counts.items()],
            "seconds": [[*key, one.counts, one.sum] for key, one in self.seconds.items()],
        }

    def add_state(self, state: dict[str, Any]) -> None:
        """Add another process's ``state``."""
        self.in_flight += state["in_flight"]
        for method, route, status, count in state["counts"]:
            key = (method, route, status)
            self.counts[key] = self.counts.get(key, 0) + count
        for method, route, counts, total in state["seconds"]:
            self.seconds.setdefault((method, route), Histogram(SECONDS)).merge(counts, total)


class Snapshot:
    """What is shown of one moment: of this process and, where others answer too, of them."""

    def __init__(self) -> None:
        self.requests = RequestMetrics()
        self.stats: dict[Key, ModelStats] = {}
        self.waiting: dict[Key, int] = {}
        self.held: dict[Key, int] = {}
        self.evictions = 0
        self.processes = 0
        self.runs: dict[str, int] = {}
        self.training: list[tuple[str, float]] = []
        self.subscribers = 0

    def add_process(self, state: dict[str, Any]) -> None:
        """Add what ``process_state`` tells of a process."""
        self.processes += 1
        self.requests.add_state(state["requests"])
        self.evictions += state["evictions"]
        for name, version, counts in state["stats"]:
            self.stats.setdefault((name, version), ModelStats()).add_counts(counts)
        for name, version, waiting, held in state["models"]:
            key = (name, version)
            self.waiting[key] = self.waiting.get(key, 0) + waiting
            self.held[key] = self.held.get(key, 0) + held


def process_state(requests: RequestMetrics, server: ModelServer) -> dict[str, Any]:
    """Return the numbers of this process, plain."""
    return {
        "requests": requests.state(),
        "evictions": server.evictions,
        "stats": [[*key, stats.counts()] for key, stats in server.all_stats().items()],
        "models": [[model.name, model.version, model.batcher.depth, model.bytes] for model in server.loaded()],
    }


def render(snapshot: Snapshot) -> bytes:
    """Return the text that Prometheus reads."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(_Families(snapshot))
    return generate_latest(registry)


class _Families(Collector):
    """A snapshot in Prometheus's form."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterable[Metric]:
        """Give out every family."""
        info = InfoMetricFamily("netwright_build", "The studio's version.")
        info.add_metric([], {"version": __version__})
        yield info
        yield from self._requests()
        yield from self._inference()
        yield from self._models()
        yield from self._runs()

    def _requests(self) -> Iterator[Metric]:
        requests = self._snapshot.requests
        total = CounterMetricFamily(
            "netwright_http_requests", "HTTP requests answered.", labels=["method", "route", "status"]
        )
        for (method, route, status), count in sorted(requests.counts.items()):
            total.add_metric([method, route, str(status)], count)
        yield total
        seconds = HistogramMetricFamily(
            "netwright_http_request_duration_seconds", "From head to answer.", labels=["method", "route"]
        )
        for key, histogram in sorted(requests.seconds.items()):
            seconds.add_metric(list(key), histogram.buckets(), histogram.sum)
        yield seconds
        yield GaugeMetricFamily("netwright_http_requests_in_flight", "Being answered.", value=requests.in_flight)
        yield GaugeMetricFamily("netwright_processes", "Processes that answer.", value=self._snapshot.processes)

    def _inference(self) -> Iterator[Metric]:
        labels = ["model", "version"]
        answered = CounterMetricFamily(
            "netwright_inference_requests", "Requests to models.", labels=[*labels, "outcome"]
        )
        rows = CounterMetricFamily("netwright_inference_rows", "Rows that were answered.", labels=labels)
        runs = CounterMetricFamily("netwright_inference_executions", "Batches that were computed.", labels=labels)
        families = {
            "request_seconds": ("netwright_inference_duration_seconds", "Waiting and computing, a request."),
            "queue_seconds": ("netwright_inference_queue_seconds", "Waiting for a batch, a request."),
            "compute_seconds": ("netwright_inference_compute_seconds", "Computing, a batch."),
            "batch_rows": ("netwright_inference_batch_size", "Rows of a batch."),
        }
        histograms = {one: HistogramMetricFamily(*told, labels=labels) for one, told in families.items()}
        for (name, version), stats in sorted(self._snapshot.stats.items()):
            who = [name, str(version)]
            answered.add_metric([*who, "success"], stats.succeeded)
            answered.add_metric([*who, "failure"], stats.failures)
            rows.add_metric(who, stats.inferences)
            runs.add_metric(who, stats.executions)
            for attribute, family in histograms.items():
                histogram: Histogram = getattr(stats, attribute)
                family.add_metric(who, histogram.buckets(), histogram.sum)
        yield from (answered, rows, runs, *histograms.values())

    def _models(self) -> Iterator[Metric]:
        labels = ["model", "version"]
        queue = GaugeMetricFamily("netwright_inference_queue_requests", "Requests that wait.", labels=labels)
        held = GaugeMetricFamily("netwright_model_memory_bytes", "Memory of loaded models.", labels=labels)
        for (name, version), waiting in sorted(self._snapshot.waiting.items()):
            queue.add_metric([name, str(version)], waiting)
            held.add_metric([name, str(version)], self._snapshot.held[name, version])
        yield from (queue, held)
        yield CounterMetricFamily(
            "netwright_model_evictions", "Models dropped to stay in the memory budget.", value=self._snapshot.evictions
        )

    def _runs(self) -> Iterator[Metric]:
        runs = GaugeMetricFamily("netwright_runs", "Runs by state.", labels=["state"])
        for state, count in sorted(self._snapshot.runs.items()):
            runs.add_metric([state], count)
        speed = GaugeMetricFamily("netwright_run_samples_per_second", "Speed of runs that train.", labels=["run"])
        for run, rate in self._snapshot.training:
            speed.add_metric([run], rate)
        yield from (runs, speed)
        clients = self._snapshot.subscribers
        yield GaugeMetricFamily("netwright_event_subscribers", "Clients of event streams.", value=clients)
