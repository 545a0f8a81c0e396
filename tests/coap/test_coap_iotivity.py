"""Answers of IoTivity's sample servers, versions 1.1.0 to 2.0.1.1, as they were on the wire."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from onboardee.obt import model, old_model
from onboardee.wire.coap import Code, Method, ResponseReceived
from onboardee.wire.coap.client import CoapClient
from onboardee.wire.coap.discovery import decode_response
from onboardee.wire.coap.message import options_of, parse
from onboardee.wire.coap.options import read_response
from onboardee.wire.entropy import SeededEntropy

VECTORS = Path(__file__).parent.parent / "vectors" / "iotivity-servers.json"
RECORDED: list[dict[str, str]] = json.loads(VECTORS.read_text())
OLD = {"1.1.0", "1.1.1", "1.2.1"}
URI_PATH = 11


def name(recorded: dict[str, str]) -> str:
    """Name a vector."""
    return f"{recorded['server']}{recorded['path']}"


@pytest.mark.parametrize("recorded", RECORDED, ids=name)
def test_an_answer_with_the_path_of_its_request(recorded: dict[str, str]) -> None:
    """Each answer says where its request went, and counts nevertheless."""
    frame = parse(bytes.fromhex(recorded["response"]))
    said = [value.decode() for number, value in options_of(frame.options) if number == URI_PATH]
    assert "/" + "/".join(filter(None, said)) == recorded["path"]
    assert read_response(frame.options).acceptable


@pytest.mark.parametrize("recorded", RECORDED, ids=name)
def test_the_client_gets_the_answer(recorded: dict[str, str]) -> None:
    """A request that is under way ends with what the server sent."""
    answer = bytes.fromhex(recorded["response"])
    client = CoapClient(entropy=SeededEntropy(1))
    client.request(Method.GET, recorded["path"], now=0.0)
    (request,) = client.take_outgoing()
    as_if = bytearray(answer)
    as_if[4:12] = request[4:12]
    as_if[2:4] = request[2:4]
    client.receive(bytes(as_if), 0.1)
    events = client.take_events()
    if not events:  # the first block of several, so that the next one is asked for
        assert client.take_outgoing()
        return
    (event,) = events
    assert isinstance(event, ResponseReceived)
    assert event.response.code == Code.read(answer[1])


def test_what_the_servers_say_is_understood() -> None:
    """The resources that an owner begins with are read, each version's in its own form."""
    read = Counter[str]()
    for recorded in RECORDED:
        frame = parse(bytes.fromhex(recorded["response"]))
        options = read_response(frame.options)
        if frame.code != Code.CONTENT or options.block2 is not None:
            continue
        is_old = recorded["server"] in OLD
        kinds: dict[str, Any] = {
            "/oic/sec/doxm": model.Doxm,
            "/oic/sec/pstat": old_model.OldPstat,
            "/oic/res": list[old_model.OldDirectory] if is_old else list[model.LinkView],
        }
        if not is_old:
            kinds["/oic/d"] = model.DeviceView
        if recorded["path"] in kinds:
            model.read(frame.payload, kinds[recorded["path"]])
            read[recorded["path"]] += 1
    assert read == {"/oic/sec/doxm": 5, "/oic/sec/pstat": 3, "/oic/res": 7, "/oic/d": 2}


def test_answers_to_a_group() -> None:
    """The first answer of each server, to a discovery, is one."""
    answers = [decode_response(bytes.fromhex(r["response"])) for r in RECORDED[::6]]
    assert [answer.code for answer in answers if answer is not None] == [Code.CONTENT] * 5
