"""Each rule against a tool that keeps it, and against one that breaks it and nothing else.

The tools are ours with one thing planted: another order of messages, another step, a habit in CoAP
or DTLS. Two rules no tool can break with this device: it opens no session that does not fit the
method (`session-fits-method`), and answers before a second request with the same token is there
(`tokens`). They are broken in the trace, as another device would have it.
"""

from collections.abc import Callable
from dataclasses import fields
from dataclasses import replace as with_other
from uuid import UUID

import pytest
from audit_scene import (
    OWNER,
    changed,
    failures,
    instead,
    moved,
    of_tool,
    onboarded,
    verdicts,
    with_fields,
    without,
)
from msgspec.structs import replace
from planted import (
    PlantedEngine,
    confirmable_search,
    other_second_hello,
    repeats,
    reuses_message_id,
)
from trace_scene import HOST, Traced, traced

from onboardee.device.audit.judgement import audit
from onboardee.device.audit.table import RULES
from onboardee.device.audit.verdicts import Verdict
from onboardee.device.simulation.profile import OwnerTransferMethod, load
from onboardee.device.testing import Impairments
from onboardee.device.trace import items
from onboardee.device.trace.items import Item
from onboardee.obt import (
    Address,
    OnboardingError,
    Unowned,
    find_unowned,
    find_unowned_at,
    run,
    take_ownership,
)
from onboardee.obt.link import Ask
from onboardee.obt.model import ACL2, CRED, DOXM, PSTAT, Doxm, State
from onboardee.obt.orders import CR3006
from onboardee.obt.steps import close, connect_as_owner, derive_key, enter
from onboardee.obt.style import Style
from onboardee.obt.transfer import Order, Transfer, post
from onboardee.wire.coap import Code, Method
from onboardee.wire.coap.message import build, encode_options
from onboardee.wire.coap.model import Type
from onboardee.wire.dtls import CipherSuite, ClientConfig
from onboardee.wire.dtls.hello import ClientHello
from onboardee.wire.path import Outgoing, Path

STRANGER = "99999999-2222-4333-8444-555555555555"
NEVER_FAIL = {"approval", "key-not-asked-for", "dtls-suites"}
"""Rules without a tool that breaks them: nobody can see it, or there is nothing to break."""


def credential(**fields: object) -> dict[str, object]:
    """Return what a tool writes into cred, with some of it different."""
    entry = {
        "credtype": 1,
        "subjectuuid": str(OWNER),
        "privatedata": {"encoding": "oic.sec.encoding.raw", "data": b""},
        **fields,
    }
    return {"creds": [entry], "rowneruuid": str(OWNER)}


def explicit_key(transfer: Transfer) -> dict[str, object]:
    """Send a key of the tool's own choice."""
    transfer.key = bytes(16)
    return credential(privatedata={"encoding": "oic.sec.encoding.raw", "data": bytes(16)})


def two_subjects(transfer: Transfer) -> dict[str, object]:
    """Give the same key to the owner and to somebody else."""
    body = explicit_key(transfer)
    other = {**credential()["creds"][0], "subjectuuid": STRANGER}  # type: ignore[index]
    other["privatedata"] = {"encoding": "oic.sec.encoding.raw", "data": bytes(16)}
    return {**body, "creds": [*body["creds"], other]}  # type: ignore[misc]


def open_rule(_transfer: Transfer) -> dict[str, object]:
    """Let anybody switch the light."""
    everybody = {"subject": {"conntype": "anon-clear"}, "permission": 6}
    return {"aclist2": [{**everybody, "resources": [{"href": "/light/switch"}]}]}


async def write_early(transfer: Transfer) -> None:
    """Write something else before the method, whatever the device says."""
    body = {"om": 4}
    await transfer.dialogue.post("write", transfer.plain, PSTAT, body, accepted=frozenset(Code))


ORDERS: dict[str, tuple[str, Order]] = {
    "om is left out": ("client-directed", without("om", "confirm om")),
    "deviceuuid is not read again": ("device-id-read-again", without("read uuid")),
    "deviceuuid is set after the key": ("device-id-before-key", moved("uuid", "credential")),
    "the key is sent": (
        "owner-credential-sent",
        instead("credential", post("send the key", CRED, explicit_key)),
    ),
    "pstat gets its owner before the credential": ("owners-set", moved("pstat owner", "om")),
    "acl2 gets no owner": ("owners-set", without("acl2 owner")),
    "owned before the credential": ("owned-set", moved("owned", "uuid")),
    "the device stays in RFPRO": ("to-rfnop", without("rfnop")),
    "anybody may write": ("nothing-left-open", instead("rules", post("rules", ACL2, open_rule))),
    "two subjects share a key": (
        "no-transitive-trust",
        instead("credential", post("send the key", CRED, two_subjects)),
    ),
}
"""By what the tool does wrong: the rule that it breaks, and its order of messages."""

TOGETHER: dict[str, set[str]] = {
    "two subjects share a key": {"owner-credential-sent"},
    "acl2 gets no owner": set(),
}
"""Rules that are broken along with it, as one cannot be broken without the other."""


def test_a_sound_tool_breaks_no_rule() -> None:
    """Who follows the specification's order passes every rule that can be seen."""
    found = verdicts(onboarded().items)
    assert Verdict.FAILED not in found.values()
    assert list(found.values()).count(Verdict.PASSED) >= 29
    assert audit(onboarded().items).exit_code == 0


@pytest.mark.parametrize("wrong", ORDERS)
def test_a_tool_with_one_planted_defect(wrong: str) -> None:
    """The audit names the rule that the tool breaks, and no other."""
    rule, order = ORDERS[wrong]
    found = failures(audit(onboarded(order).items))
    assert rule in found
    assert found <= {rule} | TOGETHER.get(wrong, set())


def test_no_multicast_search() -> None:
    """A tool that is told the address, and one that searches all resources, break step 1."""
    seen = traced()
    told = run(find_unowned_at(seen.transport, Address(HOST, 5683), style=CR3006.style))
    run(run_order(seen, told))
    assert failures(audit(seen.items)) == {"discovery-multicast"}

    seen = traced()
    run(search(seen, "/oic/res"))
    told = run(find_unowned_at(seen.transport, Address(HOST, 5683), style=CR3006.style))
    run(run_order(seen, told))
    assert failures(audit(seen.items)) == {"discovery-multicast"}


async def search(seen: Traced, path: str) -> None:
    """Ask the group for a resource."""
    async for _ in seen.transport.discover(Ask(Method.GET, path), seconds=1):
        pass


async def run_order(seen: Traced, found: Unowned) -> None:
    """Own the light in the specification's order, and log in."""
    owned = await take_ownership(seen.transport, found, OWNER, order=CR3006)
    await owned.doxm()


def test_a_tool_on_loopback_cannot_search() -> None:
    """Where no multicast arrives the rule says nothing."""
    seen = traced()
    seen.own()

    def on_loopback(item: Item) -> Item:
        if not hasattr(item, "ends"):
            return item
        ends = item.ends
        return with_fields(item, ends=replace(ends, peer=("127.0.0.1", ends.peer[1])))

    assert verdicts(changed(seen, on_loopback))["discovery-multicast"] is Verdict.NOT_APPLICABLE


def test_confirmable_multicast() -> None:
    """A CON to a group breaks RFC 7252 8.1; the device does not answer it."""
    seen = onboarded(engine=PlantedEngine(datagrams=confirmable_search))
    assert failures(audit(seen.items)) == {"discovery-non"}


def test_a_method_that_is_not_offered() -> None:
    """A tool that selects what the device does not have breaks step 3 and gets no further."""
    seen = traced()
    (found,) = run(find_unowned(seen.transport, enough=1))

    async def select(transfer: Transfer) -> None:
        await transfer.dialogue.post("select", transfer.plain, DOXM, {"oxmsel": 2})

    with pytest.raises(OnboardingError):
        run(take_ownership(seen.transport, found, OWNER, order=instead("select", select)))
    assert failures(audit(seen.items)) == {"method-offered"}


def test_the_weaker_of_two_methods() -> None:
    """A tool that takes Just Works where a PIN is offered is told so."""
    light = load("light")
    methods = (OwnerTransferMethod.RANDOM_PIN, OwnerTransferMethod.JUST_WORKS)
    both = replace(light, ownership=replace(light.ownership, methods=methods))
    assert failures(audit(onboarded(profile=both).items)) == {"method-strongest"}


def test_the_method_comes_first() -> None:
    """A tool that writes anything before it selects the method breaks step 4."""
    order = instead("select", write_early, CR3006.steps[1])
    assert failures(audit(onboarded(order).items)) == {"method-first"}


def test_a_session_of_another_method() -> None:
    """A session that does not fit the selected method breaks step 5."""

    def with_pin(item: Item) -> Item:
        content = getattr(item, "content", None)
        if isinstance(content, dict) and "oxms" in content:
            return with_fields(item, content={**content, "oxms": [1]})
        if isinstance(content, dict) and "oxmsel" in content:
            return with_fields(item, content={**content, "oxmsel": 1})
        return item

    found = failures(audit(changed(onboarded(), with_pin)))
    assert found == {"session-fits-method", "anonymous-only-for-just-works"}


class AnonymousToo(Style):
    """The habits of a tool that offers the anonymous suite in every session."""

    def pairwise_hello(self, identity: bytes, psk: Callable[[bytes], bytes | None]) -> ClientConfig:
        """Return what to offer for a session with a pairwise key."""
        hello = Style.pairwise_hello(self, identity, psk)
        suites = (*hello.suites, CipherSuite.ECDH_ANON_AES_128_CBC_SHA256)
        return with_other(hello, suites=suites)


def test_the_anonymous_suite_after_ownership() -> None:
    """A tool that offers 0xFF00 to an owned device breaks the rule."""
    habits = {each.name: getattr(CR3006.style, each.name) for each in fields(CR3006.style)}
    order = with_other(CR3006, style=AnonymousToo(**habits))
    assert failures(audit(onboarded(order).items)) == {"anonymous-only-for-just-works"}


def test_a_nil_owner() -> None:
    """A tool that names nobody breaks step 7."""
    nobody = "00000000-0000-0000-0000-000000000000"
    name_nobody = post("name the owner", DOXM, lambda _: {"devowneruuid": nobody})
    assert failures(audit(onboarded(instead("owner", name_nobody)).items)) == {"owner-named"}


async def own_for_another(transfer: Transfer) -> None:
    """Name somebody as the owner of doxm who has a credential, and is not the owner."""
    other = {**credential()["creds"][0], "subjectuuid": STRANGER}  # type: ignore[index]
    other["privatedata"] = {"encoding": "oic.sec.encoding.raw", "data": b"k" * 16}
    await transfer.dialogue.post("another", transfer.link, CRED, {"creds": [other]})
    body = {"owned": True, "rowneruuid": STRANGER}
    await transfer.dialogue.post("own", transfer.link, DOXM, body)


def test_another_owner_of_doxm() -> None:
    """A credential for somebody else than the owner of doxm is told."""
    found = failures(audit(onboarded(instead("owned", own_for_another)).items))
    assert found == {"owner-credential-matches-owner"}


def for_a_stranger(transfer: Transfer) -> dict[str, object]:
    """Have the key of the owner derived for somebody else."""
    return {**credential(subjectuuid=STRANGER)}


def test_the_subject_of_the_owner_credential() -> None:
    """An owner credential for somebody else than the owner is told; nobody can log in with it."""
    order = instead("credential", derive_key(for_a_stranger))
    found = failures(audit(onboarded(order).items))
    assert "owner-credential-subject" in found
    assert found <= {
        "owner-credential-subject",
        "owner-credential-matches-owner",
        "services-have-credentials",
        "keys-agree",
    }


def test_a_service_without_a_credential() -> None:
    """An owner of acl2 that cannot authenticate is told."""
    order = instead("acl2 owner", post("manage acl2", ACL2, lambda _: {"rowneruuid": STRANGER}))
    assert failures(audit(onboarded(order).items)) == {"services-have-credentials"}


def test_no_rfpro() -> None:
    """A tool that leaves the device in RFOTM breaks step 12."""
    seen = onboarded(without("rfpro", "rules", "rfnop"))
    assert failures(audit(seen.items)) == {"to-rfpro"}


async def use_both(transfer: Transfer) -> None:
    """Ask over the ownership connection once more, although the owner has logged in."""
    assert transfer.ownership is not None
    await transfer.dialogue.get("look", transfer.ownership, DOXM, Doxm)


def test_a_session_that_is_used_on() -> None:
    """The ownership connection that is used after the owner logged in is told."""
    order = instead("close", connect_as_owner, use_both)
    assert failures(audit(onboarded(order).items)) == {"transfer-session-closed"}


def test_a_tool_with_one_port_for_all_sessions() -> None:
    """The owner's session in the place of the ownership connection ends that, without a word."""
    seen = onboarded()
    port = next(item.ends.peer[1] for item in seen.items if getattr(item, "over", ""))

    def from_one_port(item: Item) -> Item | None:
        if isinstance(item, items.Alert):
            return None
        if not hasattr(item, "ends") or not item.ends.secured:
            return item
        return with_fields(item, ends=replace(item.ends, peer=(item.ends.peer[0], port)))

    assert not failures(audit(changed(seen, from_one_port)))


async def log_in_as_another(transfer: Transfer) -> None:
    """Come back under another name than the owner's."""
    await close(transfer)
    transfer.owner = UUID(STRANGER)
    await connect_as_owner(transfer)


def test_the_owner_comes_back_as_somebody_else() -> None:
    """A login under another name than the owner's breaks CR 2868."""
    seen = onboarded(instead("close", log_in_as_another))
    assert failures(audit(seen.items)) == {"owner-logs-in"}


def test_keys_that_do_not_agree() -> None:
    """A tool that derived another key fails at its first login."""

    async def forget(transfer: Transfer) -> None:
        transfer.key = bytes(16)

    seen = onboarded(instead("rfnop", enter(State.RFNOP), forget))
    assert failures(audit(seen.items)) == {"keys-agree"}


@pytest.mark.parametrize("asks", [{"content_format": 60}, {"content_version": None}])
def test_the_wrong_content_format(asks: dict[str, object]) -> None:
    """One payload without content format 10000, or without its version, is told."""
    seen = onboarded(engine=PlantedEngine(asks=asks))
    assert failures(audit(seen.items)) == {"content-format"}


def test_a_tool_of_oic_1_1_is_told_apart() -> None:
    """Content format 60 throughout is another standard, not a mistake."""

    def old(item: Item) -> Item:
        is_writing = of_tool(item) and isinstance(item, items.Message) and item.payload
        return with_fields(item, content_format=60) if is_writing else item

    assert verdicts(changed(onboarded(), old))["content-format"] is Verdict.NOT_APPLICABLE
    # what OIC 1.1 has not is no mistake either
    without_states = onboarded(without("om", "confirm om", "read uuid"))
    assert not failures(audit(changed(without_states, old)))


def first_request(seen: Traced, path: str) -> items.Message:
    """Return the first unicast request of the tool for a resource."""
    found = (item for item in seen.items if isinstance(item, items.Message) and of_tool(item))
    return next(item for item in found if item.path == path and not item.ends.multicast)


def repeated(seen: Traced, *times: float) -> list[Item]:
    """Let the tool repeat one request so many seconds after it sent it first."""
    first = first_request(seen, PSTAT)
    place = seen.items.index(first)
    copies = [with_fields(first, at=first.at + time) for time in times]
    return [*seen.items[: place + 1], *copies, *seen.items[place + 1 :]]


@pytest.mark.parametrize(
    ("times", "verdict"),
    [
        ((2, 6, 14, 30), Verdict.PASSED),
        ((2, 6, 14, 30, 62), Verdict.FAILED),
        ((4, 6), Verdict.FAILED),
    ],
)
def test_retransmission(times: tuple[float, ...], verdict: Verdict) -> None:
    """At most four times, at growing intervals."""
    assert verdicts(repeated(onboarded(), *times))["retransmission"] is verdict


def test_a_lost_answer_is_a_fair_test() -> None:
    """On a network that loses datagrams our own tool repeats as the RFC says."""
    seen = traced(seed=3, impairments=Impairments(loss=0.25))
    (found,) = run(find_unowned(seen.transport, style=CR3006.style, enough=1))
    run(take_ownership(seen.transport, found, OWNER, order=CR3006, within=300))
    found_verdicts = verdicts(seen.items)
    assert found_verdicts["retransmission"] is Verdict.PASSED
    assert Verdict.FAILED not in found_verdicts.values()


def test_a_message_id_for_two_messages() -> None:
    """The same id for another message is told, with the message."""
    seen = onboarded(engine=PlantedEngine(reuses_message_id()))
    assert failures(audit(seen.items)) == {"message-ids"}


def test_a_token_for_two_requests() -> None:
    """Two open requests with one token are told.

    The light answers at once, so that no two requests of a tool are open: the second one is put
    into the trace.
    """
    seen = onboarded()
    first = first_request(seen, PSTAT)
    second = with_fields(first, mid=first.mid + 500 & 0xFFFF, octets=b"another")
    place = seen.items.index(first)
    trace = [*seen.items[: place + 1], second, *seen.items[place + 1 :]]
    assert failures(audit(trace)) == {"tokens"}


@pytest.mark.parametrize(("times", "broken"), [(4, set()), (5, {"retransmission"})])
def test_a_tool_that_repeats_without_end(times: int, broken: set[str]) -> None:
    """A request that is repeated five times, and sooner and sooner, is told; four are allowed."""
    assert failures(audit(onboarded(engine=PlantedEngine(repeats(times))).items)) == broken


def fetch_block(seen: Traced, number: int, exponent: int) -> None:
    """Let the tool ask for a block of the list of resources, in octets of its own making."""
    options = encode_options(
        [(11, b"oic"), (11, b"res"), (23, (number << 4 | exponent).to_bytes(1))]
    )
    datagram = build(Type.CON, Method.GET, 0x7000 + number, bytes((number,)), options, b"")
    seen.network.send([Outgoing(datagram, Path("10.0.0.1", 49152, HOST, 5683))])
    seen.network.run(1)


@pytest.mark.parametrize(("exponent", "verdict"), [(2, Verdict.PASSED), (6, Verdict.FAILED)])
def test_larger_blocks(exponent: int, verdict: Verdict) -> None:
    """A tool that asks for the next block in a larger size breaks RFC 7959."""
    seen = onboarded()
    fetch_block(seen, 0, 2)
    fetch_block(seen, 1, exponent)
    assert verdicts(seen.items)["block-wise"] is verdict
    assert failures(audit(seen.items)) == ({"block-wise"} if verdict is Verdict.FAILED else set())


@pytest.mark.parametrize("change", [{"cookie": b"x" * 32}, {"random": bytes(32)}])
def test_another_second_hello(change: dict[str, bytes]) -> None:
    """A ClientHello with another cookie, or other parameters, is told."""

    def changed(hello: ClientHello) -> ClientHello:
        cookie = change.get("cookie", hello.cookie)[: len(hello.cookie)]
        return with_other(hello, **{**change, "cookie": cookie})

    seen = onboarded(engine=PlantedEngine(datagrams=other_second_hello(changed)), within=30)
    assert failures(audit(seen.items)) == {"dtls-cookie"}


def test_no_extended_master_secret() -> None:
    """A tool that does not offer RFC 7627 is told so."""
    hello = with_other(CR3006.style.hello, extended_master_secret=False)
    order = with_other(CR3006, style=with_other(CR3006.style, hello=hello))
    assert failures(audit(onboarded(order).items)) == {"dtls-extended-master-secret"}


def test_every_rule_has_a_tool_that_breaks_it() -> None:
    """No row of the table is without a test that sees it fail."""
    source = __file__
    with open(source, encoding="utf-8") as file:  # noqa: PTH123 - this file
        text = file.read()
    untested = {rule.name for rule in RULES if f'"{rule.name}"' not in text}
    assert untested == set()
    assert {rule.name for rule in RULES} >= NEVER_FAIL


@pytest.mark.parametrize("rule", ["approval", "key-not-asked-for"])
def test_what_nobody_can_see(rule: str) -> None:
    """A report does not claim what was not seen."""
    assert verdicts(onboarded().items)[rule] is Verdict.NOT_OBSERVABLE


def test_what_is_offered_is_told() -> None:
    """The suites of the tool stand in the report."""
    (attempt,) = audit(onboarded().items).attempts
    told = next(each for each in attempt.verdicts if each.rule.name == "dtls-suites")
    assert "ECDH_ANON_AES_128_CBC_SHA256" in told.opinion.came
