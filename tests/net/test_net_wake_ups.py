"""Calls from other threads into the event loop."""

import asyncio
import threading

import pytest

from onboardee.device.net.wake_ups import WakeUps


def test_a_loop_is_woken_once_for_all_that_a_thread_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty devices whose changes were stored together cost one system call, in their order."""
    made: list[int] = []
    woken: list[object] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        told = loop.call_soon_threadsafe
        monkeypatch.setattr(
            loop, "call_soon_threadsafe", lambda call: (woken.append(call), told(call))
        )
        wake_ups, done = WakeUps(loop), asyncio.Event()

        def store() -> None:
            calls = [lambda each=each: made.append(each) for each in range(40)]
            for wake in {wake_ups.add(call) for call in (*calls, done.set)}:
                wake()

        thread = threading.Thread(target=store)
        thread.start()
        await asyncio.wait_for(done.wait(), 10)
        thread.join()

    asyncio.run(run())
    assert (made, len(woken)) == (list(range(40)), 1)


def test_a_loop_that_is_closed_takes_no_call() -> None:
    """A thread that ends after the program's loop meets no error."""
    loop = asyncio.new_event_loop()
    loop.close()
    made: list[int] = []
    WakeUps(loop).add(lambda: made.append(1))()
    assert not made
