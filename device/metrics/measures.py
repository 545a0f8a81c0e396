"""Counting what devices tell: one set of counters for all devices of a process.

Labels have few values that no peer can choose: a peer's address, a path or a UUID is never one,
for each new value of a label costs memory for as long as the process lives.
"""

import time
from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from onboardee.device.events import (
    AccessDenied,
    AnswersWithheld,
    Bus,
    DeviceFault,
    DeviceReset,
    Event,
    HandshakeRefused,
    MethodSelected,
    RequestServed,
    SessionEnded,
    SessionOpened,
    StateChanged,
    StorageFailed,
)

ONBOARDING_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
"""Seconds: a tool without a person behind it, and one with."""
COMMIT_BUCKETS: Final = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1)
"""Seconds: from memory to a tired SD card."""
NO_ANSWER: Final = "none"
"""The label of a request that got no answer, such as one to a group that had nothing to say."""


class Measures:
    """The counters. `registry` is what a scrape reads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.onboardings = self._counter(
            "onboardings", "Owner transfers that ended", "method", "result"
        )
        self.onboarding_seconds = Histogram(
            "onboardee_onboarding_seconds",
            "From the choice of a method until the device is in normal operation",
            ["method"],
            buckets=ONBOARDING_BUCKETS,
            registry=self.registry,
        )
        self.handshakes = self._counter(
            "handshakes", "DTLS handshakes that ended", "suite", "result"
        )
        self.sessions_ended = self._counter("sessions_ended", "Sessions that ended", "reason")
        self.requests = self._counter("requests", "Requests answered", "method", "code")
        self.refusals = self._counter("refusals", "Requests that access control refused", "rule")
        self.withheld = self._counter(
            "answers_withheld", "Times that a source in the clear got no more"
        )
        self.commits_failed = self._counter("commits_failed", "Changes that could not be stored")
        self.resets = self._counter("resets", "Factory resets")
        self.faults = self._counter("program_faults", "Errors in this program that devices met")
        self.commit_seconds = Histogram(
            "onboardee_commit_seconds",
            "Until a change was durable",
            buckets=COMMIT_BUCKETS,
            registry=self.registry,
        )

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"onboardee_{name}", says, labels, registry=self.registry)


class Counting:
    """Counts what one device tells."""

    def __init__(
        self, measures: Measures, bus: Bus, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin to count what a bus carries; `clock` gives seconds."""
        self._measures = measures
        self._now = clock
        self._transfer: tuple[str, float] | None = None
        """The method of the transfer under way, and when it was chosen."""
        bus.subscribe(self, requests=True)

    def __call__(self, event: Event) -> None:
        """Count an event."""
        measures = self._measures
        match event:
            case RequestServed(method=method, code=code):
                measures.requests.labels(method, code or NO_ANSWER).inc()
            case AccessDenied(rule=rule):
                measures.refusals.labels(rule).inc()
            case SessionOpened(suite=suite):
                measures.handshakes.labels(suite, "established").inc()
            case HandshakeRefused(alert=alert):
                measures.handshakes.labels("", alert or "failed").inc()
            case SessionEnded(reason=reason):
                measures.sessions_ended.labels(reason).inc()
            case AnswersWithheld():
                measures.withheld.inc()
            case StorageFailed():
                measures.commits_failed.inc()
            case DeviceFault():
                measures.faults.inc()
            case MethodSelected() | StateChanged() | DeviceReset():
                self._follow_transfer(event)

    def _follow_transfer(self, event: Event) -> None:
        """Keep the time of a transfer: from the chosen method to normal operation, or a reset."""
        match event:
            case MethodSelected(method=method):
                self._end_transfer("begun again")
                self._transfer = (method, self._now())
            case StateChanged(after="RFNOP"):
                self._end_transfer("owned")
            case StateChanged(after="RESET"):
                self._end_transfer("given up")
            case DeviceReset():
                self._measures.resets.inc()
                self._end_transfer("given up")

    def _end_transfer(self, result: str) -> None:
        """Count a transfer that ended; of one that succeeded also how long it took."""
        transfer, self._transfer = self._transfer, None
        if transfer is None:
            return
        method, began = transfer
        self._measures.onboardings.labels(method, result).inc()
        if result == "owned":
            self._measures.onboarding_seconds.labels(method).observe(self._now() - began)
