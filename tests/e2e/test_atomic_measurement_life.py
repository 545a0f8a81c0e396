"""A blood pressure monitor in use: each measurement is told once, and as a whole."""

from typing import Any

import cbor2
import pytest
from device_scene import make_scene

from onboardee.obt import NoAnswerError, run
from onboardee.obt.link import Ask
from onboardee.wire.coap import Code, Method

WHOLE = "/measurement"


def test_each_measurement_is_told_once() -> None:
    """An observer gets one notification for each measurement, whose parts are of one moment."""
    scene = make_scene("blood-pressure-monitor")
    owner = scene.own()
    link = run(owner.connect())
    mailbox = scene.transport.observe(link, Ask(Method.GET, WHOLE, observe=True))
    heard: list[dict[str, Any]] = []

    def receive() -> None:
        answer = run(scene.transport.receive(mailbox, deadline=scene.network.now + 60))
        assert answer.code is Code.CONTENT
        assert answer.observe is not None
        heard.append({item["href"]: item["rep"] for item in cbor2.loads(answer.payload)})

    receive()
    for _ in range(3):
        scene.network.send(scene.device.press("measure", scene.network.now))
        receive()
    scene.network.run(30)
    with pytest.raises(NoAnswerError):
        receive()
    times = [each["/time"]["timestamp"] for each in heard[1:]]
    assert times == sorted(set(times))
    for each in heard[1:]:
        low, high = each["/pressure"]["diastolic"], each["/pressure"]["systolic"]
        assert abs(each["/pressure"]["map"] - (high + 2 * low) / 3) <= 1
