"""A fake device in a thread of its own: for tests without an event loop.

The thread runs an event loop with one `fake_device`; each method here is a call into that loop and
waits for its result. So a test that is written with `requests`-like blocking calls, or that uses a
client in C, can have a device beside it.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

from onboardee.device.audit.judgement import Audit
from onboardee.device.events import Event
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing.fake import PATIENCE, FakeDevice, fake_device
from onboardee.svrdb.model import State

T = TypeVar("T")


class DeviceThread:
    """What `FakeDevice` is, for code that does not await: `with DeviceThread("light") as light`.

    Takes the arguments of `fake_device`.
    """

    def __init__(self, profile: str | Profile = "light", **options: Any) -> None:
        self._open = partial(fake_device, profile, **options)
        self._started: Future[FakeDevice] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._fake = self._started.result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    @property
    def coap(self) -> str:
        """Where it is reached without DTLS, as `coap://127.0.0.1:40001`."""
        return self._fake.coap

    @property
    def coaps(self) -> str:
        """Where it is reached with DTLS."""
        return self._fake.coaps

    @property
    def uuid(self) -> UUID:
        """The present device UUID."""
        return self._fake.uuid

    @property
    def state(self) -> State:
        """The onboarding state."""
        return self._fake.state

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything that happened, in order."""
        return tuple(self._fake.events)

    def audit(self) -> Audit:
        """Judge the tools that talked to this device, which is traced."""
        return self._fake.audit()

    def get(self, place: str) -> Any:
        """Return a value, or all of a resource. Raises KeyError."""
        return self._fake.get(place)

    def set(self, place: str, value: object) -> None:
        """Change a value as the physical world would. Raises `ControlError`."""
        self._await(self._fake.set(place, value))

    def press_reset(self) -> None:
        """Press the reset button; the device is in factory state when this returns."""
        self._await(self._fake.press_reset())

    def reboot(self) -> None:
        """Take the power away and give it back; the device has restarted when this returns."""
        self._await(self._fake.reboot())

    def advance(self, seconds: float) -> None:
        """Let time pass, for a device made with `manual_time`."""
        self._await(self._fake.advance(seconds))

    def advance_world(self, seconds: float) -> None:
        """Let time pass for what the device does by itself alone."""
        self._await(self._fake.advance_world(seconds))

    def wait_for(self, name: str, *, timeout: float = PATIENCE) -> Event:
        """Return the next event of that name after the last one waited for; or TimeoutError."""
        return self._await(self._fake.wait_for(name, timeout=timeout))

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the device's loop, and wait for what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _live(self) -> None:
        """Run the device until the block ends; `__enter__` raises what keeps it from starting."""
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        try:
            async with self._open() as fake:
                self._started.set_result(fake)
                await self._stopped.wait()
        except Exception as error:
            # Later errors belong to the block, not to the start.
            if self._started.done():
                raise
            self._started.set_exception(error)


DeviceMaker = Callable[..., DeviceThread]
"""What the fixtures `ocf_device` and `audited_device` give a test."""
