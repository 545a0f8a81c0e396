"""The device does what the specification says, as a second and simpler statement of it has it.

Whole lives of requests go to the device and to `model_device`; after each, both have answered the
same and stand the same. `./try explore` lives some thousand lives.
"""

import os
from collections.abc import Iterator
from itertools import product
from typing import Any, Final
from uuid import UUID

import model_device
import model_tables as model
import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from msgspec import to_builtins
from resource_support import (
    DEVICE,
    SECRET,
    SECURED_PORT,
    SILENCE,
    World,
    in_state,
    transfer_session,
)

from onboardee.device.access.peer import Peer
from onboardee.device.security.factory import reset_database
from onboardee.svrdb.model import RoleId, State
from onboardee.wire.coap import Code, Method
from onboardee.wire.entropy import SeededEntropy

IS_LONG: Final = os.environ.get("HYPOTHESIS_PROFILE") == "explore"
SHORT: Final = settings(max_examples=200, stateful_step_count=30, deadline=None)
LONG: Final = settings(max_examples=2000, stateful_step_count=50, deadline=None)
METHODS: Final = ("GET", "POST", "DELETE", "PUT")
KEYS: Final = [b"0123456789abcdef", b"\x01" * 32, SECRET[:16]]
RAW: Final = "oic.sec.encoding.raw"

uuids = st.sampled_from([model.OWNER, model.OWNER, model.FRIEND, model.STRANGER])
any_uuid = st.one_of(uuids, uuids, st.sampled_from([str(DEVICE), model.NIL]))


def update(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw an update of one or two of the properties, seldom with one too many."""
    single = [st.fixed_dictionaries({name: value}) for name, value in members.items()]
    pair = st.tuples(st.one_of(single), st.one_of(single)).map(lambda two: two[0] | two[1])
    odd = st.sampled_from([{"x": 1}, {"rt": ["x"], "if": [], "n": "", "id": ""}])
    spoilt = st.tuples(pair, odd).map(lambda two: two[0] | two[1])
    return st.one_of([*single, *single, pair, spoilt])


credentials = st.fixed_dictionaries(
    {
        "credtype": st.just(1),
        "subjectuuid": uuids,
        "privatedata": st.sampled_from([*KEYS, b"", b"", b"short"]).map(
            lambda data: {"data": data, "encoding": RAW}
        ),
    },
    optional={"credid": st.integers(0, 3)},
)
entries = st.fixed_dictionaries(
    {
        "subject": st.one_of(
            any_uuid.map(lambda uuid: {"uuid": uuid}),
            st.sampled_from(
                [{"role": "guest"}, {"conntype": "auth-crypt"}, {"conntype": "anon-clear"}]
            ),
        ),
        "resources": st.lists(
            st.one_of(
                st.sampled_from([{"wc": wildcard} for wildcard in "*+-"]),
                st.sampled_from([*model.METHODS, "*"]).map(lambda href: {"href": href}),
            ),
            min_size=1,
            max_size=3,
        ),
        "permission": st.sampled_from([31, 31, 2, 6, 8, 16, 0, 32]),
    },
    optional={"aceid": st.integers(-1, 3)},
)
states = st.sampled_from([{"s": 2}, {"s": 3}, {"s": 4}, {"s": 2, "p": True}, {"s": 0}, {"s": 1}])
texts = st.sampled_from(["a", "b", model.BASELINE_PROFILE])
BODIES: Final[dict[str, st.SearchStrategy[dict[str, Any]]]] = {
    "/oic/sec/doxm": update(
        oxmsel=st.integers(0, 4),
        owned=st.sampled_from([True, True, False, 1]),
        deviceuuid=st.sampled_from([str(DEVICE), str(DEVICE), model.FRIEND, model.NIL]),
        devowneruuid=any_uuid,
        rowneruuid=any_uuid,
        oxms=st.sampled_from([[0, 1], [0, 1, 2]]),
        sct=st.sampled_from([1, 9]),
    ),
    "/oic/sec/pstat": update(
        dos=states,
        om=st.integers(0, 8),
        tm=st.sampled_from([0, 2, 255, 256]),
        rowneruuid=any_uuid,
        cm=st.integers(0, 2),
        isop=st.booleans(),
        sm=st.sampled_from([4, 7]),
    ),
    "/oic/sec/cred": update(
        creds=st.none() | st.lists(credentials, min_size=1, max_size=2), rowneruuid=any_uuid
    ),
    "/oic/sec/acl2": update(
        aclist2=st.none() | st.lists(entries, min_size=1, max_size=2), rowneruuid=any_uuid
    ),
    "/oic/sec/sp": update(currentprofile=texts, supportedprofiles=st.lists(texts, max_size=2)),
    "/oic/sec/sdi": update(uuid=any_uuid, name=st.sampled_from(["", "home"]), priv=st.booleans()),
    "/oic/sec/crl": update(crlid=st.integers(0, 2), thisupdate=st.just("now"), crldata=st.just("")),
    "/oic/sec/ael": update(categoryfilter=st.just(7), priorityfilter=st.just(3)),
    "/oic/sec/roles": update(roles=st.just([])),
    "/oic/mnt": update(fr=st.sampled_from([True, False, False])),
    "/light/switch": update(value=st.sampled_from([True, False, 1])),
    "/light/dimming": update(dimmingSetting=st.integers(-1, 101), range=st.just([0, 50])),
}
HREFS: Final = [*model.METHODS, "/nowhere"]
LASTING: Final = [href for href, methods in model.METHODS.items() if "DELETE" not in methods]
SOMETIMES_LOST: Final = [*LASTING, *LASTING, *sorted(set(model.METHODS) - set(LASTING))]
QUERIES: Final = st.sampled_from(
    [
        *([] for _ in range(6)),
        [("if", "oic.if.baseline")],
        [("if", "oic.if.rw")],
        [("if", "oic.if.r")],
        [("if", "oic.if.nonsense")],
        [("credid", "1")],
        [("credid", "1"), ("credid", "2")],
        [("subjectuuid", model.FRIEND)],
        [("aceid", "1")],
        [("aceid", "2")],
        [("owned", "TRUE")],
        [("owned", "false")],
    ]
)
PEER_SETS: Final = [
    ("plain", "stranger", "friend", "deputy", "owner", "transfer"),
    *((name,) for name in ("transfer", "transfer", "owner", "owner")),
]

visited: dict[str, set[tuple[Any, ...]]] = {"access": set(), "rights": set(), "moves": set()}
"""Cells of the tables that were tried, for the measurement below."""


def projected(world: World) -> dict[str, Any]:
    """Return the device as the model has it."""
    names = ("doxm", "pstat", "cred", "acl2", "sp", "sdi", "crl", "ael")
    found: dict[str, Any] = {
        name: to_builtins(getattr(world.database, name), builtin_types=(bytes,)) for name in names
    }
    for credential in found["cred"]["creds"]:
        if credential["privatedata"]["data"] not in KEYS:
            credential["privatedata"] = {"data": "derived"}
    return _lists(found | {href: world.values()[href] for href in model.LIGHT})


def _lists(value: Any) -> Any:
    match value:
        case dict():
            return {name: _lists(each) for name, each in value.items()}
        case list() | tuple():
            return [_lists(each) for each in value]
    return value


class Agreement(RuleBasedStateMachine):
    """One device and its model."""

    @initialize(state=st.sampled_from(State))
    def begin(self, state: State) -> None:
        """Begin somewhere in a life."""
        self.world = World(in_state(state))
        self.model = projected(self.world)

    @rule(
        peers=st.sampled_from(PEER_SETS),
        hrefs=st.lists(st.sampled_from([*BODIES, *list(BODIES)[:4]]), min_size=2, max_size=4),
        draw=st.data(),
        is_busy=st.booleans(),
    )
    def update(self, peers: tuple[str, ...], hrefs: list[str], draw: Any, *, is_busy: bool) -> None:
        """Try some updates, from one peer or from all in turn."""
        for href in hrefs:
            body = draw.draw(BODIES[href])
            for peer in peers:
                self.ask(peer, "POST", href, [], body, is_busy=is_busy)

    @rule(hrefs=st.lists(st.sampled_from(HREFS), min_size=4, max_size=6), query=QUERIES)
    def look_around(self, hrefs: list[str], query: list[tuple[str, str]]) -> None:
        """Read some resources as everybody."""
        for href in hrefs:
            self.everybody("GET", href, query)

    @rule(href=st.sampled_from(HREFS), method=st.sampled_from(METHODS), query=QUERIES)
    def anything(self, href: str, method: str, query: list[tuple[str, str]]) -> None:
        """Try any method and query as everybody."""
        self.everybody(method, href, query)

    @rule(hrefs=st.lists(st.sampled_from(SOMETIMES_LOST), min_size=4, max_size=6))
    def remove(self, hrefs: list[str]) -> None:
        """Try to remove, mostly what cannot be removed."""
        for href in hrefs:
            self.everybody("DELETE", href, [])

    @rule(peer=st.sampled_from(["transfer", "owner"]), state=st.sampled_from(State))
    def move(self, peer: str, state: State) -> None:
        """Wish for a state."""
        self.ask(peer, "POST", "/oic/sec/pstat", [], {"dos": {"s": int(state)}})

    @rule(state=st.sampled_from([2, 2, 3, 3, 4]), owner=uuids)
    def provision(self, state: int, owner: str) -> None:
        """Do what a good tool does to get to a state, as far as it gets."""
        key = {"credtype": 1, "subjectuuid": owner, "privatedata": {"data": b"", "encoding": RAW}}
        steps: list[tuple[str, dict[str, Any]]] = [
            ("doxm", {"devowneruuid": owner}),
            ("cred", {"creds": [key], "rowneruuid": owner}),
            ("doxm", {"owned": True, "rowneruuid": owner}),
            ("acl2", {"rowneruuid": owner}),
            ("pstat", {"rowneruuid": owner}),
            ("pstat", {"dos": {"s": model.RFPRO}}),
            ("pstat", {"dos": {"s": state}}),
        ]
        for name, body in steps:
            self.ask("transfer", "POST", f"/oic/sec/{name}", [], body)

    @rule()
    def finish_reset(self) -> None:
        """Let the time pass after which a reset that was asked for happens."""
        if self.world.database.state is not State.RESET:
            return
        entropy = SeededEntropy(0)
        self.world.database = reset_database(self.world.database, entropy)
        for appliance in self.world.appliances.values():
            appliance.values.restore()
        self.model = model_device.factory(str(DEVICE), projected(self.world)["doxm"]["oxms"])

    @rule(state=st.sampled_from(State))
    def begin_again(self, state: State) -> None:
        """Become another device, lest all end in RESET."""
        self.begin(state)

    def everybody(self, method: str, href: str, query: list[tuple[str, str]]) -> None:
        """Ask as one peer after the other, the weakest first."""
        self.ask("plain", method, href, query, {}, is_busy=False)
        for peer in PEER_SETS[0]:
            self.ask(peer, method, href, query, {})

    def ask(
        self,
        name: str,
        method: str,
        href: str,
        query: list[tuple[str, str]],
        body: dict[str, Any],
        *,
        is_busy: bool = True,
    ) -> None:
        """Let both answer, and compare."""
        peer, state = model.PEERS[name], self.model["pstat"]["dos"]["s"]
        if state == model.RESET and not peer["secured"]:
            return  # such a datagram never gets as far as this
        is_busy = is_busy or peer["secured"]
        note(name, method, href, state, body)
        expected = model_device.answer(
            {**self.model, "busy": is_busy}, peer, (method, href, query, body)
        )
        self.model = {part: value for part, value in expected[2].items() if part != "busy"}
        world = self.world
        world.requester = requester(peer)
        world.session = transfer_session() if peer["secured"] else None
        world.has_session = is_busy
        texts = tuple(f"{key}={value}" for key, value in query)
        code, content = world.ask(Method[method], href, body if method == "POST" else None, *texts)
        what = (name, method, href, query, body, State(state).name)
        assert text_of(code) == expected[0], (what, world.last)
        if code is Code.CONTENT and expected[1] is not None:
            assert content == expected[1], what
        event(f"{State(state).name}: {expected[0]}")

    @invariant()
    def stand_the_same(self) -> None:
        """Compare the two as they stand."""
        if hasattr(self, "world"):
            found = projected(self.world)
            assert found == {part: self.model[part] for part in found}


def requester(peer: dict[str, Any]) -> Peer:
    """Return a peer of the model as the device sees it."""
    return Peer(
        SECURED_PORT,
        secured=peer["secured"],
        owns_transfer=peer["doc"],
        uuid=UUID(peer["uuid"]) if peer["uuid"] else None,
    ).with_asserted(frozenset(RoleId(role=role) for role in peer["roles"]))


def text_of(code: Code | str) -> str:
    """Write a code as the specification does."""
    return SILENCE if isinstance(code, str) else f"{code >> 5}.{code & 31:02}"


def note(peer: str, method: str, href: str, state: int, body: dict[str, Any]) -> None:
    """Take down which cells of the tables a request tries."""
    visited["access"].add((peer, method, href, state))
    if method != "POST" or peer not in {"transfer", "owner", "plain"}:
        return
    name = href.removeprefix("/oic/sec/")
    for key in body.keys() & model.WRITABLE.get(name, {}).keys():
        visited["rights"].add((name, key, state))
    if name == "pstat" and isinstance(body.get("dos"), dict):
        visited["moves"].add((state, body["dos"]["s"]))


def cells() -> Iterator[tuple[str, set[tuple[Any, ...]]]]:
    """Name all cells of the tables."""
    methods = ("GET", "POST", "DELETE")
    access = set(product(model.PEERS, methods, model.METHODS, range(5)))
    yield "access", {each for each in access if each[0] != "plain" or each[3] != model.RESET}
    rights = {(name, key) for name, keys in model.WRITABLE.items() for key in keys}
    yield "rights", {(*right, state) for right in rights for state in range(5)}
    yield "moves", set(product(range(5), range(5)))


@pytest.mark.hypothesis
def test_device_and_model_agree() -> None:
    """They do, over lives that try nearly every cell of the tables."""
    for seen in visited.values():
        seen.clear()
    run_state_machine_as_test(Agreement, settings=LONG if IS_LONG else SHORT)
    for table, wanted in cells():
        missed = wanted - visited[table]
        assert len(missed) <= 0.2 * len(wanted), (table, sorted(map(str, missed)))
