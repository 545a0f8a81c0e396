"""Runs trials: one device each, and the command of a tool against it."""

import asyncio
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from onboardee.device.audit.trials import Expectation, Trial
from onboardee.device.audit.verdicts import Verdict
from onboardee.device.events import Bus, Event, FaultActed, PinShown
from onboardee.device.faults.layer import Faulty
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.layered import with_layers
from onboardee.device.net.binding import Ports
from onboardee.device.net.hosted import HostedDevice
from onboardee.device.net.hub import Hub
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import MemoryKeeper
from onboardee.svrdb.model import State
from onboardee.wire.entropy import SystemEntropy

SETTLING: Final = 0.3
"""Seconds in which a device ends what an attempt has begun, after the tool said how it went."""
PATIENCE: Final = 15.0
"""Seconds in which a device that is being reset gets into factory state."""
_OUTPUT: Final = 2000
"""Characters of what a tool printed that are kept."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a tool said of an attempt: by its exit code, or by not ending at all."""

    exit_code: int | None
    output: str
    seconds: float

    @property
    def is_success(self) -> bool:
        """Tell whether it claims to own the device."""
        return self.exit_code == 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial came out, and why."""

    trial: Trial
    verdict: Verdict
    reason: str
    acted: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "trial": self.trial.name,
            "device": self.trial.sentence,
            "expected": str(self.trial.expectation),
            "verdict": str(self.verdict),
            "reason": self.reason,
            "acted": list(self.acted),
            "attempts": [
                {
                    "exit_code": each.exit_code,
                    "seconds": round(each.seconds, 2),
                    "output": each.output,
                }
                for each in self.claims
            ],
        }


@dataclass
class _Stand:
    """The device of a trial."""

    hosted: HostedDevice
    faulty: Faulty | None
    acted: list[str] = field(default_factory=list)
    pin: str = ""

    @property
    def is_owned(self) -> bool:
        """Tell whether somebody owns the device, and it is in operation."""
        database = self.hosted.device.database
        return database.doxm.owned and database.state in {State.RFPRO, State.RFNOP}

    def places(self) -> Mapping[str, str]:
        """Return what the command line of a tool may ask for."""
        ports = {each.scheme: each.port for each in self.hosted.endpoints}
        return {
            "uuid": str(self.hosted.device.database.doxm.device_uuid),
            "host": "127.0.0.1",
            "port": str(ports["coap"]),
            "secure_port": str(ports["coaps"]),
            "pin": self.pin,
        }

    def take(self, event: Event) -> None:
        """Note what happened to the device."""
        if isinstance(event, FaultActed):
            self.acted.append(f"{event.fault}: {event.effect}")
        elif isinstance(event, PinShown):
            self.pin = event.pin

    async def restore(self) -> None:
        """Be honest from now on, and wait for an owner."""
        if self.faulty is not None:
            self.faulty.clear()
        self.hosted.press_reset()
        end = time.monotonic() + PATIENCE
        while self.hosted.device.database.state is not State.RFOTM or self.is_owned:
            if time.monotonic() > end:
                return
            await asyncio.sleep(0.05)


class TrialRunner:
    """Runs trials one after the other, or several side by side."""

    def __init__(
        self,
        profile: Profile,
        command: str,
        *,
        timeout: float,
        on_outcome: Callable[[Outcome], None] = lambda _outcome: None,
    ) -> None:
        """Try a tool by its command line, with {uuid}, {host}, {port}, {secure_port} and {pin}."""
        self._profile = profile
        self._command = shlex.split(command)
        self._timeout = timeout
        self._on_outcome = on_outcome

    async def run(self, trials: Sequence[Trial], parallel: int = 1) -> list[Outcome]:
        """Run trials; return their outcomes in the order of the trials."""
        room = asyncio.Semaphore(parallel)

        async def one(trial: Trial) -> Outcome:
            async with room:
                outcome = await self._run(trial)
                self._on_outcome(outcome)
                return outcome

        return [*await asyncio.gather(*map(one, trials))]

    async def _run(self, trial: Trial) -> Outcome:
        hub = Hub()
        try:
            stand = self._stand(hub, trial)
            first = await self._attempt(stand, trial)
            await asyncio.sleep(SETTLING)
            reason = _wrong(trial, first, is_owned=stand.is_owned)
            if trial.faults and not stand.acted and first.exit_code is not None:
                why = f"its fault never acted; the tool {_said(first)}"
                return Outcome(trial, Verdict.NOT_REACHED, why, claims=(first,))
            acted = tuple(stand.acted)
            if reason is not None:
                return Outcome(trial, Verdict.FAILED, reason, acted, (first,))
            if first.is_success:
                return Outcome(trial, Verdict.PASSED, "the device is owned", acted, (first,))
            return await self._again(stand, trial, acted, first)
        finally:
            hub.stop()

    async def _again(
        self, stand: _Stand, trial: Trial, acted: tuple[str, ...], first: Claim
    ) -> Outcome:
        """Let the tool try once more, now that the device is honest."""
        await stand.restore()
        second = await self._attempt(stand, trial)
        claims = (first, second)
        if not second.is_success or not stand.is_owned:
            why = f"a second attempt, with an honest device, failed: the tool {_said(second)}"
            return Outcome(trial, Verdict.FAILED, why, acted, claims)
        return Outcome(trial, Verdict.PASSED, "it said so, and owned it afterwards", acted, claims)

    def _stand(self, hub: Hub, trial: Trial) -> _Stand:
        profile = trial.adapt(self._profile) if trial.adapt is not None else self._profile
        bus = Bus(trial.name)
        entropy = SystemEntropy()
        keeper = MemoryKeeper(new_database(profile, entropy))
        surroundings = Surroundings(entropy=entropy, bus=bus)
        device = with_layers(profile, keeper, surroundings, [], trial.faults)
        faulty = device if isinstance(device, Faulty) else None
        hosted = hub.add(device, Ports(hosts=("127.0.0.1",)))
        stand = _Stand(hosted, faulty)
        bus.subscribe(stand.take)
        return stand

    async def _attempt(self, stand: _Stand, trial: Trial) -> Claim:
        places = {**stand.places(), "trial": trial.name}
        words = [_filled(word, places) for word in self._command]
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), self._timeout)
            exit_code = process.returncode
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            output, exit_code = b"", None
        text = output.decode("utf-8", "replace")[-_OUTPUT:]
        return Claim(exit_code, text, time.monotonic() - began)


def _filled(word: str, places: Mapping[str, str]) -> str:
    for name, value in places.items():
        word = word.replace(f"{{{name}}}", value)
    return word


def _said(claim: Claim) -> str:
    if claim.exit_code is None:
        return f"did not end within {claim.seconds:.0f} s"
    return "claims success" if claim.is_success else f"failed with exit code {claim.exit_code}"


def _wrong(trial: Trial, claim: Claim, *, is_owned: bool) -> str | None:
    """Return what was wrong with a first attempt, None if nothing was."""
    if claim.exit_code is None:
        return f"the tool {_said(claim)}: it neither claims success nor fails"
    if claim.is_success and not is_owned:
        return "the tool claims success, and the device is not owned"
    if trial.expectation is Expectation.COMPLETES and not claim.is_success:
        return f"the tool {_said(claim)}"
    if trial.expectation is Expectation.GIVES_UP and claim.is_success:
        return "the tool claims success, and did not notice"
    may_be_owned = trial.may_be_owned or trial.expectation is Expectation.IS_TRUE
    if not claim.is_success and is_owned and not may_be_owned:
        return "the tool says that it failed, and the device is owned"
    return None
