"""Plays the parts of IoTivity's provisioning clients, as recorded, to a device with their preset.

The answers are compared with those that the sample servers of the same version gave to the same
requests: code for code, and what has changed in the device afterwards.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace
from recorded_compare import decode, name_of
from recorded_stage import Address, Owner, Stage, device_like

from onboardee.device.simulation.compatibility import PRESETS, Preset
from onboardee.device.simulation.profile import Profile, load
from onboardee.svrdb.model import Database
from onboardee.wire.dtls import CipherSuite, ClientConfig

VECTORS = Path(__file__).parents[1] / "vectors" / "iotivity-tools.json"
TOOLS = {"iotivity-1.1.1": Preset.IOTIVITY_1_1_1, "iotivity-2": Preset.IOTIVITY_2}
LASTING = 10.0
"""Seconds after the last request in which what was asked for happens."""


class ToolDifference(NamedTuple):
    """One answer that is not that of the tool's own server, and why."""

    tool: str
    request: str
    reference: str
    ours: str
    reason: str


DIFFERENCES = (
    ToolDifference(
        "iotivity-2",
        "DELETE /oic/sec/cred",
        "4.06",
        "4.03",
        "Both refuse it in RFNOP, and the tool says that it failed. IoTivity answers 4.06 to all "
        "that would change cred or acl in RESET and RFNOP; 4.06 is about content formats (RFC 7252 "
        "5.9.2.7), and here a state that forbids an operation is 4.03 for each resource.",
    ),
)


class Answered(NamedTuple):
    """One request of the tool: what its own server answered, what ours did, and what it left."""

    request: str
    reference: str
    ours: str
    database: Database


@cache
def recordings() -> dict[str, Any]:
    """Return the recorded requests by tool."""
    loaded: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return loaded


def light(tool: str) -> Profile:
    """Return the light with the preset of the tool."""
    return replace(load("light"), compat=PRESETS[TOOLS[tool]])


class ToolReplay:
    """One recorded tool, and our device at the address of the recorded one."""

    def __init__(self, tool: str, profile: Profile | None = None) -> None:
        """Prepare the device, of the light's profile with the tool's preset unless told else."""
        profile = profile or light(tool)
        self.recording: dict[str, Any] = recordings()[tool]
        ids = {"device_uuid": self.recording["device"]}
        self.stage = Stage(device_like(ids, profile), profile)
        self.stage.start_device({self.recording["host"]: self.recording["ports"]})
        self.answers: list[Answered] = []
        owner = {"owner": self.recording["tool"], "new_uuid": self.recording["device"]}
        self._owner = Owner(owner)
        self._sessions: dict[int, int] = {}
        """How many sessions the tool has opened from a port: each gets one of its own here."""

    def run(self) -> "ToolReplay":
        """Play all of it."""
        for event in self.recording["events"]:
            self.stage.network.run(max(0.0, event["at"] - self.stage.network.now))
            self._play(event)
        self.stage.network.run(LASTING)
        return self

    @property
    def database(self) -> Database:
        """What the device has at the end."""
        return self.stage.keeper.current

    def _play(self, event: dict[str, Any]) -> None:
        match event:
            case {"open": suites, "port": port}:
                self._sessions[port] = self._sessions.get(port, -1) + 1
                self._open(self._peer(port, secured=True), suites)
            case {"close": port}:
                self.stage.close(self._peer(port, secured=True))
            case {"to": to, "hex": text, "port": port, "code": code}:
                self._ask(to, self._peer(port, secured=to == "secured"), text, code)

    def _peer(self, port: int, *, secured: bool) -> Address:
        shift = self._sessions.get(port, 0) if secured else 0
        return self.recording["peer"], port + shift

    def _open(self, peer: Address, suites: list[str]) -> None:
        known = {f"{suite.value:04x}": suite for suite in CipherSuite}
        offered = tuple(known[each] for each in suites if each in known)
        config = self._owner.config()
        if self._owner.key is not None:
            psk = CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256
            offered = tuple(each for each in offered if each is psk)
        self.stage.open(peer, _with_suites(config, offered))
        self._owner.learn(self.stage.tool.connections[peer])

    def _ask(self, to: str, peer: Address, text: str, code: str | None) -> None:
        datagram = bytes.fromhex(text)
        self.stage.send(peer, to, datagram)
        if code is None:
            return
        heard = self.stage.answers(1)
        ours = str(decode(heard[0].datagram).code.dotted) if heard else "silence"
        name = name_of(datagram, to_group=to == "group")
        self.answers.append(Answered(name, code, ours, self.database))


def _with_suites(config: ClientConfig, suites: tuple[CipherSuite, ...]) -> ClientConfig:
    return ClientConfig(
        suites=suites,
        psk_identity=config.psk_identity,
        psk=config.psk,
        groups=config.groups,
        signature_algorithms=config.signature_algorithms,
    )


def differing(answer: Answered, tool: str) -> ToolDifference | None:
    """Return the line about an answer; None if there is none, or nothing is different."""
    for line in DIFFERENCES:
        if (line.tool, *line[1:4]) == (tool, *answer[:3]):
            return line
    return None


@cache
def played(tool: str) -> ToolReplay:
    """Play a tool's part, once for all tests."""
    return ToolReplay(tool).run()
