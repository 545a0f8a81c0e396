"""A device floods nobody, and a client that receives what it is sent meets no bound."""

from collections.abc import Callable

import cbor2
import pytest
from aiocoap import GET, POST, Message
from device_scene import HOST, OWNER, PLAIN, Scene, make_scene
from forging import KINDS, attack, octets, sources
from msgspec.structs import replace
from stranger import Stranger, request

from onboardee.device.events import AnswersWithheld
from onboardee.device.machine.budget import HEADERS, AnswerBudget, Budgets, Proof
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.answers import AnswerBound, Answers
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryKeeper, MemoryNetwork, PlainClient, memory_device
from onboardee.device.testing.client import is_ping
from onboardee.device.testing.local import LocalDevice, local_device
from onboardee.obt import Address, MemoryTransport, ObtEngine, find_unowned, run, take_ownership
from onboardee.wire.coap import Code
from onboardee.wire.coap.message import ECHO, option_of
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path

RES, PATHS = "/oic/res", ("/oic/res", "/oic/d", "/oic/p", "/oic/sec/doxm", "/oic/sec/pstat")
NOTHING = AnswerBound(burst=0, rate=0, total_burst=0, total_rate=0)
SMALL = AnswerBound(burst=10_000, rate=1000, total_burst=20_000, total_rate=3000)
NON = 0x10
"""The bit that makes a request one that is not confirmed, as those to groups are."""
REGIONS = {"elsewhere": False, "link": True, "proven": False}


def question(mid: int, href: str = RES, **options: object) -> bytes:
    """Ask as the tools do."""
    return request(GET, href, mid, **options)


def far(scene: Scene, host: str = "198.51.100.7", port: int = 6666) -> Stranger:
    """Make somebody behind a router, who says nothing but what the test has it say."""
    return Stranger(scene, host=host, port=port, on_link=False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("href", PATHS)
def test_forged_sources_get_no_more_than_three_times_what_was_sent(kind: str, href: str) -> None:
    """Whatever is asked in the name of others, not more than three times of it reaches them."""
    scene = make_scene()
    got = attack([scene.device], kind, href, seconds=2, rate=500)
    scene.network.now = 2.0
    scene.network.run(3)
    sent = got.sent + octets(datagram for _, _, datagram in scene.network.log)
    assert 0 < sent <= 3 * got.asked
    answers = scene.device.profile.answers
    assert sent <= answers.elsewhere.total_burst + 5 * answers.elsewhere.total_rate + got.asked


@pytest.mark.parametrize("kind", KINDS)
def test_the_rate_has_a_bound_for_the_whole_process(kind: str) -> None:
    """In a long attack what leaves follows the budget, however many devices are asked."""
    budget, light = AnswerBudget(replace(Answers(), elsewhere=SMALL)), load("light")
    devices = [
        local_device(
            light,
            MemoryKeeper(new_database(light, SeededEntropy(number))),
            entropy=SeededEntropy(number),
            budget=budget,
        )
        for number in range(3)
    ]
    got = attack(devices, kind, "/oic/d", seconds=20, rate=100)
    bound = SMALL.burst + 20 * SMALL.rate
    if kind == "a thousand addresses":
        bound = SMALL.total_burst + 20 * SMALL.total_rate
    assert 0.9 * bound < got.sent - got.pings <= bound


def network_of(
    *, is_routed: bool, profile: str = "refrigerator"
) -> tuple[MemoryNetwork, LocalDevice]:
    """Make a device of many resources that anybody may read, on a network."""
    network = MemoryNetwork(is_routed=is_routed)
    return network, memory_device(network, profile, open_to_all=True)


@pytest.mark.parametrize("is_routed", [True, False])
def test_reading_everything_ten_times_in_parallel_gets_everything(is_routed: bool) -> None:
    """An honest client, here or elsewhere, gets every answer whole, and soon."""
    network, device = network_of(is_routed=is_routed)
    reader = PlainClient(network)
    hrefs = [*device.appliances, "/oic/d", "/oic/p"] + [RES] * 3
    reader.read(hrefs * 10)
    network.run_until(lambda: len(reader.heard) == 10 * len(hrefs), timeout=20)
    assert [each.code for each in reader.heard] == [Code.CONTENT] * 10 * len(hrefs)
    assert network.now < 10
    (whole,) = {each.payload for each in reader.heard if len(each.payload) > 3000}
    assert len(cbor2.loads(whole)) > 10
    assert reader.pings <= 2


def test_a_burst_of_discovery_on_the_link_needs_no_proof() -> None:
    """Forty reads of /oic/res at once by a tool on the link are answered whole and at once."""
    scene = make_scene()
    stranger = Stranger(scene)
    answers = [stranger.raw(question(mid)) for mid in range(40)]
    assert all(len(each) == 1 and len(each[0]) > 1000 for each in answers)
    scene.network.now += 5
    assert len(stranger.raw(question(99))[0]) > 1000


@pytest.mark.parametrize("is_routed", [True, False])
def test_a_client_without_pings_is_served_in_small_blocks(is_routed: bool) -> None:
    """Who answers no ping gets everything all the same, in blocks that reach no victim."""
    network, _ = network_of(is_routed=is_routed)
    reader = PlainClient(network, answers_pings=False)
    for _ in range(2):
        reader.read([RES])
        network.run(20)
    first, second = reader.heard
    assert first.code == second.code == Code.CONTENT
    assert cbor2.loads(first.payload) == cbor2.loads(second.payload)


def test_a_tool_elsewhere_owns_a_device() -> None:
    """Discovery by a routed group, transfer and use go as on the link."""
    network = MemoryNetwork(is_routed=True)
    device = memory_device(network)
    transport = MemoryTransport(network, ObtEngine(entropy=SeededEntropy("far")))
    (found,) = run(find_unowned(transport, enough=1))
    owner = run(take_ownership(transport, found, OWNER))
    assert device.database.doxm.owner_uuid == OWNER
    assert owner.ownership.secured == Address(HOST, 5684)


def test_an_echo_is_a_proof() -> None:
    """Who echoes the value of a small answer gets the rest in large blocks (RFC 9175 2.4)."""
    scene = make_scene()
    stranger = far(scene)
    (ping,) = stranger.raw(question(1))
    assert is_ping(ping)
    *_, small = stranger.wait(1.5)
    assert len(small) < 200
    value = option_of(small, ECHO)
    assert value is not None
    (answer,) = stranger.raw(question(2, echo=value))
    assert len(answer) > 1000
    forged = far(scene, "198.51.100.8")
    assert all(len(each) < 200 for each in forged.raw(question(3, echo=value)))


def test_the_answer_to_a_ping_is_a_proof_for_this_peer_and_a_while() -> None:
    """The held answer leaves at once; another port, and later this one, has to prove itself."""
    scene = make_scene()
    stranger, other = far(scene), far(scene, port=7777)
    (ping,) = stranger.raw(question(1))
    (answer,) = stranger.raw(b"\x70\x00" + ping[2:])
    assert len(answer) > 1000
    assert len(stranger.raw(question(2))[0]) > 1000
    assert is_ping(other.raw(question(3))[0])
    scene.network.now += scene.device.profile.answers.proof_lifetime
    assert is_ping(stranger.raw(question(4))[0])


@pytest.mark.parametrize(
    ("host", "answers"), [("192.0.2.9", 1), ("2001:db8::9", 1), ("fe80::9", 0)]
)
def test_a_proof_counts_over_whichever_interface_it_comes(host: str, answers: int) -> None:
    """Who searches over one interface and answers the ping over another gets its answer.

    So does a tool on the device's own machine. Of a link-local address the interface is a part:
    there it would be somebody else.
    """
    scene = make_scene()
    asked, back = (
        Path(HOST, PLAIN, host, 6666, interface=each, multicast=is_search)
        for each, is_search in ((2, True), (1, False))
    )
    search = question(1)
    scene.device.receive(bytes([search[0] | NON]) + search[1:], asked, 0.0)
    due = scene.device.next_deadline()
    assert due is not None
    (ping,) = scene.device.tick(due)
    assert ping.path.interface == 2
    got = scene.device.receive(b"\x70\x00" + ping.datagram[2:], back, due + 0.1)
    assert [each.path.interface for each in got] == [2] * answers


def test_who_is_on_this_machine_gets_all() -> None:
    """A tool beside a thousand devices needs no proof: what it is sent leaves no machine."""
    budget = AnswerBudget()
    ours, other = (
        Path(HOST, PLAIN, "192.0.2.9", 6666, on_link=True, on_machine=each)
        for each in (True, False)
    )
    assert all(budget.allows(ours, 1000, 40, 0.0) for _ in range(1000))
    assert not all(budget.allows(other, 1000, 40, 0.0) for _ in range(1000))


def test_a_ping_on_the_link_is_repeated_once() -> None:
    """Who does not answer the first ping, as libcoap may not, has another chance."""
    scene = make_scene(replace(load("light"), answers=replace(Answers(), link=NOTHING)))
    stranger = Stranger(scene)
    (ping,) = stranger.raw(question(1))
    assert stranger.wait(0.9) == [ping]
    (answer,) = stranger.raw(b"\x70\x00" + ping[2:])
    assert len(answer) > 1000


def test_guessing_the_answer_to_a_ping_proves_nothing() -> None:
    """After three wrong answers the right one counts no more, and there are three pings."""
    scene = make_scene()
    stranger = far(scene)
    pings = 0
    for mid in range(20):
        sent = stranger.raw(question(mid))
        pings += len([each for each in sent if is_ping(each)])
        for ping in filter(is_ping, sent):
            right = int.from_bytes(ping[2:])
            for wrong in (1, 2, 3):
                stranger.raw(b"\x70\x00" + ((right + wrong) % 65536).to_bytes(2))
            assert all(len(each) < 200 for each in stranger.raw(b"\x70\x00" + ping[2:]))
        assert all(len(each) < 200 for each in sent)
    assert pings == 3


def test_strangers_elsewhere_observe_only_with_a_proof() -> None:
    """A registration in somebody's name sends nothing to them when the resource changes."""
    network, device = network_of(is_routed=True, profile="light")
    path = Path(HOST, PLAIN, "198.51.100.7", 6666)
    device.receive(request(GET, "/light/switch", 1, observe=0), path, 0.0)
    heard: list[bytes] = []
    for number in range(50):
        now = 1.0 + number
        changed = device.set_values("/light/switch", {"value": number % 2 == 0}, now)
        heard += [item.datagram for item in changed + device.tick(now)]
    assert all(is_ping(each) for each in heard)
    assert len(heard) <= 3
    assert network.now == 0.0


@pytest.mark.parametrize("on_link", [True, False])
def test_a_search_in_the_name_of_others_gets_small_blocks(on_link: bool) -> None:
    """A group's search in the name of somebody behind a router causes little from a device."""
    scene = make_scene()
    stranger = Stranger(scene, host="198.51.100.7", on_link=on_link)
    search = bytearray(question(1))
    search[0] = search[0] & 0xCF | 0x10  # non-confirmable
    assert stranger.raw(bytes(search), multicast=True) == []
    *pings, answer = stranger.wait(3)
    assert (len(answer) > 1000) is on_link
    assert len(pings) == (0 if on_link else 1)
    if not on_link:
        assert octets([*pings, answer]) <= 3 * octets([bytes(search)])
        assert Message.decode(answer).opt.block2.more


def bounded(kind: str, bound: AnswerBound) -> tuple[AnswerBudget, Callable[[float, str], int]]:
    """Make a budget with one bound; returns also what counts the octets that may leave now."""
    bounds = {each: bound if each == kind else NOTHING for each in REGIONS}
    budget = AnswerBudget(Answers(factor=10, proof_lifetime=86400, **bounds))

    def spent(now: float, host: str) -> int:
        path = Path(HOST, PLAIN, host, 6666, on_link=REGIONS[kind])
        if kind == "proven":
            budget.prove(path, Proof.PING, now)
        spent, received = 0, 0 if kind == "proven" else 500
        while budget.allows(path, 1000 - HEADERS, received, now):
            spent += 1000
        return spent

    return budget, spent


@pytest.mark.parametrize("kind", REGIONS)
def test_the_budget_of_a_source_refills(kind: str) -> None:
    """What was spent comes back with time, at the rate of the profile, up to the burst."""
    _, spent = bounded(kind, SMALL)
    host = "192.0.2.66"
    assert spent(10.0, host) == 10_000
    assert spent(10.0, host) == 0
    assert spent(13.0, host) == 3000
    assert spent(16.5, host) == 3000
    assert spent(1000.0, host) == 10_000


@pytest.mark.parametrize("kind", REGIONS)
def test_all_sources_together_have_a_budget_that_refills(kind: str) -> None:
    """What a hundred sources get has a bound of its own, which comes back as well."""
    _, spent = bounded(kind, SMALL)

    def all_of_them(now: float) -> int:
        return sum(spent(now, f"192.0.2.{last}") for last in range(1, 100))

    assert all_of_them(10.0) == 20_000
    assert all_of_them(10.0) == 0
    assert all_of_them(12.0) == 6000
    assert all_of_them(1000.0) == 20_000


@pytest.mark.parametrize("kind", ["elsewhere", "proven"])
def test_a_prefix_of_ipv6_is_one_source(kind: str) -> None:
    """All addresses of a /64 share what one source may be sent; another /64 has its own."""
    _, spent = bounded(kind, SMALL)
    assert spent(10.0, "2001:db8:0:7::1") == 10_000
    assert spent(10.0, "2001:db8:0:7:ffff::2") == 0
    assert spent(10.0, "2001:db8:0:8::1") == 10_000


def test_who_answers_pings_is_not_flooded_either() -> None:
    """Any CoAP endpoint answers pings, also one that asked for nothing: it gets a bounded rate."""
    tight = replace(Answers(), proven=SMALL)
    scene = make_scene(replace(load("light"), answers=tight))
    stranger = far(scene)
    (ping,) = stranger.raw(question(1))
    sent = octets(stranger.raw(b"\x70\x00" + ping[2:]))
    asked = 0
    for mid in range(2, 1000):
        scene.network.now += 0.02
        got = stranger.raw(question(mid))
        assert not any(is_ping(each) for each in got)
        asked += octets([question(mid)])
        sent += octets(got)
    assert sent <= SMALL.burst + 20 * SMALL.rate + 3 * asked


def test_what_waits_for_a_proof_is_counted_when_it_leaves() -> None:
    """A hundred answers that wait for one proof are no way around the bound."""
    scene = make_scene(replace(load("light"), answers=replace(Answers(), proven=SMALL)))
    stranger = far(scene)
    (ping,) = (each for mid in range(100) for each in stranger.raw(question(mid)))
    answers = stranger.raw(b"\x70\x00" + ping[2:])
    large = [each for each in answers if len(each) > 1000]
    assert 1 < len(large) < 20
    assert octets(large) <= SMALL.burst


@pytest.mark.parametrize("is_routed", [True, False])
def test_nobody_can_use_up_what_an_honest_tool_needs(is_routed: bool) -> None:
    """When others have got all that may leave, answers come in small blocks, and all of them."""
    used_up = Answers(elsewhere=NOTHING, link=NOTHING, proven=NOTHING)
    network = MemoryNetwork(is_routed=is_routed)
    memory_device(network, replace(load("light"), answers=used_up), open_to_all=True)
    reader = PlainClient(network)
    hrefs = [RES, "/oic/d", "/oic/p", "/oic/sec/doxm", "/light/colour"]
    reader.read(hrefs)
    network.run_until(lambda: len(reader.heard) == len(hrefs), timeout=60)
    assert [each.code for each in reader.heard].count(Code.CONTENT) >= len(hrefs) - 1
    assert max(len(each.payload) for each in reader.heard) > 1000
    assert network.now < 5
    assert max(len(datagram) for _, path, datagram in network.log if path.local_host == HOST) < 200


def test_who_echoes_has_no_bound() -> None:
    """An echoed value shows that the peer has asked itself (RFC 9175 2.3)."""
    scene = make_scene(replace(load("light"), answers=replace(Answers(), proven=NOTHING)))
    stranger = far(scene)
    stranger.raw(question(1))
    *_, small = stranger.wait(1.5)
    for mid in range(2, 100):
        (answer,) = stranger.raw(question(mid, echo=option_of(small, ECHO)))
        assert len(answer) > 1000


def test_the_answer_to_a_change_is_one_to_its_request() -> None:
    """What waited for the disk leaves as the answer that it is, with no proof asked for."""
    scene = make_scene()
    stranger = far(scene)
    payload = cbor2.dumps({"oxmsel": 0})
    (answer,) = stranger.raw(request(POST, "/oic/sec/doxm", 1, payload))
    assert Message.decode(answer).code.dotted == "2.04"


def test_a_request_is_worth_one_answer() -> None:
    """One large request in somebody's name does not let notifications of its size out, too."""
    network, device = network_of(is_routed=True, profile="light")
    path = Path(HOST, PLAIN, "198.51.100.7", 6666)
    device.receive(request(GET, "/light/switch", 1, observe=0), path, 0.0)
    network.run(3)
    padded = request(GET, "/light/switch", 2, uri_query=["x" * 200])
    device.set_values("/light/switch", {"value": True}, 4.0)
    sent = [item.datagram for item in device.receive(padded, path, 4.0)]
    assert len([each for each in sent if not is_ping(each)]) <= 1


def test_a_crowd_does_not_keep_others_from_a_proof() -> None:
    """While a thousand forged sources a second ask, somebody elsewhere can prove their address."""
    scene = make_scene()
    forged = sources("a thousand addresses")
    for mid in range(1000):
        far(scene, next(forged)).raw(question(mid))
    honest = far(scene, "203.0.113.5")
    (ping,) = honest.raw(question(1))
    (answer,) = honest.raw(b"\x70\x00" + ping[2:])
    assert len(answer) > 1000


def test_devices_with_equal_settings_share_a_budget() -> None:
    """One budget a process; who sets other bounds has its own."""
    budgets = Budgets()
    assert budgets.of(Answers()) is budgets.of(load("door").answers)
    assert budgets.of(Answers(patience=2)) is not budgets.of(Answers())


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("workers", [2, 7])
def test_several_processes_send_no_more_than_one(region: str, workers: int) -> None:
    """Devices spread over workers do not send a source more, in a burst and for a minute after."""
    victim = Path(HOST, PLAIN, "198.51.100.7", 6666, on_link=REGIONS[region])
    # whoever answered a ping has the small multiple without a bound
    size = 1200 if region == "proven" else 500
    sent = []
    for budgets in (
        [Budgets().of(Answers())],
        [Budgets(shared_by=workers).of(Answers()) for _ in range(workers)],
    ):
        for budget in budgets:
            if region == "proven":
                budget.prove(victim, Proof.PING, 0.0)
        octets_sent = 0
        for now in range(60):
            for budget in budgets:
                while budget.allows(victim, size, 200, float(now)):
                    octets_sent += size + HEADERS
        sent.append(octets_sent)
    alone, together = sent
    assert 0.8 * alone < together <= alone


def test_withheld_answers_are_told_once_a_minute() -> None:
    """What may not leave is told in the log, but a flood of it does not fill the log."""
    tight = replace(Answers(), elsewhere=replace(SMALL, burst=100_000), factor=1)
    scene = make_scene(replace(load("light"), answers=tight))
    stranger = far(scene)
    for mid in range(1000):
        stranger.raw(question(mid))
        scene.network.run(0.1)
    assert [event.peer for event in scene.seen(AnswersWithheld)] == [stranger.host] * 2


def test_one_device_of_a_process_asks_for_the_proof() -> None:
    """However many devices are asked in somebody's name, one ping leaves; its answer serves all."""
    budget, light = AnswerBudget(), load("light")
    asked = [Path(HOST, 6000 + number, "198.51.100.7", 6666) for number in range(50)]
    devices = {
        path: local_device(
            light,
            MemoryKeeper(new_database(light, SeededEntropy(path.local_port))),
            entropy=SeededEntropy(path.local_port),
            budget=budget,
        )
        for path in asked
    }
    sent = [item for path, each in devices.items() for item in each.receive(question(1), path, 0.0)]
    (ping,) = sent
    assert is_ping(ping.datagram)
    proof = b"\x70\x00" + ping.datagram[2:]
    answers = devices[ping.path].receive(proof, ping.path, 0.05)
    answers += [item for each in devices.values() for item in each.tick(0.2)]
    assert {item.path for item in answers} == set(asked)
    assert all(len(item.datagram) > 1000 for item in answers)
