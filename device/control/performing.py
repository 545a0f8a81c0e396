"""Carries the commands of the control socket out on a device.

A command that only asks is answered at once. One that changes something begins a step of the device
like any datagram does, and its host stores what the step wants stored; `outcome` then tells whether
that succeeded. So a person is never told of a change that the disk refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

import msgspec

from onboardee.device.control.commands import (
    AddFault,
    AdvanceTime,
    ClearFaults,
    ControlError,
    GetValues,
    ListFaults,
    ListInputs,
    ListResources,
    PauseTime,
    PressInput,
    PressReset,
    ReadDatabase,
    Reboot,
    RemoveFault,
    ReplaceDatabase,
    Request,
    ResumeTime,
    SetFault,
    SetSpeed,
    SetValues,
    ShowConnections,
    ShowPin,
)
from onboardee.device.control.granting import what_would_grant
from onboardee.device.events import AccessDenied, Event, HandshakeRefused, RequestRefused
from onboardee.device.faults.building import Maker
from onboardee.device.faults.happenings import FaultAdded, FaultRemoved, FaultsCleared
from onboardee.device.faults.terms import Effect, Fault, FaultError
from onboardee.device.machine.budgets import budgets_of
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.step import Step
from onboardee.device.simulation.values import ValueRefusedError
from onboardee.svrdb import JSON, Database

REFUSALS: Final = 32
"""How many refusals are remembered, for people who wonder."""

Result = tuple[Any, Step]
"""What JSON has, for the person who asked, and the step that was begun."""


class Control:
    """Carries out requests upon one device, and remembers what it refused to others.

    It subscribes to the device's events for the refusals of the last while.
    """

    def __init__(
        self,
        device: AnyDevice,
        maker: Maker | None = None,
        surround: Callable[[AnyDevice], None] = lambda _device: None,
    ) -> None:
        """Control a device.

        `maker` makes what stands around it when it gets a fault; whoever hosts the device hosts
        that from then on, and is told so by `surround`.
        """
        self.device = device
        self._maker = maker
        self._surround = surround
        self._refusals: list[dict[str, object]] = []
        device.bus.subscribe(self._remember)

    def close(self) -> None:
        """Hear no more of the device, whose bus may outlive it."""
        self.device.bus.unsubscribe(self._remember)

    def perform(self, request: Request, now: float) -> Result:
        """Begin what is asked for; what it writes is written afterwards. Raises `ControlError`.

        Returns the result for the one who asked and the step that was begun, which its host has to
        carry out.
        """
        device = self.device
        match request:
            case SetValues(href=href, values=values):
                return self._set(href, values, now)
            case PressInput(name=name):
                step = _begun(lambda: device.press(name, now))
                return self._inputs(), step
            case SetFault(name=name, is_on=is_on):
                step = _begun(lambda: device.fault(name, now, is_on=is_on))
                return self._inputs(), step
            case AddFault() | RemoveFault() | ClearFaults():
                step = self._change_faults(request, now)
                return self._faults(), step
            case PressReset():
                return None, device.press_reset(now)
            case Reboot():
                return None, device.reboot(now)
            case ReplaceDatabase(before=before, after=after):
                # Somebody, the owner's tool perhaps, has changed it since it was read.
                if JSON.encode(device.database) != before.encode():
                    raise ControlError("the database has changed meanwhile; read it again")
                return None, device.adopt(_decoded(after), now)
            case _:
                return self._change_time(request, now) or (self._tell(request, now), Step())

    def outcome(self, request: Request, now: float) -> Any:
        """Return what came of a request that writes, once that is done. Raises `ControlError`.

        It is asked after the step was stored, or could not be.
        """
        match request:
            case ReplaceDatabase(after=after) if self.device.database != _decoded(after):
                raise ControlError("the database could not be written; the log says why")
            case PressReset() if self.device.is_resetting:
                raise ControlError("the reset could not be written and will be tried again")
        return self._state(now)

    def _tell(self, request: Request, now: float) -> Any:
        """Answer a command that only asks."""
        match request:
            case ListResources():
                return self._list()
            case GetValues(href=href, name=name):
                return self._get(href, name)
            case ListInputs():
                return self._inputs()
            case ListFaults():
                return self._faults()
            case ShowPin():
                if self.device.pin is None:
                    raise ControlError("no PIN is shown: no tool or device needs one now")
                return self.device.pin
            case ShowConnections():
                return self._connections(now)
            case ReadDatabase():
                return JSON.encode(self.device.database).decode()
            case _:
                return self._state(now)

    def _list(self) -> Any:
        """Return all resources with types and values."""
        return [
            {"href": href, "rt": list(each.target.types), "values": dict(each.values.current)}
            for href, each in self.device.appliances.items()
        ]

    def _inputs(self) -> Any:
        """Return inputs and faults, the faults with whether they are on."""
        return {"inputs": list(self.device.inputs), "faults": dict(self.device.faults)}

    def _faults(self) -> Any:
        """Return the faults of the protocol that are in place."""
        found: Mapping[int, Fault] = getattr(self.device, "protocol_faults", {})
        acted: Mapping[int, int] = getattr(self.device, "faults_acted", {})
        return {
            "faults": [
                {"number": number, "acted": acted[number], "name": str(fault), **_told(fault)}
                for number, fault in found.items()
            ]
        }

    def _change_faults(self, request: AddFault | RemoveFault | ClearFaults, now: float) -> Step:
        """Let faults come or go; a device without faults gets its layer with the first one."""
        if self._maker is None:
            raise ControlError("this device gets no faults while it runs")
        what: FaultAdded | FaultRemoved | FaultsCleared
        match request:
            case AddFault(fault=fault):
                what = FaultAdded(_prepared(fault, self._maker))
            case RemoveFault(number=number):
                what = FaultRemoved(number)
            case ClearFaults():
                what = FaultsCleared()
        around = self._maker.around(self.device)
        if around is not self.device:
            self.device = around
            self._surround(around)
        return _begun(lambda: what.happen_to(around, now))

    def _change_time(self, request: Request, now: float) -> Result | None:
        """Let the time of the world go otherwise, or skip; None if that is not asked for."""
        device = self.device
        match request:
            case AdvanceTime(seconds=seconds):
                step = _begun(lambda: device.skip(seconds, now))
            case SetSpeed(speed=speed):
                step = _begun(lambda: device.change_pace(speed, now, is_paused=None))
            case PauseTime() | ResumeTime():
                is_paused = isinstance(request, PauseTime)
                step = device.change_pace(None, now, is_paused=is_paused)
            case _:
                return None
        return self._time(now), step

    def _time(self, now: float) -> dict[str, object]:
        """Return how the time of the device's world goes."""
        date = self.device.world_date(now).isoformat(timespec="seconds")
        return {"speed": self.device.speed, "paused": self.device.is_paused, "world_time": date}

    def _get(self, href: str, name: str | None) -> Any:
        """Return values of a resource. Raises `ControlError` for what it does not have."""
        values = self._resource(href).values.current
        if name is None:
            return dict(values)
        if name not in values:
            raise ControlError(f"{href} has no property {name}; it has {', '.join(values)}")
        return values[name]

    def _set(self, href: str, values: dict[str, Any], now: float) -> Result:
        """Begin to change values, and return what they are then."""
        resource = self._resource(href)
        # All names are looked at before anything changes.
        for name in values:
            self._get(href, name)
        try:
            step = self.device.set_values(href, values, now)
        except ValueRefusedError as error:
            raise ControlError(f"{href}: {error}") from error
        return dict(resource.values.current), step

    def _resource(self, href: str) -> Any:
        """Return a resource. Raises `ControlError` if there is none."""
        resource = self.device.appliances.get(href)
        if resource is None:
            known = ", ".join(self.device.appliances)
            raise ControlError(f"there is no resource {href}; there are {known}")
        return resource

    def _state(self, now: float) -> Any:
        """Return who and where the device is."""
        device, doxm = self.device, self.device.database.doxm
        return {
            "name": device.profile.device.name,
            "device_uuid": str(doxm.device_uuid),
            "state": device.database.state.name,
            "owned": doxm.owned,
            "owner": str(doxm.owner_uuid),
            "selected_method": doxm.selected_method,
            "endpoints": list(device.reachable_at),
            **self._time(now),
        }

    def _connections(self, now: float) -> Any:
        """Return sessions, observers, the last refusals and how much of each budget is in use."""
        device = self.device
        return {
            "now": now,
            "sessions": [
                {
                    "peer": str(session.address),
                    "suite": session.suite.name,
                    "identity": device.identity(session),
                    "since": session.established_at,
                    "last_active": session.last_active,
                }
                for session in device.sessions
            ],
            "observers": [
                {"href": each.path, "peer": str(getattr(each.remote, "address", each.remote))}
                for each in device.observers
            ],
            "refusals": list(self._refusals),
            "budgets": [asdict(each) for each in budgets_of(device.parts, now)],
        }

    def _remember(self, event: Event) -> None:
        """Keep a refusal, with the time of day."""
        if isinstance(event, AccessDenied | RequestRefused | HandshakeRefused):
            at = self.device.wall_time.isoformat(timespec="seconds")
            told: dict[str, object] = {"at": at, "event": event.name, **event.fields()}
            if grant := what_would_grant(event):
                told["grant"] = grant
            self._refusals.append(told)
            del self._refusals[:-REFUSALS]


def _told(fault: Fault) -> dict[str, Any]:
    """Return what is said of a fault, without the certificate and key that it shows."""
    plain: dict[str, Any] = msgspec.to_builtins(fault)
    usual = msgspec.to_builtins(Fault(do=Effect.DROP))
    hidden = {"chain", "key"}
    return {
        name: value
        for name, value in plain.items()
        if name not in hidden and (name == "do" or value != usual[name])
    }


def _prepared(fault: Fault, maker: Maker) -> Fault:
    """Return a fault as it can act on the device. Raises `ControlError`."""
    try:
        return maker.prepared(fault)
    except FaultError as error:
        raise ControlError(str(error)) from error


def _begun(begin: Callable[[], Step]) -> Step:
    """Begin a step; what the device says to be impossible is told to the person."""
    try:
        return begin()
    except ValueError as error:
        raise ControlError(str(error)) from error


def _decoded(text: str) -> Database:
    """Read a database. Raises `ControlError` with the place of what is wrong."""
    try:
        return JSON.decode(text.encode())
    except ValueError as error:
        raise ControlError(f"the new database {error}") from error
