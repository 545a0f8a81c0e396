"""How a change takes effect, and how a device begins anew: resets, restarts, another database.

A change is first made durable; then the sessions, the observers and the world learn of it. What
must wait for the disk is `Work`, so that it cannot be forgotten that the disk may refuse.

Four things begin a device anew:

    what                        database             values     sessions   told
    ------------------------    ------------------   --------   --------   --------------------
    a reset (button, a client   that of the          initial    end        DeviceReset
      by pstat, a failure)        factory
    a restart (a client by      the same             initial    end        DeviceRebooted
      mnt, a person)
    another database            that one             initial    end        DatabaseReplaced
    the start of the process    the same, followed   initial    none       (what they entail)
                                  by the profile

A reset that a client asks for comes a moment later, so that the client has its answer; until then
nobody may open a session, and nothing in the clear is answered. Where the disk refuses a reset it
is tried again: a device that was to forget its owner must not go on with the old one.

A transfer of ownership lives as long as its session. When that ends before the device is owned and
ready, by whichever side, the device resets, so that nobody finds it half taken.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from onboardee.device import events
from onboardee.device.access.peer import Peer
from onboardee.device.access.target import RES
from onboardee.device.machine.admission import Admission
from onboardee.device.machine.changes import (
    changed_resources,
    describe_changes,
    rights,
    terms,
    unused_credentials,
)
from onboardee.device.machine.context import Announcements, DeviceContext, Report
from onboardee.device.machine.peers import Peers
from onboardee.device.machine.step import Work, earliest
from onboardee.device.machine.values import DeviceValues
from onboardee.device.resources.base import Outcome, RefusedError
from onboardee.device.resources.discovery import LISTS
from onboardee.device.security import factory
from onboardee.device.security.audit_log import AuditLog
from onboardee.device.security.pairing_keys import without_lost
from onboardee.device.security.sessions import is_ownership_connection
from onboardee.device.simulation.profile import Profile
from onboardee.svrdb import StoreUnavailable
from onboardee.svrdb.model import NIL, Cred, Database, State
from onboardee.svrdb.onboarding import enter
from onboardee.svrdb.software_update import interrupted
from onboardee.wire.coap import CoapServer, Code, Request
from onboardee.wire.dtls import HandshakeFailed, Session, SessionClosed
from onboardee.wire.entropy import Entropy

if TYPE_CHECKING:
    from onboardee.device.machine.updating import SoftwareUpdates


class Lifecycle:
    """Carries through what changes the device."""

    def __init__(  # noqa: PLR0913 - what a change has to do with, by keyword
        self,
        *,
        profile: Profile,
        state: DeviceContext,
        report: Report,
        peers: Peers,
        admission: Admission,
        coap: CoapServer,
        forget_answers: Callable[[Peer], None],
        announcements: Announcements,
        values: DeviceValues,
        updates: "SoftwareUpdates | None",
        audit: AuditLog,
        entropy: Entropy,
    ) -> None:
        self._profile = profile
        self._state = state
        self._report = report
        self._peers = peers
        self._admission = admission
        self._dtls = admission.dtls
        self._coap = coap
        self._forget_answers = forget_answers
        self._announcements = announcements
        self._values = values
        self._updates = updates
        self._audit = audit
        self._entropy = entropy
        self._is_in_doubt = False
        """Whether nobody knows what the disk has, as the last change could not be stored."""
        self._provisioned_by: Session | None = None
        """Over which joining peer's session the present RFPRO was asked for."""
        self._reset_at: float | None = None
        self._reboot_at: float | None = None

    @property
    def is_resetting(self) -> bool:
        """Whether a reset is due."""
        return self._reset_at is not None

    def next_deadline(self) -> float | None:
        """Return when `due` has something to do."""
        update = None if self._updates is None else self._updates.next_deadline()
        return earliest(self._reset_at, self._reboot_at, self._peers.pairing_deadline(), update)

    # what happens

    def start(self) -> Work[None]:
        """Begin to live: let what is stored follow the profile, undo what a power cut left behind.

        A reset that was asked for is carried out, and a transfer that was interrupted is undone.
        """
        database = without_lost(factory.caught_up(self._state.database, self._profile))
        database = self._values.lasting(interrupted(database))
        if database != self._state.database:
            # without room for it, go on with what there is
            yield from self._keep(database, "the start")
        if self._state.database.state is State.RESET or self._is_interrupted:
            yield from self.reset()
        for event in unused_credentials(Cred(), self._state.database.cred):
            self._report(event)
        self._values.begin()
        self._admission.show_pin()
        self._admission.follow_owners()

    def due(self) -> Work[None]:
        """Do what is due."""
        now = self._state.now
        self._peers.end_overdue_transfer(now)
        self._peers.end_overdue_pairing()
        if self._peers.is_owner_overdue(now):
            self.schedule_reset("the owner did not come back to end the transfer")
        self._values.let_time_pass()
        if self._reset_at is not None and now >= self._reset_at:
            yield from self.reset()
        if self._reboot_at is not None and now >= self._reboot_at:
            yield from self.reboot()
        if self._updates is not None and not self.is_resetting:
            yield from self._updates.run(self._keep, self._follow_update, self.reboot)

    def _follow_update(self, before: Database) -> None:
        self._follow(before, by_client=False)

    def follow_end(self, event: SessionClosed | HandshakeFailed) -> None:
        """Draw the consequences of a session's end, or of one that did not come about."""
        if isinstance(event, SessionClosed):
            self._forget(event)
            was_transfer = is_ownership_connection(event.session)
            if was_transfer and self._state.database.state is State.RFOTM:
                self._after_transfer()
        elif self._admission.has_too_many_wrong_pins:
            self.schedule_reset("too many wrong PINs")

    def follow_session(self) -> None:
        """Have it told that a session has begun or ended: links show other endpoints then."""
        if self._state.database.state is State.RFOTM:
            self._announcements.add([RES])

    def return_to_operation(self, session: Session) -> Work[None]:
        """Leave RFPRO if somebody asked for it who then stopped becoming a sub-owner half-way."""
        if session is not self._provisioned_by:
            return
        before, self._provisioned_by = self._state.database, None
        if (yield from self._keep(enter(before, State.RFNOP), "a joining ended")) is None:
            self._follow(before)

    def _follow_ends(self) -> None:
        """Draw the consequences of sessions that this very change has ended, before it is told."""
        for event in self._peers.take_events():
            if isinstance(event, SessionClosed | HandshakeFailed):
                self.follow_end(event)

    def _after_transfer(self) -> None:
        """Undo a transfer whose connection is gone, unless the tool is to come back."""
        if not self._peers.sessions and not self._peers.wait_for_owner(self._state.now):
            self.schedule_reset("the ownership connection ended before the transfer did")

    # changes

    def settle(self, outcome: Outcome, caller: Peer, request: Request) -> Work[None]:
        """Make a change durable, then let it take effect. Raises `RefusedError` if it cannot be.

        `request` is what the caller asked for.
        """
        if outcome.database is not None:
            before, wanted = self._state.database, without_lost(outcome.database)
            # Tools write many a value that is there. It is durable already, and needs no disk,
            # unless a failure has left that in doubt.
            if wanted != before or self._is_in_doubt:
                cause = f"{request.method.name} {request.path}"
                failure = yield from self._keep(wanted, cause)
                if failure is not None:
                    if outcome.undo is not None:
                        outcome.undo()
                    raise RefusedError(Code.SERVICE_UNAVAILABLE, str(failure)) from failure
            self._follow(before)
            after = self._state.database
            if before.state is not after.state:
                is_its = after.state is State.RFPRO and caller.joins is not None
                self._provisioned_by = caller.session if is_its else None
            if before.cred != after.cred or before.crl != after.crl:
                self._peers.end_forgotten(before, caller.session, self._state.now)
                self._follow_ends()
        if outcome.notify:
            self._values.tell(outcome.notify)
        if outcome.abandon_handshakes:
            self._dtls.abandon_handshakes()
            self._follow_ends()  # tries of the PIN that is shown no more
            self._admission.show_pin()
        if outcome.reboot:
            self._reboot_at = self._state.now + self._profile.ownership.reset_delay

    def adopt(self, database: Database) -> Work[None]:
        """Go on with another database, as after a restart with it; if it can be stored."""
        before, database = self._state.database, interrupted(database)
        if (yield from self._keep(database, "another database")) is not None:
            return
        self._restart()
        uuid = database.doxm.device_uuid
        self._report(events.DatabaseReplaced(device_uuid=uuid, state=database.state.name))
        self._follow(before, by_client=False)
        self._admission.show_pin()

    def reboot(self) -> Work[None]:
        """Begin anew with what is stored, as after a power cut; what that undoes is undone.

        A transfer that was under way ends in a reset. Otherwise a PIN that was shown is another one
        now, and is told.
        """
        before = self._state.database
        rest = self._values.lasting(interrupted(before))
        if rest is not before:
            # without room for it, they come along once more
            yield from self._keep(rest, "a reboot")
        self._restart()
        self._report(events.DeviceRebooted())
        self._admission.forget_pin()
        if not self.is_resetting:
            self._admission.show_pin()

    def reset(self) -> Work[None]:
        """Go back to factory state; if that cannot be stored, try again later."""
        before = self._state.database
        database = factory.reset_database(before, self._entropy)
        if (yield from self._keep(database, "a reset")) is not None:
            self._reset_at = self._state.now + self._profile.ownership.reset_delay
            self._admission.refuse_all(refuse=True)
            return
        self._reset_at = None
        self._admission.refuse_all(refuse=False)
        self._admission.forget_pin()
        self._audit.clear()
        self._restart()
        self._peers.end_pointless_pairing(before)
        self._admission.follow_owners()
        for event in describe_changes(before, database, by_client=False):
            self._report(event)
        self._report(events.DeviceReset(device_uuid=database.doxm.device_uuid))

    def _keep(self, database: Database, cause: str) -> Work[StoreUnavailable | None]:
        """Make the database durable; return why that was not possible, after telling everybody."""
        self._is_in_doubt = True
        self._state.cause = cause
        failure = yield database
        self._is_in_doubt = failure is not None
        if failure is not None:
            self._report(events.StorageFailed(reason=str(failure)))
        return failure

    def _follow(self, before: Database, *, by_client: bool = True) -> None:
        """Do what a durable change entails."""
        after = self._state.database
        self._values.grow()
        if self._updates is not None:
            self._updates.look()
        self._values.keep(before, after)
        for event in describe_changes(before, after, by_client=by_client):
            self._report(event)
        self._announcements.add([RES])  # its observers are told only if it shows another thing
        self._announcements.add(changed_resources(before, after, self._profile))
        if after.doxm.owned or self._admission.awaited_owner is not None:
            self._admission.forget_pin()
        self._peers.end_pointless_pairing(before)
        self._admission.follow_owners()
        if rights(before) != rights(after):
            self._coap.drop_kept_responses()
        if terms(before) != terms(after):
            self._dtls.abandon_handshakes()
        if before.state is after.state:
            return
        if after.state in {State.RESET, State.RFNOP}:
            # Access rules are written in RFPRO. Who observes what it may see hears what came of it.
            is_over = after.state is State.RESET
            self._announcements.end_observations(frozenset() if is_over else LISTS)
        if after.state is State.RESET:
            self.schedule_reset("a reset was requested")

    def schedule_reset(self, reason: str) -> None:
        """Let the device reset a moment later, and nobody in until then; a second reason is none.

        Whoever caused it gets the answer in the meantime.
        """
        if self._reset_at is not None:
            return
        delay = self._profile.ownership.reset_delay
        self._reset_at = self._state.now + delay
        self._admission.refuse_all(refuse=True)
        self._report(events.ResetScheduled(reason=reason, in_seconds=delay))

    def _restart(self) -> None:
        """End all sessions and begin with the first values, as after a power cut."""
        self._reboot_at = None
        self._peers.end_all(self._state.now)
        for event in self._peers.take_events():
            if isinstance(event, SessionClosed):
                self._forget(event)
        self._coap.drop_kept_responses()
        self._announcements.end_observations()
        self._values.begin()
        if self._is_interrupted:
            self.schedule_reset("a restart interrupted the transfer of ownership")

    def _forget(self, closed: SessionClosed) -> None:
        """Forget a session, and all that its peer had asked for and been told."""
        peer = self._peers.note_end(closed)
        if peer is not None:
            self._coap.forget(peer)
            self._forget_answers(peer)

    @property
    def _is_interrupted(self) -> bool:
        """Whether a tool has begun to take ownership; a transfer does not outlive its session."""
        database = self._state.database
        is_begun = database.doxm.owned or database.doxm.owner_uuid != NIL
        return database.state is State.RFOTM and is_begun
