"""The random PIN of a transfer: shown at the device, typed into the tool (OCF Security 7.3.5).

The PIN never crosses the network. Both sides make a pre-shared key of it and of the device's UUID:

    key = PBKDF2-HMAC-SHA256(PIN, salt = device UUID (16 octets), 1000 rounds)[:16]

The handshake is ECDHE_PSK, so that who listens cannot try PINs at home; only an active peer can
test one, one for each handshake. That is what is counted: here the wrong ones of a transfer, after
which the device resets itself, and in `onboardee.device.security.tries` how often anybody may try
at all, as a reset costs a guesser little.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from onboardee.wire.entropy import Entropy

ATTEMPTS: Final = 5
"""Wrong PINs until the device resets itself; IoTivity's tool tries as often."""

KEY_SIZE: Final = 16
"""Octets of the key made of a PIN."""
ITERATIONS: Final = 1000
"""Rounds of PBKDF2, as deployed tools have it. It is little for a secret of eight digits; what
protects the PIN is that it cannot be tried without the device."""
HINT_PREFIX: Final = b"oic.sec.doxm.rdp:"
"""What the PSK identity hint begins with in a PIN transfer, in front of the device's UUID."""


def pin_key(pin: str, device_uuid: UUID) -> bytes:
    """Return the key that `pin` stands for at the device that has this UUID now: 16 octets."""
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), device_uuid.bytes, ITERATIONS, KEY_SIZE)


def random_pin(entropy: Entropy, length: int, alphabet: str) -> str:
    """Choose a PIN of `length` characters of `alphabet`; each is as likely as any other.

    An alphabet has at most 256 characters.
    """
    # octets that would favour the first characters are thrown away
    fair = 256 - 256 % len(alphabet)
    chosen: list[str] = []
    while len(chosen) < length:
        chosen += [
            alphabet[octet % len(alphabet)] for octet in entropy.token(length) if octet < fair
        ]
    return "".join(chosen[:length])


@dataclass(slots=True)
class PinPad:
    """The PIN of the present transfer, and how often it was wrong.

    Whoever has got as far as the PIN's key is trying one: from then on it counts, whatever ends the
    attempt, unless it ends in a session. A guesser who is told "wrong" by an alert could otherwise
    just stop in time, and never be counted.

    `make` gives a new PIN. `current` is None where none is shown, and the method then opens
    nothing.
    """

    make: Callable[[], str]
    current: str | None = field(default=None, repr=False)
    _wrong: int = 0

    @property
    def wrong(self) -> int:
        """How many were wrong in this transfer."""
        return self._wrong

    @property
    def is_used_up(self) -> bool:
        """Tell whether too many were wrong."""
        return self._wrong >= ATTEMPTS

    def show(self) -> str:
        """Make the PIN of a new attempt; wrong ones before it still count.

        Each time that a tool writes `oxmsel` 1 another PIN is shown, the same value or not: a
        guesser could otherwise go on at one PIN for ever, or be forgiven by choosing the method
        again.
        """
        self.current = self.make()
        return self.current

    def clear(self) -> None:
        """Forget the PIN and what was tried: the transfer is over."""
        self.current = None
        self._wrong = 0

    def drop(self) -> None:
        """Forget the PIN: another method was selected."""
        self.current = None

    def note_wrong(self) -> None:
        """Count a wrong PIN; one that is used up is shown no more."""
        self._wrong += 1
        if self.is_used_up:
            self.drop()
