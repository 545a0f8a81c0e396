"""Real clients meet no bound, whether their addresses are on the link or elsewhere."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import cbor2
import pytest
from aiocoap import GET, Context, Message
from interop_support import RunningLight, running_light
from msgspec.structs import replace

from onboardee.device.events import AnswersWithheld
from onboardee.device.machine import budget
from onboardee.device.net import udp
from onboardee.device.simulation.answers import AnswerBound, Answers
from onboardee.device.simulation.profile import load
from onboardee.device.testing.onboarded import with_plain_endpoints
from onboardee.svrdb.model import Ace, AceResource, Connection, Subject

TIMES = 10
EVERYBODY = Ace(
    aceid=9,
    subject=Subject(connection=Connection.ANYONE),
    resources=(AceResource(wildcard="*"),),
    permission=2,
)
LIBCOAP = shutil.which("coap-client-notls")
NOTHING_UNPROVEN = AnswerBound(burst=0, rate=0, total_burst=0, total_rate=0)


@dataclass
class _Links:
    """Says of every peer the same."""

    is_near: bool

    def has(self, host: str, interface: int) -> bool:
        """Tell whether a peer is on the link."""
        return self.is_near


@pytest.fixture(params=[True, False], ids=["on the link", "elsewhere"])
def device(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningLight]:
    """Run a refrigerator whose resources anybody may read, and that takes loopback for a network.

    What is on the link needs a proof at once, too.
    """
    monkeypatch.setattr(udp, "LINKS", _Links(is_near=request.param))
    monkeypatch.setattr(budget, "_is_loopback", lambda _host: False)
    fridge = with_plain_endpoints(load("refrigerator"))
    fridge = replace(fridge, answers=replace(Answers(), link=NOTHING_UNPROVEN))
    with running_light(owned=True, profile=fridge, rules=(EVERYBODY,)) as running:
        yield running


def readable(running: RunningLight) -> list[str]:
    """Return all that the device shows anybody."""
    return ["/oic/res", "/oic/d", "/oic/p", *running.device.appliances]


async def read_all(port: int, hrefs: list[str]) -> list[Message]:
    """Read with aiocoap, all at the same time."""
    context = await Context.create_client_context()
    try:
        wanted = [
            context.request(
                Message(code=GET, uri=f"coap://127.0.0.1:{port}{href}", accept=10000)
            ).response
            for href in hrefs
        ]
        return await asyncio.wait_for(asyncio.gather(*wanted), 60)
    finally:
        await context.shutdown()


def test_aiocoap_reads_everything_ten_times_in_parallel(device: RunningLight) -> None:
    """Every answer arrives whole, and none is withheld."""
    hrefs = readable(device) * TIMES
    answers = asyncio.run(read_all(device.plain_port, hrefs))
    assert {str(each.code) for each in answers} == {"2.05 Content"}
    lists = [cbor2.loads(answer.payload) for href, answer in zip(hrefs, answers, strict=True)
             if href == "/oic/res"]  # fmt: skip
    assert len(lists) == TIMES
    assert all(len(each) >= len(readable(device)) - 1 for each in lists)
    assert not [event for event in device.events if isinstance(event, AnswersWithheld)]


@pytest.mark.libcoap
@pytest.mark.skipif(LIBCOAP is None, reason="libcoap3-bin is not installed")
def test_ten_libcoap_clients_read_everything_in_parallel(device: RunningLight) -> None:
    """Ten programs, each from a port of its own, get all links and all that they lead to."""
    for href in readable(device):
        url = f"coap://127.0.0.1:{device.plain_port}{href}"
        command = [str(LIBCOAP), "-B", "10", "-A", "60", "-m", "get", url]
        programs = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for _ in range(TIMES)
        ]
        printed = [program.communicate(timeout=30)[0] for program in programs]
        assert all(printed)
        assert href != "/oic/res" or {cbor2.loads(each[:-1])[0]["href"] for each in printed}
    assert not [event for event in device.events if isinstance(event, AnswersWithheld)]
