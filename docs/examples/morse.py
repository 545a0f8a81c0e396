"""A lamp that blinks a text in Morse code while it is on: a program for a profile."""

from onboardee.device.simulation.behaviour.code import ProgramWorld

LAMP, POWER = "/lamp#value", "/power#value"
CODES = {"s": "...", "o": "---"}


class Morse:
    """Blinks `text`, one dot in `unit` seconds, again and again."""

    uses = (LAMP, POWER)

    def __init__(self, text: str = "sos", unit: float = 0.2) -> None:
        """Take the `options` of the profile."""
        self._unit = unit
        self._course = [
            part
            for letter in text
            for sign in CODES[letter]
            for part in ((True, 1 if sign == "." else 3), (False, 1))
        ]
        self._place = 0
        self._next: float | None = None

    def start(self, world: ProgramWorld) -> float | None:
        """Wait for somebody to switch it on."""
        return None

    def changed(self, world: ProgramWorld) -> float | None:
        """Begin, or end."""
        if not world.get(POWER):
            self._next = None
            world.set(LAMP, False)
        elif self._next is None:
            self._place = 0
            return self.tick(world)
        return self._next

    def tick(self, world: ProgramWorld) -> float | None:
        """Show the next part of the text."""
        lit, length = self._course[self._place]
        self._place = (self._place + 1) % len(self._course)
        pause = 6 if self._place == 0 else 0
        self._next = world.now + (length + pause) * self._unit
        world.set(LAMP, lit)
        return self._next
