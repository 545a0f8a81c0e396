"""Each rule against a tool that keeps it, and against one that breaks it and nothing else."""

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
from trace_scene import Traced, traced

from onboardee.device.audit.judgement import audit
from onboardee.device.audit.table import RULES
from onboardee.device.audit.verdicts import Verdict
from onboardee.device.testing import Impairments
from onboardee.device.trace import items
from onboardee.device.trace.items import Item, Way
from onboardee.obt import OnboardingError, find_unowned, run, take_ownership
from onboardee.obt.model import ACL2, CRED, DOXM, PSTAT, State
from onboardee.obt.orders import CR3006
from onboardee.obt.steps import enter
from onboardee.obt.transfer import Order, Transfer, post
from onboardee.wire.coap import Code
from onboardee.wire.dtls.hello import ClientHello

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
    seen.own()
    assert "discovery-multicast" in failures(audit(seen.items))

    def ask_for_all(item: Item) -> Item:
        is_search = isinstance(item, items.Message) and item.ends.multicast
        return with_fields(item, path="/oic/res", query=()) if is_search else item

    found = failures(audit(changed(onboarded(), ask_for_all)))
    assert found == {"discovery-multicast"}


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
    """A CON to a group breaks RFC 7252 8.1."""

    def confirm(item: Item) -> Item:
        is_search = isinstance(item, items.Message) and item.ends.multicast
        return with_fields(item, type="CON") if is_search else item

    assert failures(audit(changed(onboarded(), confirm))) == {"discovery-non"}


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

    def offer_pin(item: Item) -> Item:
        content = getattr(item, "content", None)
        if isinstance(content, dict) and "oxms" in content:
            return with_fields(item, content={**content, "oxms": [0, 1]})
        return item

    assert failures(audit(changed(onboarded(), offer_pin))) == {"method-strongest"}


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


def test_the_anonymous_suite_after_ownership() -> None:
    """A tool that offers 0xFF00 to an owned device breaks the rule."""

    def offer(item: Item) -> Item:
        if isinstance(item, items.HandshakeMessage) and item.name == "ClientHello":
            suites = ["ECDH_ANON_AES_128_CBC_SHA256", *item.fields["suites"]]
            return with_fields(item, fields={**item.fields, "suites": suites})
        return item

    assert failures(audit(changed(onboarded(), offer))) == {"anonymous-only-for-just-works"}


def test_a_nil_owner() -> None:
    """A tool that names nobody breaks step 7."""
    nobody = "00000000-0000-0000-0000-000000000000"
    name_nobody = post("name the owner", DOXM, lambda _: {"devowneruuid": nobody})
    assert failures(audit(onboarded(instead("owner", name_nobody)).items)) == {"owner-named"}


@pytest.mark.parametrize(
    ("path", "property_", "rule"),
    [
        (CRED, "creds", "owner-credential-subject"),
        (DOXM, "rowneruuid", "owner-credential-matches-owner"),
    ],
)
def test_the_subject_of_the_owner_credential(path: str, property_: str, rule: str) -> None:
    """A credential for somebody else than the owner is told, by whom it does not fit."""

    def another(item: Item) -> Item:
        if not of_tool(item) or not isinstance(item, items.Message) or item.path != path:
            return item
        content = item.content
        if not isinstance(content, dict) or property_ not in content:
            return item
        if property_ == "creds":
            creds = [{**each, "subjectuuid": STRANGER} for each in content["creds"]]
            return with_fields(item, content={**content, "creds": creds})
        return with_fields(item, content={**content, property_: STRANGER})

    found = failures(audit(changed(onboarded(), another)))
    assert rule in found
    assert found <= {rule, "owner-credential-matches-owner", "services-have-credentials"}


def test_a_service_without_a_credential() -> None:
    """An owner of acl2 that cannot authenticate is told."""

    def for_another(item: Item) -> Item:
        content = getattr(item, "content", None)
        is_naming = isinstance(content, dict) and "rowneruuid" in content
        if of_tool(item) and is_naming and getattr(item, "path", "") == ACL2:
            return with_fields(item, content={"rowneruuid": STRANGER})
        return item

    found = failures(audit(changed(onboarded(), for_another)))
    assert found == {"services-have-credentials"}


def test_no_rfpro() -> None:
    """A tool that leaves the device in RFOTM breaks step 12."""
    seen = onboarded(without("rfpro", "rules", "rfnop"))
    assert failures(audit(seen.items)) == {"to-rfpro"}


def test_a_session_that_is_used_on() -> None:
    """The ownership connection that is used after the owner logged in is told."""
    seen = onboarded()
    over = "ECDH_ANON_AES_128_CBC_SHA256"
    used = next(item for item in seen.items if getattr(item, "over", "") == over and of_tool(item))
    trace = changed(seen, lambda item: None if isinstance(item, items.Alert) else item)
    end = trace[-1]
    again = with_fields(used, number=end.number + 1, at=end.at + 1, mid=7, octets=b"another")
    assert failures(audit([*trace, again])) == {"transfer-session-closed"}


def test_the_owner_comes_back_as_somebody_else() -> None:
    """A login under another name than the owner's breaks CR 2868."""

    def another(item: Item) -> Item:
        if isinstance(item, items.HandshakeMessage) and item.fields.get("identity"):
            return with_fields(item, fields={"identity": "00" * 16})
        return item

    assert failures(audit(changed(onboarded(), another))) == {"owner-logs-in"}


def test_keys_that_do_not_agree() -> None:
    """A tool that derived another key fails at its first login."""

    async def forget(transfer: Transfer) -> None:
        transfer.key = bytes(16)

    seen = onboarded(instead("rfnop", enter(State.RFNOP), forget))
    assert failures(audit(seen.items)) == {"keys-agree"}


@pytest.mark.parametrize(
    "fields",
    [
        {"content_format": 60},
        {"options": ()},
    ],
)
def test_the_wrong_content_format(fields: dict[str, object]) -> None:
    """One payload without content format 10000, or without its version, is told."""
    place = [0]

    def once(item: Item) -> Item:
        if of_tool(item) and isinstance(item, items.Message) and item.payload and not place[0]:
            place[0] = item.number
            return with_fields(item, **fields)
        return item

    assert failures(audit(changed(onboarded(), once))) == {"content-format"}


def test_a_tool_of_oic_1_1_is_told_apart() -> None:
    """Content format 60 throughout is another standard, not a mistake."""

    def old(item: Item) -> Item:
        is_writing = of_tool(item) and isinstance(item, items.Message) and item.payload
        return with_fields(item, content_format=60) if is_writing else item

    assert verdicts(changed(onboarded(), old))["content-format"] is Verdict.NOT_APPLICABLE


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
    mids: list[int] = []

    def same(item: Item) -> Item:
        if of_tool(item) and isinstance(item, items.Message) and item.over:
            mids.append(item.mid)
            return with_fields(item, mid=mids[0])
        return item

    assert failures(audit(changed(onboarded(), same))) == {"message-ids"}


def test_a_token_for_two_requests() -> None:
    """Two open requests with one token are told."""
    seen = onboarded()
    first = first_request(seen, PSTAT)
    second = with_fields(first, mid=first.mid + 500 & 0xFFFF, octets=b"another")
    place = seen.items.index(first)
    trace = [*seen.items[: place + 1], second, *seen.items[place + 1 :]]
    assert failures(audit(trace)) == {"tokens"}


def block2(item: Item, number: int, exponent: int, *, more: bool) -> Item:
    """Give a message a Block2 option."""
    value = (number << 4 | more << 3 | exponent).to_bytes(2)
    assert isinstance(item, items.Message)
    options = tuple(each for each in item.options if each[0] not in {4, 23})
    return with_fields(item, options=(*options, (23, value), (4, b"tag")))


@pytest.mark.parametrize(("exponent", "verdict"), [(4, Verdict.PASSED), (6, Verdict.FAILED)])
def test_larger_blocks(exponent: int, verdict: Verdict) -> None:
    """A tool that asks for the next block in a larger size breaks RFC 7959."""
    seen = onboarded()
    asked = first_request(seen, DOXM)
    answer = next(
        item
        for item in seen.items
        if isinstance(item, items.Message) and item.way is Way.OUT and item.token == asked.token
    )
    further = with_fields(asked, mid=1, token=b"next", octets=b"next")
    further = block2(further, 1, exponent, more=False)
    again = block2(with_fields(answer, mid=1, token=b"next"), 1, 4, more=False)
    trace: list[Item] = []
    for item in seen.items:
        trace.append(block2(item, 0, 4, more=True) if item is answer else item)
        if item is answer:
            trace += [further, again]
    assert verdicts(trace)["block-wise"] is verdict


@pytest.mark.parametrize("change", [{"cookie": b"x" * 32}, {"random": bytes(32)}])
def test_another_second_hello(change: dict[str, bytes]) -> None:
    """A ClientHello with another cookie, or other parameters, is told."""
    hellos = [0]

    def other(item: Item) -> Item:
        if isinstance(item, items.HandshakeMessage) and item.name == "ClientHello":
            hellos[0] += 1
            if hellos[0] == 2:
                hello = ClientHello.decode(item.body)
                values = {name: getattr(hello, name) for name in hello.__slots__}
                return with_fields(item, body=ClientHello(**{**values, **change}).encode())
        return item

    assert failures(audit(changed(onboarded(), other))) == {"dtls-cookie"}


def test_no_extended_master_secret() -> None:
    """A tool that does not offer RFC 7627 is told so."""

    def plain(item: Item) -> Item:
        if isinstance(item, items.HandshakeMessage) and item.name == "ClientHello":
            return with_fields(item, fields={**item.fields, "extensions": []})
        return item

    assert failures(audit(changed(onboarded(), plain))) == {"dtls-extended-master-secret"}


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
