"""Faults of the protocol over HTTP: what a person switches on, the device does."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from web_support import Shown, ask, shown

ONE = "/api/v1/devices/one"


@pytest.fixture
async def light() -> AsyncIterator[Shown]:
    """Show a light that can get faults."""
    async with shown(gets_faults=True) as found:
        yield found


async def faults(light: Shown) -> Any:
    """Return the list of faults."""
    return (await ask(light.app, f"{ONE}/faults")).json["ok"]


async def test_a_ready_fault_is_switched_on_and_off(light: Shown) -> None:
    """It has the name and the sentence of a trial, and comes back by its number."""
    before = await faults(light)
    assert before["present"] == []
    assert len(before["ready"]) > 40
    assert not any(each["is_on"] for each in before["ready"])
    told = (await ask(light.app, f"{ONE}/faults", {"ready": "refuses-owner"})).json["ok"]
    (present,) = told["present"]
    assert (present["do"], present["at"], present["code"]) == ("refuse", "owner", "5.03")
    assert [each["name"] for each in told["ready"] if each["is_on"]] == ["refuses-owner"]
    assert light.hosted.device.protocol_faults[1].name == "refuses-owner"
    command = {"do": "remove-fault", "number": present["number"]}
    await ask(light.app, f"{ONE}/commands", command)
    assert await faults(light) == before


async def test_any_other_is_written_as_for_ctl(light: Shown) -> None:
    """What cannot be read, or can never act, is said in a sentence, and nothing is added."""
    told = (await ask(light.app, f"{ONE}/faults", {"text": "drop at=credential times=2"})).json
    assert told["ok"]["present"][0]["times"] == 2
    for text, sentence in (
        ("explode", "explode is not possible"),
        ("drop path=/nothing", "this device has no /nothing"),
    ):
        answer = await ask(light.app, f"{ONE}/faults", {"text": text})
        assert (answer.status, sentence in answer.json["error"]) == (409, True)
    assert len((await faults(light))["present"]) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 409),
        ({"ready": "late", "text": "drop"}, 409),
        ({"ready": "no such fault"}, 409),
        ({"ready": 5}, 400),
        ({"faults": []}, 400),
        ([], 400),
    ],
)
async def test_what_is_no_fault_is_refused(light: Shown, body: Any, status: int) -> None:
    """Nothing is added."""
    assert (await ask(light.app, f"{ONE}/faults", body)).status == status
    assert (await faults(light))["present"] == []


async def test_no_file_is_read_for_a_browser(light: Shown, tmp_path: Path) -> None:
    """A certificate by its path is refused, whether there is such a file or not."""
    there = tmp_path / "there.pem"
    there.write_text("-----BEGIN CERTIFICATE-----\n")
    for path in (there, tmp_path / "nothing"):
        text = f"certificate chain={path} key={path}"
        answer = await ask(light.app, f"{ONE}/faults", {"text": text})
        assert (answer.status, str(path) in answer.json["error"]) == (403, False)
        fault = {"do": "certificate", "chain": str(path), "key": str(path)}
        command = {"do": "add-fault", "fault": fault}
        assert (await ask(light.app, f"{ONE}/commands", command)).status == 403


async def test_who_only_looks_changes_no_faults() -> None:
    """Read-only shows them."""
    async with shown(gets_faults=True, read_only=True) as found:
        assert (await ask(found.app, f"{ONE}/faults", {"ready": "late"})).status == 403
        assert (await faults(found))["present"] == []
