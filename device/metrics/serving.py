"""Answering Prometheus over HTTP, for all devices of a process.

A device that restarts is a new object under the same name. So devices are kept by name, and
counters, which only grow, are kept for the process as a whole.
"""

import asyncio
from collections.abc import Callable

from prometheus_client import ProcessCollector, disable_created_metrics, start_http_server

from onboardee.device.events import Bus
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.metrics.commits import TimedCommits
from onboardee.device.metrics.measures import Counting, Measures
from onboardee.device.metrics.present import PresentCollector


class Metering:
    """The devices that are measured, and the counters about them."""

    def __init__(self, host: str, port: int) -> None:
        """Name the address at which Prometheus is to be answered."""
        disable_created_metrics()  # type: ignore[no-untyped-call] # a series more for each
        self.measures = Measures()
        self._place = (host, port)
        self._devices: dict[str, AnyDevice] = {}
        self.port = port
        """Where it is answered; another one than was named if that was 0, once it serves."""

    def count(self, bus: Bus) -> None:
        """Count what a device tells, also after restarts."""
        Counting(self.measures, bus)

    def around(self, device: AnyDevice) -> AnyDevice:
        """Return a device whose commits are timed; it takes the place of one of the same name."""
        measured = TimedCommits(device, self.measures.commit_seconds)
        self._devices[device.bus.device] = measured
        return measured

    def forget(self, device: str) -> None:
        """Leave a device out of what is there now, until it is back."""
        self._devices.pop(device, None)

    def serve(self) -> Callable[[], None]:
        """Answer from now on, while the running loop lasts. Returns what ends it.

        Raises OSError where nobody can listen at the address.
        """
        registry = self.measures.registry
        registry.register(PresentCollector(self._devices, asyncio.get_running_loop()))
        ProcessCollector(registry=registry)
        host, port = self._place
        server, thread = start_http_server(port, host, registry)
        self.port = server.server_port

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop
