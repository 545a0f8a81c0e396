"""Credentials for OSCORE: taken as IoTivity-Lite takes them, shown without the secret, not used."""

from typing import Any

import pytest
from data_models import MODELS, check, needs_models, resolved
from data_models import document as model_of
from resource_support import BY_OWNER, FRIEND, World, owned

from onboardee.svrdb.advice import advise
from onboardee.svrdb.findings import ProblemCode
from onboardee.svrdb.model import OscoreContext, State
from onboardee.wire.coap import Code

CRED = "/oic/sec/cred"
RAW = "oic.sec.encoding.raw"
SECRET = bytes(range(0x50, 0x60))
ONE, OTHER = "00112233445566", "AABBCCDDEEFF00"


def oscore(kind: int = 64, context: Any = ..., **changes: Any) -> dict[str, Any]:
    """Make a credential for OSCORE in its wire form; None removes a member."""
    values = {
        "credtype": kind,
        "subjectuuid": str(FRIEND),
        "privatedata": {"data": SECRET, "encoding": RAW},
        "oscore": {"senderid": ONE, "recipientid": OTHER} if context is ... else context,
    } | changes
    return {name: value for name, value in values.items() if value is not None}


KEPT = [
    (oscore(), {"senderid": ONE, "recipientid": OTHER.lower(), "ssn": 0}),
    (
        oscore(128, {"senderid": ONE, "desc": "all lights"}),
        {"senderid": ONE, "ssn": 0, "desc": "all lights"},
    ),
    (
        oscore(privatedata={"data": SECRET * 2, "encoding": RAW}),
        {"senderid": ONE, "recipientid": OTHER.lower(), "ssn": 0},
    ),
    (oscore(256, {"recipientid": ONE}, subjectuuid="*"), {"recipientid": ONE}),
    (
        oscore(privatedata={"data": "UFFSU1RVVldYWVpbXF1eXw==", "encoding": RAW[:-3] + "base64"}),
        {"senderid": ONE, "recipientid": OTHER.lower(), "ssn": 0},
    ),
]


@pytest.mark.parametrize(("element", "context"), KEPT)
def test_kept_and_told_back(element: dict[str, Any], context: dict[str, Any]) -> None:
    """The ids come back in lower case, the sequence number begins with 0, the secret is empty."""
    world = World(owned(State.RFPRO), BY_OWNER)
    assert world.post(CRED, {"creds": [element]}) is Code.CHANGED
    assert world.database.cred.credentials[1].private is not None
    assert world.database.cred.credentials[1].private.data in {SECRET, SECRET * 2}
    shown = world.get(CRED)["creds"][1]
    assert shown["credtype"] == element["credtype"]
    assert shown["oscore"] == context
    assert shown["privatedata"] == {"data": b"", "encoding": RAW}


@needs_models
@pytest.mark.parametrize("element", [each for each, _ in KEPT])
def test_as_the_model_has_it(element: dict[str, Any]) -> None:
    """`oscore` of an answer has the members that OCF publishes, with their types."""
    path = MODELS / "security" / "swagger2.0" / "oic.sec.cred.swagger.json"
    entry = model_of(path)["definitions"]["Cred"]["properties"]["creds"]["items"]
    world = World(owned(State.RFPRO), BY_OWNER)
    world.post(CRED, {"creds": [element]})
    shown = world.get(CRED)["creds"][1]["oscore"]
    schema = resolved(entry["properties"]["oscore"], path)
    check(shown, schema)
    assert shown.keys() <= schema["properties"].keys()


@pytest.mark.parametrize(
    "element",
    [
        oscore(context=None),
        oscore(context="x"),
        oscore(context=[]),
        oscore(context={}),
        oscore(context={"senderid": ONE}),
        oscore(context={"recipientid": ONE}),
        oscore(context={"senderid": ONE, "recipientid": ONE[:-1]}),
        oscore(context={"senderid": ONE + "0", "recipientid": ONE}),
        oscore(context={"senderid": "0011223344556g", "recipientid": ONE}),
        oscore(context={"senderid": ONE + "\n", "recipientid": ONE}),
        oscore(context={"senderid": bytes(7), "recipientid": ONE}),
        oscore(context={"senderid": 1, "recipientid": ONE}),
        oscore(context={"senderid": ONE, "recipientid": ONE, "desc": "of one peer"}),
        oscore(context={"senderid": ONE, "recipientid": ONE, "ssn": 5}),
        oscore(128, {"senderid": ONE, "recipientid": ONE}),
        oscore(128, {"recipientid": ONE}),
        oscore(128, {"senderid": ONE, "desc": 5}),
        oscore(128, {"senderid": ONE, "desc": "d" * 257}),
        oscore(256, {"senderid": ONE, "recipientid": ONE}),
        oscore(256, {"senderid": ONE}),
        oscore(1),
        oscore(2),
        oscore(512),
        oscore(privatedata=None),
        oscore(privatedata={"data": b"", "encoding": RAW}),
        oscore(privatedata={"data": bytes(15), "encoding": RAW}),
        oscore(privatedata={"data": bytes(33), "encoding": RAW}),
        oscore(privatedata={"data": bytes(24), "encoding": RAW}),
        oscore(privatedata={"data": "x", "encoding": "oic.sec.encoding.pem"}),
        oscore(privatedata={"handle": 5, "encoding": "oic.sec.encoding.handle"}),
        oscore(publicdata={"data": "x"}),
    ],
)
def test_refused(element: dict[str, Any]) -> None:
    """What no context could be made of is refused, and all else of the UPDATE with it."""
    body = {"creds": [oscore(), element]}
    assert World(owned(State.RFPRO), BY_OWNER).post(CRED, body) is Code.BAD_REQUEST


def test_its_owner_is_told() -> None:
    """`svr check` says of such a credential that it is never used, and nothing else."""
    world = World(owned(State.RFPRO), BY_OWNER)
    world.post(CRED, {"creds": [oscore()]})
    before = {each.code for each in advise(owned(State.RFPRO), None)}
    found = [each for each in advise(world.database, None) if each.code not in before]
    assert [each.code for each in found] == [ProblemCode.CREDENTIAL_UNUSED]
    assert world.database.cred.credentials[1].oscore == OscoreContext(
        sender=ONE, recipient=OTHER.lower(), sequence_number=0
    )
