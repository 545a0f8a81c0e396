"""A device without its protocols: requests go straight to the dispatcher."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import cbor2
from msgspec.structs import replace

from onboardee.device.access.call import Call, Query
from onboardee.device.access.peer import Peer
from onboardee.device.access.rights import OCF, Standard
from onboardee.device.access.target import Operation, Target
from onboardee.device.machine.requests import Dispatcher
from onboardee.device.resources.all import all_resources
from onboardee.device.resources.appliances import appliance_resources
from onboardee.device.resources.base import RefusedError, SilenceError
from onboardee.device.resources.iotivity_1_3 import serve_anchor_in_optionaldata
from onboardee.device.resources.oic_1_1 import serve_oic_1_1
from onboardee.device.resources.secure import secure_resources
from onboardee.device.resources.software_update import SoftwareUpdateResource
from onboardee.device.security import onboarding_states
from onboardee.device.security.asserted_roles import AssertedRoles
from onboardee.device.security.audit_log import AuditLog
from onboardee.device.security.sessions import Terms
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.simulation.values import Values
from onboardee.svrdb.model import (
    Ace,
    AceResource,
    Acl2,
    Connection,
    Cred,
    Credential,
    CredentialType,
    Database,
    Doxm,
    Permanent,
    PrivateData,
    Pstat,
    State,
    Subject,
)
from onboardee.wire.coap import Code, Method, Request
from onboardee.wire.dtls import CipherSuite, Session
from onboardee.wire.dtls.session import Role
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Endpoint, Path

OWNER = UUID("11111111-2222-4333-8444-555555555555")
DEVICE = UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
PIID = UUID("bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee")
PLATFORM = UUID("cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee")
FRIEND = UUID("dddddddd-bbbb-4ccc-8ddd-eeeeeeeeeeee")
NOBODY = "00000000-0000-0000-0000-000000000000"
SECRET = b"\xf0\xf1\xf2 my key of 16"

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)

SECURED_PORT = Path("192.0.2.1", 5684, "192.0.2.9", 40000, secured=True)
PLAIN_PORT = Path("192.0.2.1", 5683, "192.0.2.9", 40000)
ENDPOINTS = (
    Endpoint("coap", "0.0.0.0", 5683),
    Endpoint("coaps", "0.0.0.0", 5684),
    Endpoint("coap", "::", 5693),
    Endpoint("coaps", "::", 5694),
)

PLAIN = Peer(PLAIN_PORT)
TRANSFER = Peer(SECURED_PORT, secured=True, owns_transfer=True)
BY_OWNER = Peer(SECURED_PORT, secured=True, uuid=OWNER)
STRANGER = Peer(SECURED_PORT, secured=True, uuid=FRIEND)

SILENCE = "silence"

MASTER_SECRET = bytes.fromhex(
    "12e94b23e7c8d6be5cba4614150854a58b33c8a8c5aef63648a461288710032e"
    "0f61d68beacef5e2bf586bbf1f536d5d"
)
OWNER_KEY = bytes.fromhex("482b99372f3fc92079035927f81a684d")
"""What Just Works yields for the test session, `OWNER` and `DEVICE`."""


def transfer_session(suite: CipherSuite = CipherSuite.ECDH_ANON_AES_128_CBC_SHA256) -> Session:
    """Make the session of a worked example."""
    return Session(
        address=SECURED_PORT,
        suite=suite,
        role=Role.SERVER,
        client_random=bytes(range(32)),
        server_random=bytes(range(32, 64)),
        master_secret=MASTER_SECRET,
        extended_master_secret=False,
        established_at=0,
        last_active=0,
        tag=Terms(owns_transfer=True),
    )


def unowned(*, method: int = 0) -> Database:
    """Make a device fresh from the factory."""
    return Database(
        doxm=Doxm(methods=(0, 1), selected_method=method, device_uuid=DEVICE, credential_types=1),
        permanent=Permanent(device=PIID, platform=PLATFORM, original=DEVICE),
    )


def key_of(uuid: UUID, credid: int = 1) -> Credential:
    """Make a pairwise credential."""
    return Credential(
        credid=credid,
        kind=CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(uuid),
        private=PrivateData(data=SECRET),
    )


OPEN = Ace(
    aceid=1,
    subject=Subject(connection=Connection.ANYONE),
    resources=(
        AceResource(href="/oic/res"),
        AceResource(href="/oic/d"),
        AceResource(href="/oic/p"),
    ),
    permission=2,
)
USABLE = Ace(
    aceid=2,
    subject=Subject(connection=Connection.AUTHENTICATED),
    resources=(AceResource(wildcard="*"),),
    permission=31,
)


def owned(state: State = State.RFPRO) -> Database:
    """Make a device in the hands of its owner."""
    fresh = unowned()
    return onboarding_states.enter(
        replace(
            fresh,
            doxm=replace(fresh.doxm, owned=True, owner_uuid=OWNER, resource_owner=OWNER),
            pstat=Pstat(resource_owner=OWNER),
            cred=Cred(credentials=(key_of(OWNER),), resource_owner=OWNER),
            acl2=Acl2(entries=(OPEN, USABLE), resource_owner=OWNER),
        ),
        state,
    )


def in_state(state: State) -> Database:
    """Make a device in any state."""
    return unowned() if state is State.RFOTM else owned(state)


@dataclass
class World:
    """A device that keeps what it is told, and the peer who talks to it."""

    database: Database
    requester: Peer = TRANSFER
    profile: Profile = field(default_factory=lambda: load("light"))
    path: Path = SECURED_PORT
    has_session: bool | None = None
    session: Session | None = None
    now: datetime = NOON
    """The time of day."""
    standard: Standard = OCF
    """As which standard the requests are written."""

    def __post_init__(self) -> None:
        if self.session is None and self.requester.secured:
            self.session = transfer_session()
        self.asserted = AssertedRoles()
        self.audit = AuditLog(lambda: self.database, lambda: self.now)
        values = {each.href: Values(each.properties) for each in self.profile.resources}
        self.appliances = appliance_resources(self.profile, values, None)
        updates = self.profile.software_update
        everything = all_resources(
            self.profile,
            secure=secure_resources(SeededEntropy(0), lambda: self.now, self.asserted, self.audit),
            appliances=self.appliances.values(),
            software=updates and SoftwareUpdateResource(self.profile, updates, lambda: self.now),
        )
        if self.profile.compat.oic_1_1:
            serve_oic_1_1(everything, self.profile.compat)
        if self.profile.compat.anchor_in_optionaldata:
            serve_anchor_in_optionaldata(everything)
        self.dispatcher = Dispatcher(everything)
        self.last: Any = None

    def request(self, request: Request) -> tuple[Code | str, Any]:
        """Send a request; returns its code and decoded payload, or `SILENCE`."""
        before = self.database, self.values()
        try:
            self.last = answer = self.dispatcher.handle(request, partial(self._call, request))
        except SilenceError:
            assert before == (self.database, self.values())
            return SILENCE, None
        except RefusedError as error:
            assert before == (self.database, self.values())
            self.last = error
            return refusal(error), None
        if answer.outcome.database is not None:
            self.database = answer.outcome.database
        if answer.content_format == 40:
            return answer.outcome.code, answer.payload.decode()
        return answer.outcome.code, cbor2.loads(answer.payload) if answer.payload else None

    def ask(self, method: Method, path: str, body: Any = None, *query: str) -> tuple[Any, Any]:
        """Send a request with a body in CBOR; bytes go as they are."""
        payload = body if isinstance(body, bytes) else b"" if body is None else cbor2.dumps(body)
        return self.request(Request(method, path, query, payload))

    def get(self, path: str, *query: str) -> Any:
        """Retrieve; returns the payload, or the error's code."""
        code, body = self.ask(Method.GET, path, None, *query)
        return body if code is Code.CONTENT else code

    def post(self, path: str, body: Any, *query: str) -> Any:
        """Update; returns the code."""
        return self.ask(Method.POST, path, body, *query)[0]

    def delete(self, path: str, *query: str) -> Any:
        """Delete; returns the code."""
        return self.ask(Method.DELETE, path, None, *query)[0]

    def values(self) -> dict[str, Any]:
        """Return the values of all application resources."""
        return {href: dict(each.values.current) for href, each in self.appliances.items()}

    def _call(
        self, request: Request, operation: Operation, target: Target, query: Query, interface: str
    ) -> Call:
        is_busy = self.requester.secured if self.has_session is None else self.has_session
        peer = replace(self.requester, address=self.path, session=self.session)
        return Call(
            operation,
            target,
            peer,
            self.database,
            query,
            interface,
            endpoints=ENDPOINTS,
            has_session=is_busy,
            multicast=self.path.multicast,
            wall_time=self.now,
            concessions=self.profile.compat.concessions,
            standard=self.standard,
            accept=request.accept,
            etags=request.etags,
        )


def refusal(error: RefusedError) -> Code:
    """Return the code of an error that can be answered and logged."""
    assert not error.code.is_success
    str(error).encode()  # a log is text
    return error.code


def plainly(database: Database, *, has_session: bool = False) -> World:
    """Make the world of an unsecured peer."""
    return World(database, PLAIN, path=PLAIN_PORT, has_session=has_session)
