"""A temperature that its owner observes, on a clock of the test's own."""

from dataclasses import dataclass, field
from typing import Any

import cbor2
from device_scene import Scene

from onboardee.obt import NoAnswerError, OwnedDevice, run
from onboardee.obt.link import Ask
from onboardee.wire.coap import Code, Method


@dataclass
class Stand:
    """A sensor, its owner, and what an observer has heard: when, and which temperature."""

    scene: Scene
    owner: OwnedDevice
    href: str
    query: tuple[str, ...] = ()
    heard: list[tuple[float, float]] = field(default_factory=list)
    mailbox: Any = None
    began: float = 0.0

    @property
    def temperatures(self) -> list[float]:
        """What was heard, without the times."""
        return [value for _, value in self.heard]

    def set(self, **conditions: float) -> None:
        """Change conditions as the owner."""
        run(self.owner.update(self.href, conditions))

    def observe(self) -> None:
        """Begin to observe; what is told then is not counted."""
        link = run(self.owner.connect())
        ask = Ask(Method.GET, self.href, self.query, observe=True)
        self.mailbox = self.scene.transport.observe(link, ask)
        self.collect(0.5)
        self.heard.clear()
        self.began = self.scene.network.now

    def collect(self, seconds: float) -> None:
        """Let time pass, and note what comes meanwhile."""
        end = self.scene.network.now + seconds
        while True:
            try:
                told = run(self.scene.transport.receive(self.mailbox, deadline=end))
            except NoAnswerError:
                return
            assert told.code is Code.CONTENT
            value = cbor2.loads(told.payload)["temperature"]
            self.heard.append((self.scene.network.now - self.began, value))

    def become(self, temperature: float, then: float = 0.0) -> None:
        """Let the temperature be another one, and time pass."""
        network = self.scene.network
        step = self.scene.device.set_values(self.href, {"temperature": temperature}, network.now)
        network.send(step)
        self.collect(then)
