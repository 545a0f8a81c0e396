"""A light that updates its software, and a client that may order it: for tests of updates."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from growing_scene import GUEST, Panel
from msgspec.structs import replace

from onboardee.device.events import Event, UpdateChanged, UpdateFailed
from onboardee.device.simulation.behaviour.clock import ClockBehaviour
from onboardee.device.simulation.profile import Profile, load
from onboardee.svrdb import Database, MemoryStorage
from onboardee.svrdb.editor import add_ace
from onboardee.svrdb.model import AceResource, State, Subject
from onboardee.wire.coap import Code, Method

_BUILT_IN = load("updatable-light")
LIGHT = replace(
    _BUILT_IN,
    behaviour=tuple(each for each in _BUILT_IN.behaviour if not isinstance(each, ClockBehaviour)),
)
"""Without its clocks, so that nothing happens but updates."""
SWU, PSTAT = "/oc/swu", "/oic/sec/pstat"
NEW, OLD = "https://updates.example/light/2.bin", "https://updates.example/light/1.0.0"
NEVER = "1970-01-01T00:00:00Z"
WHOLE = 32.0
"""Seconds that an update takes in all."""


def may_update(database: Database) -> Database:
    """Let the client order updates, at both places."""
    return add_ace(
        replace(database, pstat=replace(database.pstat, resource_owner=GUEST)),
        subject=Subject(uuid=str(GUEST)),
        resources=[AceResource(href=href) for href in (SWU, PSTAT, "/oic/p", "/oic/mnt")],
        permission=31,
        aceid=90,
    )


class Lamp(Panel):
    """The light on a storage in memory, at noon of a day in June."""

    def __init__(
        self, *, profile: Profile = LIGHT, storage: MemoryStorage | None = None, **given: Any
    ) -> None:
        super().__init__(profile=profile, storage=storage, prepared=may_update, **given)

    def wall_clock(self) -> datetime:
        """Return the time of day: noon and the seconds since."""
        return datetime(2026, 6, 1, 12, tzinfo=UTC) + timedelta(seconds=self.now)

    def order(self, action: str = "upgrade", time: str = "now", url: str = NEW) -> Code:
        """Order an update; return the code of the answer."""
        body = {"purl": url, "swupdateaction": action, "updatetime": time}
        return self.ask(Method.POST, SWU, body)[0]

    def pass_time(self, seconds: float) -> Iterator[str]:
        """Let time pass; yield the state after each moment at which something happened."""
        until = self.now + seconds
        while (due := self.device.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.device.tick(self.now)
            yield str(self.device.database.software.state)
        self.now = until

    def wait(self, seconds: float = WHOLE + 1) -> dict[str, Any]:
        """Let time pass; return what the resource shows then."""
        for _ in self.pass_time(seconds):
            pass
        shown: dict[str, Any] = self.get(SWU)
        return shown

    @property
    def states(self) -> list[str]:
        """The states of the update, in their order, as events have told them."""
        told = [event.state for event in self.events if isinstance(event, UpdateChanged)]
        return [each for number, each in enumerate(told) if told[number - 1 : number] != [each]]

    @property
    def reasons(self) -> list[str]:
        """Why updates came to nothing."""
        return [event.reason for event in self.events if isinstance(event, UpdateFailed)]

    @property
    def versions(self) -> tuple[str, str]:
        """What /oic/d and /oic/p tell."""
        return self.get("/oic/d")["sv"], self.get("/oic/p")["mnfv"]

    def seen(self, kind: type[Event]) -> list[Event]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def enter(self, state: State) -> Code:
        """Ask for another onboarding state."""
        return self.ask(Method.POST, PSTAT, {"dos": {"s": int(state)}})[0]
