"""Runs trials with the command line of a tool: one device each, and one or two runs of the tool.

The tool is a program of somebody else, so all that is known of it is its exit code and when it
ends. It gets what it asks for by placeholders; one that does not end in time is stopped.
"""

import asyncio
import re
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from onboardee.device.audit.claims import Claim, TrialOutcome, try_tool
from onboardee.device.audit.trial import Need, Trial
from onboardee.device.audit.verdicts import Verdict
from onboardee.device.cli.trial_stand import StandDevice, root_certificate, stood
from onboardee.device.net.binding import Ports
from onboardee.device.net.hub import Hub
from onboardee.device.simulation.profile import Profile

SETTLING: Final = 0.3
"""Seconds in which a device ends what an attempt has begun, after the tool said how it went."""
PLACES: Final = ("uuid", "host", "port", "secure_port", "pin", "anchors", "trial")
"""What a command line may ask for."""
_OUTPUT: Final = 2000
"""Characters of what a tool printed that are kept."""
_PLACE: Final = re.compile(r"\{(\w+)\}")
"""What is replaced in the tool's command line."""


class CommandError(ValueError):
    """A command line that cannot be filled in; the message says where."""


@dataclass(frozen=True, slots=True)
class ToolCommand:
    """The command line of a tool."""

    words: tuple[str, ...]
    """Program and arguments, split as a shell does."""

    @classmethod
    def of(cls, text: str) -> "ToolCommand":
        """Take a command line apart. Raises `CommandError`."""
        try:
            words = tuple(shlex.split(text))
        except ValueError as error:
            raise CommandError(f"{text}: {error}") from error
        for word in words:
            for name in _PLACE.findall(word):
                if name not in PLACES:
                    there = ", ".join(f"{{{each}}}" for each in PLACES)
                    raise CommandError(f"nothing is known for {{{name}}} in {word}: only {there}")
        if not words:
            raise CommandError("it is empty")
        return cls(words)

    def asks_for(self, need: Need) -> bool:
        """Tell whether the tool is told what a trial needs."""
        return not need or any(f"{{{need}}}" in word for word in self.words)

    def filled(self, places: Mapping[str, str]) -> list[str]:
        """Return the words with what they ask for."""
        return [_PLACE.sub(lambda found: places[found.group(1)], word) for word in self.words]


@dataclass
class _Stand:
    """The device of a trial, and the command beside it."""

    device: StandDevice
    command: ToolCommand
    anchors: Path
    timeout: float

    @property
    def is_owned(self) -> bool:
        """Tell whether somebody owns the device."""
        return self.device.is_owned

    @property
    def acted(self) -> list[str]:
        """What the device did wrong so far."""
        return self.device.acted

    @property
    def began_anew(self) -> bool:
        """Tell whether the tool selected a method again after the device had done wrong."""
        return self.device.began_anew

    async def settle(self) -> None:
        """Wait until the device has ended what the attempt began."""
        await asyncio.sleep(SETTLING)

    async def restore(self) -> None:
        """Make the device honest, and let it wait for an owner."""
        await self.device.restore()

    async def attempt(self) -> Claim:
        """Run the tool."""
        words = self.command.filled({**self.device.places(), "anchors": str(self.anchors)})
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), self.timeout)
            exit_code = process.returncode
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            output, exit_code = b"", None
        text = output.decode("utf-8", "replace")[-_OUTPUT:]
        return Claim(exit_code, text, time.monotonic() - began)


class TrialRunner:
    """Runs trials one after the other, or several side by side."""

    def __init__(
        self,
        profile: Profile,
        command: ToolCommand,
        ports: Ports,
        *,
        timeout: float,
        on_outcome: Callable[[TrialOutcome], None] = lambda _outcome: None,
    ) -> None:
        """Try a tool by its command line with devices that listen at `ports`.

        `timeout` is how many seconds an attempt may take.
        """
        self._profile = profile
        self._command = command
        self._ports = ports
        self._timeout = timeout
        self._on_outcome = on_outcome

    async def run(self, trials: Sequence[Trial], parallel: int = 1) -> list[TrialOutcome]:
        """Run trials; return their outcomes in the order of the trials.

        Those in which a tool has to wait come first: the others fill the time.
        """
        room = asyncio.Semaphore(parallel)
        with TemporaryDirectory(prefix="onboardee-") as folder:
            anchors = Path(folder) / "root.pem"
            if any(trial.needs is Need.ANCHORS for trial in trials):
                anchors.write_text(root_certificate(), "ascii")
            else:
                anchors.touch()

            async def one(trial: Trial) -> TrialOutcome:
                async with room:
                    outcome = await self._run(trial, anchors)
                    self._on_outcome(outcome)
                    return outcome

            ordered = sorted(trials, key=_is_quick)
            outcomes = await asyncio.gather(*map(one, ordered))
        found = {outcome.trial.name: outcome for outcome in outcomes}
        return [found[trial.name] for trial in trials]

    async def _run(self, trial: Trial, anchors: Path) -> TrialOutcome:
        if not self._command.asks_for(trial.needs):
            reason = f"the command does not ask for {{{trial.needs}}}"
            return TrialOutcome(trial, Verdict.NOT_REACHED, reason)
        hub = Hub()
        try:
            device = stood(hub, trial, self._profile, self._ports)
            return await try_tool(trial, _Stand(device, self._command, anchors, self._timeout))
        finally:
            hub.stop()


def _is_quick(trial: Trial) -> bool:
    """Tell whether nobody has to wait for anything in a trial."""
    return not trial.name.startswith(("goes-silent", "slow", "lost", "late", "endless", "closes"))
