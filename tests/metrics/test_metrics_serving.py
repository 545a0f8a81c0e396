"""Prometheus asks a running device over HTTP."""

import asyncio
import socket
from urllib.request import urlopen

import pytest

from onboardee.device.events import Bus
from onboardee.device.metrics.serving import Metering
from onboardee.device.testing.network import MemoryNetwork
from onboardee.device.testing.setup import memory_device

HERE = "127.0.0.1"


async def _scraped(metering: Metering) -> dict[str, float]:
    """Ask as Prometheus does, and return what each sample is."""
    answer = await asyncio.to_thread(urlopen, f"http://{HERE}:{metering.port}/metrics")
    with answer:
        lines = answer.read().decode().splitlines()
    samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name: float(value) for name, _, value in samples}


async def test_a_scrape_tells_how_devices_are_and_what_was_stored() -> None:
    """States, owners, the delay of the loop, the time of commits, and the process."""
    metering = Metering(HERE, 0)
    network = MemoryNetwork()
    device = memory_device(network, bus=Bus("one"), around=metering.around)
    memory_device(network, bus=Bus("two"), host="10.0.0.11", around=metering.around)
    stop = metering.serve()
    try:
        before = await _scraped(metering)
        device.press_reset(1.0)
        device.tick(5.0)
        after = await _scraped(metering)
    finally:
        stop()
    assert before['onboardee_devices{state="RFOTM"}'] == 2
    assert before["onboardee_devices_owned"] == 0
    assert before["onboardee_loop_delay_seconds"] < 5
    assert before["process_resident_memory_bytes"] > 1e6
    assert after["onboardee_commit_seconds_count"] > before["onboardee_commit_seconds_count"]


async def test_a_loop_that_does_not_answer_has_its_delay_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A scrape ends in time, without the figures that only the loop knows."""
    monkeypatch.setattr("onboardee.device.metrics.present.PATIENCE", 0.05)
    metering = Metering(HERE, 0)
    memory_device(MemoryNetwork(), around=metering.around)
    stop = metering.serve()
    try:
        # asked from the loop's own thread, which so cannot answer
        with urlopen(f"http://{HERE}:{metering.port}/metrics") as answer:  # noqa: ASYNC210
            text = answer.read().decode()
    finally:
        stop()
    assert "onboardee_loop_delay_seconds 0.05" in text
    assert "onboardee_devices{" not in text


async def test_a_port_that_is_taken_is_an_error() -> None:
    """Nothing is served then."""
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            Metering(HERE, taken.getsockname()[1]).serve()


def test_a_change_that_is_not_stored_has_no_time() -> None:
    """Only what became durable counts."""
    metering = Metering(HERE, 0)
    device = memory_device(MemoryNetwork(), around=metering.around).device
    step = device.press_reset(1.0)
    assert step.store is not None
    device.stored(OSError("full"), 2.0)
    (family,) = metering.measures.commit_seconds.collect()
    assert [each.value for each in family.samples if each.name.endswith("_count")] == [0.0]
