"""The device: what happens to it, one thing after the other, and what others may know of it.

Whatever happens is a call with the time, in seconds of one monotonic clock, and returns a `Step`
(see `step`, which also says what is to be done with one). While a step's database is being stored
nothing but `stored` may be called.

Inside, what happens becomes pieces of work, done strictly one after the other. A piece that needs
the disk stands still until it is resumed, and all that came in behind it waits: so answers leave in
the order of the requests, and none before its change is durable. A piece that meets an error in the
program costs the peer whose datagram it was its answer, or its session, and nobody else anything.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final, TypeAlias

from onboardee.device import events
from onboardee.device.access.peer import Peer
from onboardee.device.events import Bus
from onboardee.device.machine.device_parts import Parts
from onboardee.device.machine.step import Keeper, ProgramFault, Step, Work, earliest, resumed
from onboardee.device.security.sessions import is_joining, is_ownership_connection
from onboardee.device.simulation.profile import Profile
from onboardee.svrdb.model import Database, RoleId
from onboardee.wire.coap import Observation
from onboardee.wire.dtls import (
    DataReceived,
    HandshakeFailed,
    Offer,
    Session,
    SessionClosed,
    SessionEstablished,
)
from onboardee.wire.path import Endpoint, Path

Piece: TypeAlias = Callable[[], Work[None] | None]
"""Begins with a piece of work; what it returns is left to be done, and may need the disk."""


class Device:
    """One simulated device; `boot` makes them."""

    def __init__(self, profile: Profile, store: Keeper, bus: Bus, parts: Parts) -> None:
        self.profile: Final = profile
        self.store: Final = store
        """Where whoever hosts the device stores what its steps say; the device does not use it."""
        self.bus: Final = bus
        """Where whoever hosts the device tells its events; the device does not use it."""
        self.parts: Final = parts
        self.appliances: Final = parts.appliances
        """The resources that hold values, by their paths."""
        self.reachable_at: tuple[str, ...] = ()
        """The endpoints for people to read, as whoever hosts the device knows them."""
        self._state = parts.state
        self._dtls = parts.admission.dtls
        self._peers = parts.peers
        self._messaging = parts.messaging
        self._lifecycle = parts.lifecycle
        self._values = parts.values
        self._world = parts.world
        self._waiting: list[tuple[Piece, Peer | None]] = []
        """What is to be done, and whose datagram it is about, if it is about one: mostly nothing,
        and never much, so that a list takes less than a deque."""
        self._present: tuple[Work[None], Peer | None] | None = None
        """What stands still until its database is stored."""
        self._wanted: Database | None = None
        """What the host is storing."""
        self._heard: Peer | None = None
        """Who was heard last: datagrams mostly come in a row."""

    # what others may know

    @property
    def database(self) -> Database:
        """What the device keeps, as it is durable now."""
        return self._state.database

    @property
    def cause(self) -> str:
        """What the last change of `database` came of, in words: a request, a reset; "" if none."""
        return self._state.cause

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """Where the device is reached."""
        return self._state.endpoints

    @property
    def wall_time(self) -> datetime:
        """The time of day."""
        return self._state.wall_time

    @property
    def sessions(self) -> Sequence[Session]:
        """The live DTLS sessions."""
        return self._peers.sessions

    @property
    def observers(self) -> Sequence[Observation]:
        """The observations there are."""
        return self.parts.coap.observers

    @property
    def pin(self) -> str | None:
        """The PIN that is being shown, if any."""
        return self.parts.admission.pin

    @property
    def is_resetting(self) -> bool:
        """Whether a reset is due."""
        return self._lifecycle.is_resetting

    @property
    def inputs(self) -> Sequence[str]:
        """What `press` knows: the buttons and other things that people do to this device."""
        return self._world.inputs

    @property
    def faults(self) -> Mapping[str, bool]:
        """The faults that this device can have, and whether they are on."""
        return self._world.faults

    @property
    def speed(self) -> float:
        """How many seconds of its world pass in one of its clock, while it is not paused."""
        return self._world.pace.speed

    @property
    def is_paused(self) -> bool:
        """Whether the time of its world stands still."""
        return self._world.pace.is_paused

    @property
    def is_skipping(self) -> bool:
        """Whether something is still to happen of a time that its world was to skip."""
        return self._world.is_skipping

    def world_date(self, now: float) -> datetime:
        """Return the time of day in its world, which its own clocks show."""
        return self._world.date(now)

    def has_session_with(self, path: Path) -> bool:
        """Tell whether somebody has a session along `path`."""
        return path in self._dtls.sessions

    def identity(self, session: Session) -> str:
        """Say who the peer of a live session is."""
        return self._peers.peer(session).identity

    def roles(self, session: Session) -> Collection[RoleId]:
        """Return the roles that the peer of a live session has now."""
        return self._peers.present(self._peers.peer(session)).roles

    def offer(self, path: Path) -> Offer | None:
        """Say on which terms a peer may open a session now; None if it may not at all."""
        return self.parts.admission.offer(path)

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called, None if nothing is waiting."""
        return earliest(
            self._messaging.next_deadline(),
            self._world.next_deadline(),
            self._peers.transfer_deadline(),
            self._lifecycle.next_deadline(),
        )

    # what happens to a device

    def start(self, endpoints: Sequence[Endpoint], now: float) -> Step:
        """Begin to live, reached at these endpoints."""
        self._state.endpoints = tuple(endpoints)
        return self._do(self._lifecycle.start, now)

    def stop(self, now: float) -> Step:
        """Say goodbye to all peers."""
        self._begin(now)
        self._dtls.close_all(now)
        for _ in self._peers.take_events():
            pass
        return self._step()

    def receive(self, datagram: bytes, path: Path, now: float) -> Step:
        """Take a datagram."""
        peer = self._heard
        if peer is None or peer.address is not path:
            peer = self._heard = Peer(path)
        if path.secured:
            return self._do(partial(self._dtls.receive, datagram, path, now), now, peer)
        return self._do(partial(self._messaging.hear, datagram, peer), now, peer)

    def tick(self, now: float) -> Step:
        """Do what is due."""
        return self._do(self._tick, now)

    def stored(
        self, failure: Exception | None, now: float, instead: Database | None = None
    ) -> Step:
        """Go on after the database of the last step was stored, or could not be.

        A failure other than `StoreUnavailable` is an error in the program. `instead` is what is
        durable, where whoever hosts the device stored something else.
        """
        assert self._wanted is not None
        self._state.now = now
        wanted, self._wanted = self._wanted, None
        if failure is None:
            self._state.database = instead or wanted
        return self._run(failure)

    def reread(self) -> None:
        """Take for durable what the store has: something outside of the device has changed it."""
        self._state.database = self.store.current

    def press_reset(self, now: float) -> Step:
        """Do what the button at the back of a real device does: back to factory state at once."""
        return self._do(self._lifecycle.reset, now)

    def reboot(self, now: float) -> Step:
        """Take its power away and give it back: sessions and values go, what is stored stays."""
        return self._do(self._lifecycle.reboot, now)

    def adopt(self, database: Database, now: float) -> Step:
        """Go on with another database, as after a restart with it; if it can be stored."""
        return self._do(partial(self._lifecycle.adopt, database), now)

    def set_values(self, href: str, values: dict[str, object], now: float) -> Step:
        """Let the simulated world change a resource, and tell its observers."""
        self._begin(now)
        self._values.tell(self._world.set_values(href, values, now))
        return self._run()

    def press(self, name: str, now: float) -> Step:
        """Let somebody use one of `inputs`. Raises `ValueError` if there is none of this name."""
        self._begin(now)
        changed = self._world.press(name, now)
        self.parts.report(events.InputPressed(input=name))
        self._values.tell(changed, by_hand=True)
        return self._run()

    def fault(self, name: str, now: float, *, is_on: bool) -> Step:
        """Let one of `faults` come or go. Raises `ValueError` if there is none of this name."""
        self._begin(now)
        self._values.tell(self._world.fault(name, now, is_on=is_on), by_hand=True)
        return self._run()

    def change_pace(self, speed: float | None, now: float, *, is_paused: bool | None) -> Step:
        """Let the time of its world go at another speed, stand still or go on; None: as it is.

        Peers notice nothing of it but values: what waits for them goes on by the device's clock.
        Raises `ValueError` for a speed that is none.
        """
        self._begin(now)
        changed = self._world.change_pace(now, speed=speed, is_paused=is_paused)
        self._tell_pace(0.0)
        self._values.tell(changed)
        return self._run()

    def skip(self, seconds: float, now: float) -> Step:
        """Let the time of its world go ahead at once, with all that is due meanwhile, in order.

        What is much takes further ticks, which are due at once (`is_skipping`). Raises
        `ValueError` for a time that is none.
        """
        self._begin(now)
        changed = self._world.skip(seconds, now)
        self._tell_pace(float(seconds))
        self._values.tell(changed)
        return self._run()

    # how it is done

    def _tell_pace(self, skipped: float) -> None:
        self.parts.report(
            events.TimeChanged(
                speed=self.speed,
                paused=self.is_paused,
                skipped=skipped,
                world_time=self.world_date(self._state.now).isoformat(timespec="seconds"),
            )
        )

    def _do(self, piece: Piece, now: float, peer: Peer | None = None) -> Step:
        """Begin with one piece of work, and go on as far as possible."""
        self._begin(now)
        self._waiting.append((piece, peer))
        return self._run()

    def _begin(self, now: float) -> None:
        """Take the time at which something happens; nothing may, while the disk is waited for."""
        assert self._wanted is None, "the database of the last step was not stored"
        self._state.now = now

    def _run(self, failure: Exception | None = None) -> Step:
        """Go on as far as possible; `failure` is why the last database could not be stored."""
        while self._wanted is None and (self._present is not None or self._waiting):
            peer = None
            try:
                if self._present is None:
                    piece, peer = self._waiting.pop(0)
                    work = piece()
                    self._present = None if work is None else (work, peer)
                    failure = None
                if self._present is not None:
                    work, peer = self._present
                    self._wanted = next(work) if failure is None else resumed(work, failure)
            except StopIteration:
                self._present = None
            except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
                self._present = None
                self._give_up(peer, error)
            if self._wanted is None and self._dtls.has_events:
                self._follow_sessions()
        return self._step()

    def _step(self) -> Step:
        """Return all that has come together; what is to be sent is made only now, at the end."""
        state = self._state
        try:
            outgoing = self._messaging.collect(is_all_answered=self._wanted is None)
        except Exception as error:  # noqa: BLE001 - nobody is known to be the cause
            state.faults.append(ProgramFault(error, None))
            outgoing = []
        step = Step(outgoing, state.events, self._wanted, state.faults)
        state.events, state.faults = [], []
        return step

    def _give_up(self, peer: Peer | None, error: Exception) -> None:
        """Note an error in the program, and end all that there is with the peer that met it."""
        self._state.faults.append(ProgramFault(error, None if peer is None else peer.address))
        if peer is not None:
            self._messaging.give_up(peer)

    def _tick(self) -> Work[None]:
        """Do what is due.

        Messages that repeat, requests to a group, and what the lifecycle has waiting.
        """
        self._messaging.tick()
        while (found := self._messaging.take_due()) is not None:
            self._waiting.append((partial(self._messaging.hear_now, *found), found[1]))
        yield from self._lifecycle.due()

    def _follow_sessions(self) -> None:
        """Let what happened to the sessions become pieces of work."""
        for event in self._peers.take_events():
            match event:
                case DataReceived(session, data):
                    peer = self._peers.peer(session)
                    piece = partial(self._messaging.hear_in_session, data, peer)
                    self._waiting.append((piece, peer))
                case SessionClosed() | HandshakeFailed():
                    self._lifecycle.follow_session()
                    self._waiting.append((partial(self._lifecycle.follow_end, event), None))
                    if isinstance(event, SessionClosed) and is_joining(event.session):
                        back = partial(self._lifecycle.return_to_operation, event.session)
                        self._waiting.append((back, None))
                case SessionEstablished(session):
                    self._lifecycle.follow_session()
                    if is_ownership_connection(session):
                        self.parts.coap.drop_uploads_of_strangers()
