"""Plays what was recorded: whole conversations, and single requests (probes)."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import cbor2
from aiocoap.message import Message
from aiocoap.numbers.codes import DELETE, GET, POST
from aiocoap.numbers.optionnumbers import OptionNumber
from aiocoap.numbers.types import CON
from aiocoap.optiontypes import OpaqueOption
from recorded_compare import (
    ABSENT,
    OPTION_NAMES,
    PRESENCE_ONLY,
    Comparison,
    Finding,
    decode,
    options_of,
)
from recorded_stage import (
    PATIENCE,
    Address,
    Exchange,
    Heard,
    Owner,
    Stage,
    device_like,
    recordings,
)

PROBE: Address = ("10.77.0.1", 45000)


class Replay:
    """One recorded conversation, played to our device."""

    def __init__(self, name: str, *, like: dict[str, Any] | None = None) -> None:
        """Prepare the conversation, at the addresses of another recording if `like` is given."""
        self.recording: dict[str, Any] = recordings()["conversations"][name]
        self.stage = Stage(device_like(like or self.recording))
        self.stage.start_device((like or self.recording)["ports"])
        self.comparison = Comparison()
        self.exchanges: list[Exchange] = []
        self._owner = Owner(self.recording)
        self._peers: dict[int, Address] = {}
        self._current: Exchange | None = None

    def run(self, *, until: str | None = None) -> "Replay":
        """Play all, or the steps before the one called `until`."""
        for event in self.recording["events"]:
            if until is not None and event.get("step") == until:
                break
            self._wait(event["at"])
            self._play(event)
        self._wait(self.stage.network.now + (PATIENCE if until is None else 0.0))
        return self

    def _wait(self, at: float) -> None:
        """Let time pass; what is heard meanwhile still belongs to the exchange before."""
        self.stage.network.run(max(0.0, at - self.stage.network.now))
        if self._current is not None:
            self._current.ours += self.stage.take_heard()
            self.comparison.compare(self._current)
            self.exchanges.append(self._current)
            self._current = None

    def _play(self, event: dict[str, Any]) -> None:
        match event:
            case {"open": number, "from": (host, port)}:
                self._peers[number] = (host, port)
                self.stage.open((host, port), self._owner.config())
                self._owner.learn(self.stage.tool.connections[host, port])
            case {"close": number}:
                self.stage.close(self._peers[number])
            case {"restart": ports}:
                self.stage.start_device(ports)
            case _:
                self._current = self._ask(event)

    def _ask(self, event: dict[str, Any]) -> Exchange:
        recorded = [
            Heard(answer["from"], tuple(answer["to"]), bytes.fromhex(answer["hex"]))
            for answer in event["answers"]
        ]
        asked = [self._adapted(bytes.fromhex(one["hex"])) for one in event["requests"]]
        to_group = event["requests"][0]["to"] == "group"
        sent_at = self.stage.network.now
        for one, message in zip(event["requests"], asked, strict=True):
            self.stage.send(tuple(one["from"]), one["to"], message)
        exchange = Exchange(event["step"], sent_at, to_group, asked, recorded)
        exchange.ours += self.stage.answers(sum(1 for answer in recorded if _has_code(answer)))
        return exchange

    def _adapted(self, datagram: bytes) -> bytes:
        """Put our number of an entry where the recorded request names the other device's."""
        message = decode(datagram)
        if message.code != DELETE or not message.opt.uri_query:
            return datagram
        name, _, number = message.opt.uri_query[0].partition("=")
        adapted = Message(code=message.code, payload=message.payload)
        adapted.mtype, adapted.mid, adapted.token = message.mtype, message.mid, message.token
        adapted.opt = message.opt
        adapted.opt.uri_query = (f"{name}={self.comparison.numbers[number]}",)
        encoded: bytes = adapted.encode()
        return encoded


def _has_code(heard: Heard) -> bool:
    return bool(decode(heard.datagram).code)


@cache
def replayed(name: str) -> Replay:
    """Play a whole conversation, once for all tests."""
    return Replay(name).run()


def probe_stage(state: str) -> Stage:
    """Return a stage whose device is like the one that was probed, without owner or with one."""
    like = recordings()["probes"][state]
    if state == "unowned":
        stage = Stage(device_like(like))
        stage.start_device(like["ports"])
        return stage
    return Replay("just works", like=like).run(until="discover owned").stage


def probe_requests() -> list[str]:
    """Return the requests that the recorded device was probed with, in their order."""
    return [probe["request"] for probe in recordings()["probes"]["unowned"]["answers"]]


@cache
def probed(state: str) -> dict[str, list[Finding]]:
    """Send all probes to our device; return the differences by request."""
    stage = probe_stage(state)
    recorded = recordings()["probes"][state]
    ours = {
        recorded["device_uuid"]: str(stage.keeper.current.doxm.device_uuid),
        recorded.get("domain", ABSENT): str(stage.keeper.current.sdi.domain),
    }
    return {
        probe["request"]: list(_differences(stage, probe, ours, 16 * number))
        for number, probe in enumerate(recorded["answers"], 1)
    }


def _differences(
    stage: Stage, probe: dict[str, Any], ours: dict[str, str], mid: int
) -> Iterator[Finding]:
    answer, payload = _fetch(stage, probe, mid)
    send = probe.get("send")
    name = f"{send['method']} {send['path']}" if send else probe["request"]
    if "datagram" in probe:
        kind = decode(bytes.fromhex(probe["datagram"])).mtype.name
        if kind != answer.mtype.name:
            yield Finding("probe", name, "type", kind, answer.mtype.name)
    if answer.code.dotted != probe["code"]:
        yield Finding("probe", name, "code", probe["code"], answer.code.dotted)
        return
    yield from _option_differences(name, probe.get("options", {}), options_of(answer))
    if "payload" in probe:
        text = json.dumps(probe["payload"])
        for theirs, mine in ours.items():
            text = text.replace(theirs, mine)
        yield from Comparison("probe", name).values("", json.loads(text), cbor2.loads(payload))


def _option_differences(
    name: str, recorded: dict[str, str], ours: dict[str, str]
) -> Iterator[Finding]:
    named = {OPTION_NAMES[int(number)]: value for number, value in recorded.items()}
    for option in sorted(named.keys() | ours.keys()):
        values = named.get(option, ABSENT), ours.get(option, ABSENT)
        if values[0] != values[1] and not (option in PRESENCE_ONLY and ABSENT not in values):
            yield Finding("probe", name, f"option {option}", *values)


def _fetch(stage: Stage, probe: dict[str, Any], mid: int) -> tuple[Message, bytes]:
    """Send a probe; return the first answer, and the payload with all its blocks."""
    if "send_datagram" in probe:
        stage.send(PROBE, "plain", bytes.fromhex(probe["send_datagram"]))
        return decode(stage.answers(1)[0].datagram), b""
    payload = b""
    first: Message | None = None
    for number in range(16):
        stage.send(PROBE, "plain", _probe_message(probe["send"], mid + number, number))
        answer = decode(stage.answers(1)[0].datagram)
        first = first or answer
        payload += answer.payload
        if answer.opt.block2 is None or not answer.opt.block2.more:
            break
    assert first is not None
    return first, payload


def _probe_message(send: dict[str, Any], mid: int, block: int) -> bytes:
    body = cbor2.dumps(send["body"]) if "body" in send else b""
    message = Message(code=POST if send["method"] == "POST" else GET, payload=body)
    message.mtype, message.mid, message.token = CON, mid, mid.to_bytes(8)
    message.opt.uri_path = send["path"].removeprefix("/").split("/")
    message.opt.uri_query = send["query"]
    raw = {17: send["accept"], 2049: 2048 if send["accept"] == 10000 else None}
    raw |= {12: 10000, 2053: 2048} if body else {}
    for number, value in raw.items():
        if value is not None:
            option = OpaqueOption(OptionNumber(number), value.to_bytes(2).lstrip(b"\0"))
            message.opt.add_option(option)
    if "unknown_option" in send:
        message.opt.add_option(OpaqueOption(OptionNumber(send["unknown_option"]), b""))
    if block:
        message.opt.block2 = (block, False, 6)
    encoded: bytes = message.encode()
    return encoded
