"""Lets a hosted device do what a person asks for, whoever brings the question.

What can be asked is in `device/control`. Here it becomes steps of the device, in the same order as
everything else that happens to it, and an answer to what changes the database comes when that is on
disk. The control socket and the dashboard share one performer a device, so that both know the same
faults and the same refusals.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from onboardee.device.control import (
    AdvanceTime,
    Control,
    ControlError,
    PressReset,
    Reboot,
    ReplaceDatabase,
    Request,
    Result,
)
from onboardee.device.faults.building import Maker
from onboardee.device.machine.step import Step
from onboardee.device.net.hosted import HostedDevice


class Performer:
    """Carries requests out upon one hosted device."""

    def __init__(self, hosted: HostedDevice, maker: Maker | None = None) -> None:
        """Ask this device; `maker` gives it faults."""
        self.hosted = hosted
        self._control = Control(hosted.device, maker, hosted.surround)

    def close(self) -> None:
        """Let the device go."""
        self._control.close()

    async def answer(self, request: Request) -> dict[str, Any]:
        """Return `{"ok": ...}`, or `{"error": ...}` with a sentence for people."""
        try:
            return {"ok": await self.perform(request)}
        except ControlError as error:
            return {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - ours, and the log has it; the client waits
            context = {"message": "a control request failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
            return {"error": f"the device failed at it, and its log says where: {error!r}"}

    async def perform(self, request: Request) -> Any:
        """Take the step that is asked for and, if it writes, wait until that is done.

        Raises `ControlError`, and whatever a fault of the program raises.
        """
        began = await self._step(lambda now: self._control.perform(request, now))
        if isinstance(request, AdvanceTime):
            await self._catch_up()
        if not isinstance(request, PressReset | Reboot | ReplaceDatabase):
            return began
        return await self._step(lambda now: (self._control.outcome(request, now), Step()))

    async def _catch_up(self) -> None:
        """Wait until all has happened of a time that was skipped, with the loop free in between."""
        while self.hosted.device.is_skipping:
            await self._step(lambda now: (None, self._control.device.tick(now)))
            await asyncio.sleep(0)

    async def _step(self, action: Callable[[float], Result]) -> Any:
        """Let the device take a step, and return what came of it; raise what that raises."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def happening(now: float) -> Step:
            if done.done():
                return Step()  # who asked went away first
            try:
                result, step = action(now)
            except Exception as error:  # noqa: BLE001 - raised again, for who asked
                done.set_exception(error)
                return Step()
            done.set_result(result)
            return step

        self.hosted.do(happening)
        return await done
