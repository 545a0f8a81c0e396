"""Devices that answer what they must not: the error names the step, and the attempt is undone."""

from collections.abc import Callable
from typing import Any

import pytest
from obt_support import (
    FAKE,
    OWNER,
    SECURED,
    FakeDevice,
    Scene,
    representation,
    scene,
    scene_with_light,
)

from onboardee.device.testing import Impairments
from onboardee.obt import (
    CR3006,
    IOT2,
    LITE,
    PLGD,
    Address,
    OnboardingError,
    Order,
    find_unowned,
    run,
    take_ownership,
)
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code, Method, Request, Response
from onboardee.wire.path import Outgoing, Path

Lie = Callable[[FakeDevice, Request], Response | None]


def refusal(order: Order, lie: Lie, prepare: Callable[[FakeDevice], Any] = lambda _: None) -> str:
    """Let a tool meet a lying device; return what it complains of."""
    made = scene()
    device = FakeDevice(made.network, lie)
    prepare(device)
    with pytest.raises(OnboardingError) as caught:
        made.own(order)
    return str(caught.value)


def honest(_: FakeDevice, __: Request) -> None:
    """Tell no lie."""


def when(method: Method, path: str, answer: Response, *, after: int = 0) -> Lie:
    """Give `answer` to the requests of that kind, the first `after` of them excepted."""

    def lie(device: FakeDevice, _: Request) -> Response | None:
        kind = [r for r, _ in device.requests if (r.method, r.path) == (method, path)]
        request = device.requests[-1][0]
        is_meant = (request.method, request.path) == (method, path) and len(kind) > after
        return answer if is_meant else None

    return lie


@pytest.mark.parametrize("order", [LITE, IOT2, PLGD, CR3006], ids=lambda order: order.name)
def test_honest_fake(order: Order) -> None:
    """The scripted device is owned if it does not lie."""
    made = scene()
    device = FakeDevice(made.network)
    owned = made.own(order)
    assert device.key == owned.ownership.key


def test_owned_already() -> None:
    """A device that says it is owned is not touched."""
    text = refusal(LITE, honest, lambda d: d.doxm.update(owned=True, devowneruuid=str(OWNER)))
    assert "discover devices" in text
    assert f"{OWNER} owns it" in text


def test_owned_in_between() -> None:
    """Somebody else was faster between the discovery and the transfer."""

    def lie(device: FakeDevice, request: Request) -> None:
        if request.path == "/oic/res":
            device.doxm.update(owned=True)

    assert "read the transfer methods (GET /oic/sec/doxm): expected owned: false" in refusal(
        LITE, lie
    )


def test_method_not_offered() -> None:
    """Without Just Works among the methods nothing is selected."""
    text = refusal(IOT2, honest, lambda device: device.doxm.update(oxms=[1, 2]))
    assert "expected Just Works (0) among oxms, but oxms is [1, 2]" in text


def test_another_device() -> None:
    """A doxm of another device than the one discovered is not accepted."""

    def lie(device: FakeDevice, request: Request) -> None:
        if request.path == "/oic/res":
            device.doxm["deviceuuid"] = str(OWNER)

    assert f"expected deviceuuid {FAKE}" in refusal(CR3006, lie)


def test_anchor_of_another_device() -> None:
    """The link's anchor and doxm must name the same device."""
    text = refusal(LITE, honest, lambda d: d.link.update(anchor=f"ocf://{OWNER}"))
    assert "find the secured endpoint" in text


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"anchor": "ocf://light"}, "an anchor with the UUID"),
        ({"eps": [{"ep": "coap://10.0.0.10:5683"}]}, "a coaps endpoint"),
        ({"eps": [{"ep": "coaps://light.example:1"}]}, "a coaps endpoint"),
        ({"rt": ["oic.r.pstat"]}, "a link of type oic.r.doxm"),
        ({"href": 5}, "Expected `str`"),
    ],
)
def test_useless_links(change: dict[str, Any], complaint: str) -> None:
    """A link that does not lead to a secured endpoint is named as what it lacks."""
    assert complaint in refusal(LITE, honest, lambda device: device.link.update(change))


@pytest.mark.parametrize("name", ["oxms", "sct", "deviceuuid", "rowneruuid"])
def test_doxm_changed_before_the_session(name: str) -> None:
    """IoTivity 2.x notices when doxm differs from what was told in the clear."""
    other = {"oxms": [0, 1], "sct": 9, "deviceuuid": str(OWNER), "rowneruuid": str(OWNER)}

    def lie(device: FakeDevice, request: Request) -> None:
        if request.path == "/oic/sec/doxm" and device.requests[-1][1]:
            device.doxm[name] = other[name]

    assert "check that doxm is what it was (GET /oic/sec/doxm)" in refusal(IOT2, lie)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"sm": 3}, "expected the bit 4 in sm, but sm is 3"),
        ({"cm": 0}, "expected the bit 2 in cm, but cm is 0"),
        ({"dos": {"s": 1, "p": True}}, "expected dos.p false"),
    ],
)
@pytest.mark.parametrize("order", [IOT2, PLGD, CR3006], ids=lambda order: order.name)
def test_unfit_pstat(order: Order, change: dict[str, Any], complaint: str) -> None:
    """A device that cannot be directed by a client, or is busy, is left alone."""
    text = refusal(order, honest, lambda device: device.pstat.update(change))
    assert "read the onboarding state (GET /oic/sec/pstat)" in text
    assert complaint in text


def test_owner_not_taken_over() -> None:
    """An owner that was written must be read back."""

    def lie(device: FakeDevice, _: Request) -> None:
        device.doxm["devowneruuid"] = str(FAKE)

    def prepare(device: FakeDevice) -> None:
        device.script = lambda d, r: lie(d, r) if d.requests[-1][1] and r.method == 1 else None

    assert "check the owner" in refusal(PLGD, honest, prepare)


@pytest.mark.parametrize("order", [LITE, PLGD], ids=lambda order: order.name)
def test_wrong_hint(order: Order) -> None:
    """A server that announces another UUID gets no proof of our key."""
    text = refusal(order, honest, lambda device: setattr(device, "hint", bytes(16)))
    assert "open a session with the owner credential" in text
    assert f"but it is {'00' * 16}" in text


def test_old_specification() -> None:
    """IoTivity 2.x takes a device without an OCF version for an older one."""
    old = representation({"di": str(FAKE), "n": "Old", "icv": "core.1.1.0"})
    assert "icv is 'core.1.1.0'" in refusal(IOT2, when(Method.GET, "/oic/d", old))


@pytest.mark.parametrize(
    ("order", "method", "path", "after", "step"),
    [
        (LITE, Method.GET, "/oic/sec/doxm", 1, "read the transfer methods"),
        (LITE, Method.POST, "/oic/sec/doxm", 0, "select Just Works"),
        (LITE, Method.POST, "/oic/sec/pstat", 0, "let the client direct"),
        (LITE, Method.POST, "/oic/sec/doxm", 2, "give the device a UUID"),
        (LITE, Method.POST, "/oic/sec/cred", 0, "have the owner credential derived"),
        (LITE, Method.POST, "/oic/sec/sdi", 0, "name the security domain"),
        (LITE, Method.POST, "/oic/sec/pstat", 2, "enter RFPRO"),
        (LITE, Method.DELETE, "/oic/sec/acl2", 0, "delete all access rules"),
        (LITE, Method.POST, "/oic/sec/pstat", 3, "enter RFNOP"),
        (IOT2, Method.POST, "/oic/sec/acl2", 0, "set the access rules"),
        (PLGD, Method.POST, "/oic/sec/cred", 0, "hand over the owner credential"),
        (CR3006, Method.POST, "/oic/sec/doxm", 3, "declare the device owned"),
    ],
)
def test_refused_in_the_middle(
    order: Order, method: Method, path: str, after: int, step: str
) -> None:
    """A 4.00 ends the transfer, and the error says at which step."""
    text = refusal(order, when(method, path, Response(Code.BAD_REQUEST), after=after))
    assert text.startswith(f"{step} ({method.name} {path})")
    assert text.endswith("the device answered 4.00")


@pytest.mark.parametrize(
    "code", [Code.NOT_FOUND, Code.UNAUTHORIZED, Code.FORBIDDEN, Code.METHOD_NOT_ALLOWED]
)
def test_sdi_may_be_absent(code: Code) -> None:
    """A device without /oic/sec/sdi is owned all the same, and gets no rule for it."""
    made = scene()
    absent = when(Method.POST, "/oic/sec/sdi", Response(code))
    device = FakeDevice(made.network, absent)
    made.own(LITE)
    assert "/oic/sec/sdi" not in str(device.posts("/oic/sec/acl2")[-1])


def test_device_without_a_name() -> None:
    """The servers of IoTivity have no name in `/oic/d`, and are owned all the same."""
    made = scene()
    nameless = representation({"di": str(FAKE), "icv": "ocf.2.0.1"})
    device = FakeDevice(made.network, when(Method.GET, "/oic/d", nameless))
    assert made.own(IOT2).ownership.key == device.key


def test_success_is_what_the_tool_takes_for_it() -> None:
    """IoTivity 2.x wants 2.04 and nothing else where the others are content."""
    created = when(Method.POST, "/oic/sec/acl2", Response(Code.CREATED))
    assert "expected 2.04, but the device answered 2.01" in refusal(IOT2, created)
    made = scene()
    FakeDevice(made.network, created)
    made.own(PLGD)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (Response(Code.CONTENT, b"\xa0"), "content format 10000"),
        (Response(Code.CONTENT, b"\xa0", 10000, 1000), "version 1000"),
        (Response(Code.CONTENT, b"\xa1", 10000, 2048), "not valid CBOR"),
        (representation({"owned": False}), "missing required field"),
        (representation([]), "Expected `object`"),
    ],
)
def test_malformed_answers(answer: Response, complaint: str) -> None:
    """An answer that is not the resource's representation is described."""
    text = refusal(CR3006, when(Method.GET, "/oic/sec/doxm", answer, after=1))
    assert text.startswith("read the transfer methods (GET /oic/sec/doxm)")
    assert complaint in text


def test_not_in_normal_operation_at_last() -> None:
    """All answers were fine, but the final look finds the device elsewhere."""

    def lie(device: FakeDevice, request: Request) -> None:
        if request.path == "/oic/sec/pstat" and request.method is Method.GET:
            device.pstat["isop"] = False

    assert "verify the ownership (GET /oic/sec/pstat): expected isop True" in refusal(LITE, lie)


def test_a_late_failure_loses_no_key() -> None:
    """Where the device may be ours in spite of the error, the error brings what opens it."""
    for path, after, is_ours in (("/oic/sec/pstat", 0, False), ("/oic/sec/pstat", 3, True)):
        made = scene()
        device = FakeDevice(
            made.network, when(Method.POST, path, Response(Code.BAD_REQUEST), after=after)
        )
        with pytest.raises(OnboardingError) as caught:
            made.own(LITE)
        kept = caught.value.ownership
        assert (kept is not None) == is_ours
        assert kept is None or kept.key == device.key


def test_silence() -> None:
    """A device that stops answering is given up when the time is over, and the step is named."""
    made = scene()
    mute = when(Method.POST, "/oic/sec/cred", Response(Code.CHANGED), after=0)

    def lie(device: FakeDevice, request: Request) -> Response | None:
        if mute(device, request) is not None:
            made.network.close("10.0.0.10", 5684)
        return None

    FakeDevice(made.network, lie)
    started = made.network.now
    with pytest.raises(OnboardingError, match=r"name the security domain .* no answer in time"):
        made.own(LITE, within=100.0)
    assert 100.0 <= made.network.now - started < 101.0


def test_session_ended_by_the_device() -> None:
    """A session that the device closes is not waited for."""
    made = scene()

    def lie(device: FakeDevice, request: Request) -> None:
        if request.path == "/oic/sec/cred":
            made.network.send(device.close_sessions(made.network.now))

    FakeDevice(made.network, lie)
    with pytest.raises(OnboardingError, match="the session ended: peer closed"):
        made.own(LITE)


def test_plgd_asks_for_a_reset() -> None:
    """Plgd's tool undoes a failed transfer itself; the others rely on the device."""
    for order, resets in ((PLGD, [{"dos": {"s": 0}}]), (LITE, [])):
        made = scene()
        lie = when(Method.POST, "/oic/sec/cred", Response(Code.BAD_REQUEST))
        device = FakeDevice(made.network, lie)
        with pytest.raises(OnboardingError):
            made.own(order)
        assert [body for body in device.posts("/oic/sec/pstat") if "dos" in body] == resets


@pytest.mark.parametrize("order", [LITE, IOT2, PLGD, CR3006], ids=lambda order: order.name)
def test_a_failed_attempt_leaves_a_device_to_be_owned(order: Order) -> None:
    """A tool that gives up closes its session, and the real device forgets the attempt."""
    made, device = scene_with_light()

    class TiredError(Exception):
        """Raised by a tool's user in the middle of everything."""

    def give_up(step: object) -> None:
        if "owner credential" in str(step):
            raise TiredError

    device_found = made.find()
    with pytest.raises(TiredError):
        run(take_ownership(made.transport, device_found, OWNER, order=order, on_step=give_up))
    made.network.run(5.0)
    assert device.database.state is State.RFOTM
    assert not device.database.cred.credentials
    made.own(order)
    assert device.database.state is State.RFNOP


def test_a_bad_device_does_not_spoil_discovery() -> None:
    """A device whose answers are useless is left out of what is found."""
    made, device = scene_with_light()
    made.network.detach(device)
    bad = FakeDevice(made.network)
    bad.link["eps"] = []
    assert run(find_unowned(made.transport, rounds=1)) == []
    assert device.database.state is State.RFOTM


def test_each_device_is_asked_once() -> None:
    """A device that answers in every round is looked at in the first."""
    made = scene()
    device = FakeDevice(made.network)
    assert len(run(find_unowned(made.transport, rounds=3))) == 1
    paths = [request.path for request, _ in device.requests]
    assert paths == ["/oic/sec/doxm", "/oic/res", "/oic/sec/doxm", "/oic/sec/doxm"]


def test_the_family_of_the_answer_comes_first() -> None:
    """Of several secured endpoints the one in our own address family is tried first."""
    made = scene()
    device = FakeDevice(made.network)
    device.link["eps"] = [{"ep": "coaps://[fd00::10]:5684"}, {"ep": f"coaps://{SECURED}"}]
    assert made.find().secured == (SECURED, Address("fd00::10", 5684))


def test_the_next_endpoint_is_tried() -> None:
    """Where one secured endpoint is mute, the session is opened with the other."""
    made = scene()
    device = FakeDevice(made.network)
    device.link["eps"] = [{"ep": "coaps://10.0.0.10:9"}, {"ep": f"coaps://{SECURED}"}]
    assert made.own(PLGD).ownership.secured == SECURED


def test_a_reset_may_end_the_session_first() -> None:
    """A device that goes away instead of answering has done what it was asked for."""
    made = scene()
    device = FakeDevice(made.network)
    light = made.own(LITE)

    def leave(device: FakeDevice, request: Request) -> None:
        if request.method is Method.POST:
            made.network.send(device.close_sessions(made.network.now))

    device.script = leave
    run(light.reset())
    device.script = when(Method.POST, "/oic/sec/pstat", Response(Code.UNAUTHORIZED))
    with pytest.raises(OnboardingError, match=r"enter RESET .* 4\.01"):
        run(light.reset())


def test_an_entry_is_deleted_once() -> None:
    """A DELETE of one entry is not begun anew: the second would miss the entry and seem to fail."""
    made = scene()
    device = FakeDevice(made.network)
    light = made.own(LITE)
    before = len(device.requests)
    device.script = mute_for_delete(made)
    with pytest.raises(OnboardingError, match=r"delete an access rule .* no answer in time"):
        run(light.delete_rule(5))
    deletes = [r for r, _ in device.requests[before:] if r.method is Method.DELETE]
    assert [request.query for request in deletes] == [("aceid=5",)]
    assert device.pstat["dos"]["s"] == State.RFNOP


def mute_for_delete(made: Scene) -> Lie:
    """Let the answers to one DELETE and its repetitions get lost, and no others."""

    def lie(_: FakeDevice, request: Request) -> None:
        if request.method is Method.DELETE:
            fair, made.network.impairments = made.network.impairments, Impairments(loss=1.0)
            clears_at = made.network.now + 60.0
            made.network.attach(Clearing(made, fair, clears_at), "10.0.0.99", 1)

    return lie


class Clearing:
    """A node that lets the impairments clear up at its time."""

    def __init__(self, made: Scene, fair: Impairments, at: float) -> None:
        self._made, self._fair, self._at = made, fair, at
        self._deadline: float | None = at

    def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
        """Take nothing in."""
        return []

    def tick(self, now: float) -> list[Outgoing]:
        """Let the sun out."""
        self._made.network.impairments, self._deadline = self._fair, None
        return []

    def next_deadline(self) -> float | None:
        """Return the time."""
        return self._deadline
