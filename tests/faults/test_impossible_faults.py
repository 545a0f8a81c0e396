"""Faults that can never act are mistakes, with their place, wherever they are written."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner

from onboardee.device.cli import main
from onboardee.device.faults import checking, effects, passing
from onboardee.device.faults.certificates import prepared
from onboardee.device.faults.terms import Effect, FaultError, parse
from onboardee.device.machine import requests
from onboardee.device.resources.base import Resource
from onboardee.device.simulation.profile import ProfileError, load, load_all
from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.testing import fake_device

IMPOSSIBLE = [
    (
        "drop path=/light/swich",
        "path: this device has no /light/swich; did you mean /light/switch?",
    ),
    (
        "drop at=credential path=/oic/sec/doxm",
        "path: the step credential is a",
    ),
    ("drop at=owner method=GET", "method: the step owner is a POST or PUT"),
    ("other-suite at=owner", "at: other-suite is about a handshake"),
    ("certificate kind=expired path=/oic/d", "path: certificate is about a handshake"),
    ("refuse at=owner way=in", "way: refuse has no way"),
    ("drop at=owner way=both", "way: a request and its answer are two faults"),
    ("drop flight=ServerHello at=owner", "flight: a handshake message is no request"),
    ("drop flight=ClientHello", "flight: a device never sends ClientHello; way: in"),
    ("drop flight=ServerHello way=in", "flight: ServerHello never comes to a device"),
    ("silence flight=ServerHello", "flight: ServerHello never comes to a device"),
    ("alert flight=ClientHello", "flight: a device never sends ClientHello"),
    ("alert flight=Finished", "flight: an alert in the place of Finished"),
    ("old-version flight=Certificate", "flight: old-version is about ServerHello"),
    ("refuse flight=ServerHello", "flight: refuse does not act on handshake messages"),
    ("answer at=owner code=9.99", "code: there is no 9.99 here"),
    ("refuse at=owner code=2.04", "code: there is no 2.04 here"),
    ("close at=select", "at: the step select has no session that could end"),
    ("separate at=owned", "at: only an answer in the clear comes apart"),
    ("crowd at=owner", "do: a crowd answers a search only"),
    ("reset times=0", "times: without at, path, method or flight it would never end"),
    ("patch at=read", "payload: patch needs the properties"),
    ("certificate kind=self-signed", "kind: the profile has no ownership.manufacturer"),
]


@pytest.mark.parametrize(("text", "sentence"), IMPOSSIBLE)
async def test_in_a_test(text: str, sentence: str) -> None:
    """`fake_device` says what is wrong before the device begins."""
    with pytest.raises(FaultError) as raised:
        async with fake_device("light", faults=[text]):
            pass
    assert str(raised.value).startswith(sentence)


def profile_with(tmp_path: Path, *lines: str) -> Path:
    """Write a light with faults."""
    path = tmp_path / "light.yaml"
    path.write_text("\n".join(["extends: light", "faults:", *lines, ""]))
    return path


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            ["  - {do: drop, at: credential}", "  - {do: drop, path: /light/swich}"],
            "line 4: faults[1].path: this device has no /light/swich; did you mean /light/switch?",
        ),
        (
            ["  - do: drop", "    at: credentials"],
            "line 4: faults[0].at: credentials is not",
        ),
        (
            ["  - {do: drop, time: 3}"],
            "line 3: faults[0].time: there is no time here",
        ),
        (["  - {at: owner}"], "line 3: faults[0]: do is missing"),
        (["  - do: drop", "    seconds: 3"], "line 4: faults[0].seconds: drop has no use for it"),
        (["  - {do: drop, chance: 2}"], "faults[0].chance: expected a number <= 1.0"),
        (["  - {do: drop, state: asleep}"], "faults[0].state: asleep is not possible"),
        (["  - {do: certificate, chain: no.pem, key: no.pem}"], "line 3: chain: cannot read"),
    ],
)
def test_in_a_profile(tmp_path: Path, lines: list[str], sentence: str) -> None:
    """The line, the place and what was meant are named."""
    with pytest.raises(ProfileError) as raised:
        load(str(profile_with(tmp_path, *lines)))
    assert sentence in str(raised.value)


def test_on_the_command_line() -> None:
    """`run --fault` of what can never act ends with the fault, its place and the reason."""
    result = CliRunner().invoke(main, ["run", "light", "--fault", "drop path=/light/swich"])
    assert result.exit_code != 0
    assert "this device has no /light/swich" in " ".join(result.output.split())


def test_a_profile_of_several_devices(tmp_path: Path) -> None:
    """A fault beside the list of devices is one of each, a device may have others."""
    path = tmp_path / "fleet.yaml"
    path.write_text(
        "extends: light\nfaults: [{do: drop, at: owner}]\n"
        "devices:\n  - device: {name: one}\n"
        "  - device: {name: two}\n    faults: [{do: silence, at: om, state: rfotm}]\n"
    )
    one, two = load_all(str(path))
    assert [str(each) for each in one.faults] == ["drop at owner"]
    assert [str(each) for each in two.faults] == ["silence at om"]


def test_the_groups_of_effects_are_those_of_the_code() -> None:
    """What is checked before a device begins is what acts on it later."""
    assert passing.ON_THE_WAY.keys() == checking.NETWORK
    assert effects.ALERTS.keys() == checking.ENDINGS
    assert effects.IN_HELLO.keys() == checking.HELLO
    groups = [checking.NETWORK, checking.ENDINGS, checking.HELLO, checking.ON_ARRIVAL]
    assert sum(map(len, groups)) == len(frozenset[Effect]().union(*groups))


@pytest.mark.parametrize("name", ["light", "door", "sampleserver-mfg"])
def test_each_resource_of_a_device_can_be_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault may wait for a request to whatever the device serves."""
    made: list[requests.Dispatcher] = []

    def dispatcher(resources: Iterable[Resource]) -> requests.Dispatcher:
        made.append(requests.Dispatcher(resources))
        return made[-1]

    monkeypatch.setattr("onboardee.device.machine.boot.Dispatcher", dispatcher)
    profile = load(name)
    memory_device(MemoryNetwork(), profile)
    served = made[0].resources
    assert len(served) > 10
    for href in served:
        prepared(parse(f"drop path={href}"), profile)
