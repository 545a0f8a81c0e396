"""Where the devices of this process are asked by `onboardee ctl`.

A device with a directory has a socket in it. Devices in a state file share one beside that file.
"""

from pathlib import Path
from typing import Protocol

from onboardee.device.cli.unit import Unit
from onboardee.device.events import ControlUnavailable
from onboardee.device.net.control import ControlServer
from onboardee.device.net.performer import Performer
from onboardee.device.net.shared_control import SharedControlServer


class ControlPlace(Protocol):
    """A device's socket, or its part of one."""

    async def serve(self, performer: Performer) -> None:
        """Let the device be asked."""

    async def stop(self) -> None:
        """Let it not be asked any more."""


class ControlPlaces:
    """The control sockets of this process."""

    def __init__(self) -> None:
        self._shared: dict[Path, SharedControlServer | OSError] = {}
        """Beside each state file; or why there is none."""

    def of(self, unit: Unit) -> ControlPlace | None:
        """Make the control socket of a device; one whose place cannot hold one does without."""
        planned = unit.planned
        try:
            if planned.is_in_file:
                return self._beside(planned.directory.parent).seat(planned.name)
            return ControlServer(planned.directory)
        except OSError as error:
            place = planned.directory.parent if planned.is_in_file else planned.directory
            where = f"beside {place}" if planned.is_in_file else f"in {place}"
            reason = f"no socket {where}: {error.strerror}; `onboardee ctl` does not work"
            unit.bus.publish(ControlUnavailable(reason=reason))
            return None

    async def stop(self) -> None:
        """Remove the shared sockets."""
        for server in self._shared.values():
            if isinstance(server, SharedControlServer):
                await server.stop()

    def _beside(self, state_file: Path) -> SharedControlServer:
        """Return the socket beside a state file. Raises OSError, the same one for each device."""
        if state_file not in self._shared:
            try:
                self._shared[state_file] = SharedControlServer(state_file)
            except OSError as error:
                self._shared[state_file] = error
        found = self._shared[state_file]
        if isinstance(found, OSError):
            raise found
        return found
