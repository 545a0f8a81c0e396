"""Whole handshake messages, in order, from fragments in any order (RFC 6347 4.2.2, 4.2.3).

Fragments of epoch 0 are not authentic, so whatever does not fit is dropped rather than answered:
the genuine one comes again.
"""

from typing import Final

from onboardee.wire.dtls.config import Limits
from onboardee.wire.dtls.framing import Fragment, Message

_MESSAGES_AHEAD: Final = 8
"""The longest flight has five messages."""
_GAPS: Final = 32
"""Bounds the work of a message cut into very many pieces."""


class _Assembly:
    """A message with gaps; the first fragment fixes its type and length."""

    __slots__ = ("_data", "_gaps", "_type")

    def __init__(self, first: Fragment) -> None:
        self._type = first.type
        self._data = bytearray(first.length)
        self._gaps = [(0, first.length)] if first.length else []

    def __len__(self) -> int:
        return len(self._data)

    def fill(self, part: Fragment) -> None:
        """Copy what closes a gap; octets that are already there stay."""
        if part.type != self._type or part.length != len(self._data):
            return
        gaps: list[tuple[int, int]] = []
        for start, end in self._gaps:
            low, high = max(start, part.offset), min(end, part.end)
            if low >= high:
                gaps.append((start, end))
                continue
            self._data[low:high] = part.data[low - part.offset : high - part.offset]
            gaps += [gap for gap in ((start, low), (high, end)) if gap[0] < gap[1]]
        self._gaps = gaps

    @property
    def gaps(self) -> int:
        """How many gaps are left."""
        return len(self._gaps)

    def message(self, sequence: int) -> Message | None:
        """Return the message once it has no gaps."""
        return None if self._gaps else Message(self._type, sequence, bytes(self._data))


class Reassembler:
    """The incoming side of a handshake."""

    def __init__(self, next_sequence: int, limits: Limits) -> None:
        self.next_sequence = next_sequence
        """The number of the message that is waited for."""
        self._limits = limits
        self._assemblies: dict[int, _Assembly] = {}

    def add(self, part: Fragment) -> None:
        """Take a fragment if it belongs to an expected message and the limits allow it."""
        if not 0 <= part.sequence - self.next_sequence < _MESSAGES_AHEAD:
            return
        assembly = self._assemblies.get(part.sequence)
        if assembly is None:
            if not self._make_room(part):
                return
            assembly = self._assemblies[part.sequence] = _Assembly(part)
        if assembly.gaps < _GAPS:
            assembly.fill(part)

    def _make_room(self, part: Fragment) -> bool:
        """Messages ahead of their turn give way to the one that is waited for."""
        if part.length > self._limits.message_size:
            return False
        if self.held + part.length > self._limits.reassembly_size:
            if part.sequence != self.next_sequence:
                return False
            self._assemblies.clear()
        return True

    @property
    def held(self) -> int:
        """The octets in use."""
        return sum(map(len, self._assemblies.values()))

    def pop(self) -> Message | None:
        """Return the next message in order once it is complete."""
        assembly = self._assemblies.get(self.next_sequence)
        message = assembly.message(self.next_sequence) if assembly is not None else None
        if message is not None:
            del self._assemblies[self.next_sequence]
            self.next_sequence += 1
        return message

    def clear(self) -> None:
        """Forget messages ahead of their turn; called when the epoch changes."""
        self._assemblies.clear()
