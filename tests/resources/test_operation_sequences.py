"""Whatever is sent, in whatever order: what always holds of a device.

Legal, nearly legal and hostile requests of all kinds of peers go to one device, one after the
other, over and over.
"""

from typing import Any
from uuid import UUID

import cbor2
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace
from resource_support import (
    BY_OWNER,
    DEVICE,
    FRIEND,
    NOBODY,
    OWNER,
    OWNER_KEY,
    PLAIN,
    SECRET,
    SILENCE,
    STRANGER,
    TRANSFER,
    World,
    in_state,
    transfer_session,
)

from onboardee.svrdb import JSON
from onboardee.svrdb.check import problems
from onboardee.svrdb.codec import CBOR
from onboardee.svrdb.findings import ProblemCode
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code, Method, Request

NEVER = {
    ProblemCode.DUPLICATE_ACEID,
    ProblemCode.DUPLICATE_CREDID,
    ProblemCode.BAD_KEY_LENGTH,
    ProblemCode.BAD_SUBJECT,
    ProblemCode.NO_DEVICE_UUID,
    ProblemCode.NO_PERMANENT_UUID,
    ProblemCode.OPERATIONAL_MISMATCH,
    ProblemCode.CHANGE_UNFINISHED,
    ProblemCode.UNSUPPORTED_PROFILE,
}
FOLLOWS = {
    State.RESET: set(),
    State.RFOTM: {State.RESET, State.RFPRO},
    State.RFPRO: {State.RESET, State.RFNOP, State.SRESET},
    State.RFNOP: {State.RESET, State.RFPRO, State.SRESET},
    State.SRESET: {State.RESET, State.RFPRO},
}

PLANTED = [b"planted-secret-1", b"planted-secret-2" * 2]
SECRETS = [SECRET, OWNER_KEY, *PLANTED]

uuids = st.sampled_from([str(OWNER), str(FRIEND), str(DEVICE), NOBODY, str(UUID(int=77)), "*"])
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | uuids,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["href", "wc", "uuid", "role", "data", "encoding", "s", "p", "x", "rt"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)


def mostly(good: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw something sensible three times out of four."""
    return st.one_of(good, good, good, junk)


def maybe(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a map that has some of the members."""
    return st.fixed_dictionaries(
        {}, optional={name: mostly(member) for name, member in members.items()}
    )


encodings = st.sampled_from(["raw", "base64", "pem", "der"]).map("oic.sec.encoding.{}".format)
data = st.sampled_from([b"", "", *PLANTED, b"short", "\xe9" * 8])
credentials = st.fixed_dictionaries(
    {
        "credtype": mostly(st.sampled_from([1, 1, 1, 8])),
        "subjectuuid": mostly(uuids),
        "privatedata": mostly(maybe(data=data, encoding=encodings)),
    },
    optional={
        "credid": mostly(st.integers(0, 4)),
        "roleid": mostly(st.just({"role": "guest"})),
        "tag": mostly(st.text(max_size=3)),
    },
)
entries = st.fixed_dictionaries(
    {
        "subject": mostly(
            st.one_of(
                uuids.map(lambda text: {"uuid": text}),
                st.just({"conntype": "auth-crypt"}),
                st.just({"role": "guest"}),
            )
        ),
        "resources": mostly(
            st.lists(
                mostly(st.sampled_from([{"wc": "*"}, {"href": "/oic/sec/cred"}, {"href": "*"}])),
                max_size=2,
            )
        ),
        "permission": mostly(st.integers(0, 31)),
    },
    optional={
        "aceid": mostly(st.integers(-1, 4)),
        "tag": junk,
        "validity": mostly(
            st.lists(
                maybe(
                    period=st.sampled_from(["20260601T080000Z/PT9H", "20260101T000000Z/P1D", ""]),
                    recurrence=st.lists(st.sampled_from(["FREQ=DAILY", "FREQ=HOURLY", "x"])),
                ),
                max_size=2,
            )
        ),
    },
)
BODIES: dict[str, st.SearchStrategy[Any]] = {
    "/oic/sec/doxm": maybe(
        oxmsel=st.integers(0, 4),
        owned=st.booleans(),
        deviceuuid=uuids,
        devowneruuid=uuids,
        rowneruuid=uuids,
        oxms=st.just([0, 1]),
    ),
    "/oic/sec/pstat": maybe(
        dos=st.sampled_from([{"s": number} for number in (0, 1, 2, 2, 3, 3, 4)]),
        om=st.integers(0, 8),
        tm=st.integers(-1, 256),
        rowneruuid=uuids,
    ),
    "/oic/sec/cred": maybe(creds=st.lists(credentials, max_size=3), rowneruuid=uuids),
    "/oic/sec/acl2": maybe(aclist2=st.lists(entries, max_size=3), rowneruuid=uuids),
    "/oic/sec/sp": maybe(
        currentprofile=st.sampled_from(["a", "b"]),
        supportedprofiles=st.lists(st.sampled_from(["a", "b"]), max_size=2),
    ),
    "/oic/sec/ael": maybe(categoryfilter=st.integers(-1, 256), priorityfilter=st.integers(-1, 5)),
    "/oic/sec/sdi": maybe(uuid=uuids, name=st.text(max_size=4), priv=st.booleans()),
    "/oic/mnt": maybe(fr=st.just(value=False), rb=st.booleans()),
    "/light/switch": maybe(value=st.booleans()),
    "/light/dimming": maybe(dimmingSetting=st.integers(-1, 101), range=st.just([0, 100])),
    "/light/colour": maybe(rgbValue=st.lists(st.integers(-1, 256), min_size=3, max_size=3)),
}
PATHS = [*BODIES, "/oic/res", "/oic/d", "/oic/p", "/.well-known/core", "/nowhere"]
queries = st.lists(
    st.sampled_from(
        [
            "if=oic.if.baseline",
            "if=oic.if.rw",
            "credid=1",
            "aceid=1",
            f"subjectuuid={OWNER}",
            "owned=true",
            f"deviceuuid={DEVICE}",
            "rt=oic.r.doxm",
            "x",
        ]
    ),
    max_size=2,
).map(tuple)
peers = st.sampled_from([PLAIN, TRANSFER, TRANSFER, BY_OWNER, BY_OWNER, STRANGER])


def broken(payload: bytes, place: int) -> bytes:
    """Damage a payload at one place."""
    place %= len(payload) or 1
    return payload[:place] + b"\xff" + payload[place + 1 :]


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Draw any request."""
    path = draw(st.sampled_from([*BODIES, *BODIES, *PATHS]))
    payload = cbor2.dumps(draw(BODIES.get(path, junk)))
    if draw(st.integers(0, 9)) == 0:
        payload = broken(payload, draw(st.integers(0, 200)))
    method = draw(st.sampled_from([*Method, Method.POST, Method.POST]))
    observe = draw(st.sampled_from([None, None, 0, 1]))
    return Request(method, path, draw(queries), payload, observe=observe)


class Device(RuleBasedStateMachine):
    """One device, to which anything may happen."""

    @initialize(state=st.sampled_from(State))
    def begin(self, state: State) -> None:
        """Begin somewhere in a device's life."""
        self.world = World(in_state(state))

    @rule(peer=peers, request=requests(), has_session=st.booleans())
    def anything(self, peer: Any, request: Request, has_session: bool) -> None:
        """Send something as somebody: an error changes nothing, a secret never comes out."""
        world = self.world
        before = world.database
        world.requester = peer
        world.has_session = has_session or peer.secured
        world.session = transfer_session() if peer.secured else None
        code, _ = world.request(request)
        after = world.database
        if code is SILENCE or code >= Code.BAD_REQUEST or request.method is Method.GET:
            assert after == before
        else:
            assert not any(secret in world.last.payload for secret in SECRETS)
        if request.method is Method.GET and code is Code.CONTENT:
            assert not any(secret in world.last.payload for secret in SECRETS)
        assert after.state is before.state or after.state in FOLLOWS[before.state]
        assert after.permanent == before.permanent
        if not peer.secured:
            assert after.doxm.selected_method == before.doxm.selected_method or (
                before.state is State.RFOTM and not has_session
            )
            selected = before.doxm.selected_method
            doxm = replace(after.doxm, selected_method=selected)
            assert replace(after, doxm=doxm) == before

    @rule(state=st.sampled_from([2, 3, 4]))
    def provision(self, state: int) -> None:
        """Do what a good tool does to reach a state, as far as it gets."""
        world = self.world
        world.requester, world.session = TRANSFER, transfer_session()
        owner = str(OWNER)
        world.post("/oic/sec/doxm", {"devowneruuid": owner})
        key = {"credtype": 1, "subjectuuid": owner, "privatedata": {"data": b""}}
        world.post("/oic/sec/cred", {"creds": [key], "rowneruuid": owner})
        world.post("/oic/sec/doxm", {"owned": True, "rowneruuid": owner})
        world.post("/oic/sec/acl2", {"rowneruuid": owner})
        world.post("/oic/sec/pstat", {"rowneruuid": owner})
        world.post("/oic/sec/pstat", {"dos": {"s": 2}})
        world.post("/oic/sec/pstat", {"dos": {"s": state}})

    @rule(state=st.sampled_from(State))
    def begin_again(self, state: State) -> None:
        """Become another device, lest all end in RESET."""
        self.world = World(in_state(state))

    @invariant()
    def the_database_makes_sense(self) -> None:
        """No peer gets a device into a state that no peer could get it out of."""
        if hasattr(self, "world"):
            found = {problem.code for problem in problems(self.world.database)}
            assert not found & NEVER

    @invariant()
    def the_database_can_be_kept(self) -> None:
        """Whatever was accepted can be written to disk and read back."""
        if hasattr(self, "world"):
            for codec in (JSON, CBOR):
                octets = codec.encode(self.world.database)
                assert codec.decode(octets) == self.world.database


TestDevice = Device.TestCase
TestDevice.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@given(st.sampled_from(PATHS), st.sampled_from(State), peers, st.binary(max_size=60), queries)
@settings(max_examples=120, deadline=None)
def test_random_octets_are_answered(
    path: str, state: State, peer: Any, payload: bytes, query: tuple[str, ...]
) -> None:
    """Only refusals come out of the dispatcher, whatever a payload is made of."""
    world = World(in_state(state), peer)
    for method in Method:
        world.request(Request(method, path, query, payload))


@given(st.sampled_from(list(BODIES)), st.sampled_from(State), st.data())
@settings(max_examples=160, deadline=None)
def test_hostile_values_are_answered(path: str, state: State, draw: st.DataObject) -> None:
    """Odd values in the places of expected ones lead to refusals only."""
    world = World(in_state(state))
    names = [
        "oxmsel",
        "dos",
        "creds",
        "aclist2",
        "rowneruuid",
        "supportedprofiles",
        "currentprofile",
        "uuid",
        "priv",
        "fr",
        "value",
        "rgbValue",
    ]
    body = draw.draw(st.dictionaries(st.sampled_from(names), junk | st.lists(junk), max_size=3))
    world.post(path, body)
