"""Whole handshake messages, in order, from fragments in any order (RFC 6347 4.2.2, 4.2.3).

Fragments of epoch 0 are not authentic, so whatever does not fit is dropped rather than answered:
the genuine one comes again. A forged fragment must not keep the genuine ones out: fragments that
contradict each other in type or length are put together apart, as far as there is room for such
rivals, and a message that comes as a whole takes the place of all rivals of its number.

    fragments --> add --> rivals of message 3: [assembly, assembly]  --> pop --> message 3
                          rivals of message 4: [assembly]                        (in order)

What is reserved is bounded three times: messages by how far they are ahead, rivals of one number,
and all octets together. A length that a header merely claims counts in full, as the room is
reserved at once; otherwise many small fragments could promise more than there is.
"""

from typing import Final

from onboardee.wire.dtls.config import DtlsLimits
from onboardee.wire.dtls.framing import Fragment, HandshakeMessage

_MESSAGES_AHEAD: Final = 8
"""The longest flight has five messages."""
_GAPS: Final = 32
"""Bounds the work of a message cut into very many pieces."""
_RIVALS: Final = 4
"""Messages of one number, of different type or length, that are put together at a time."""


class _Assembly:
    """A message with gaps; the first fragment says its type and length.

    Gaps and not fragments are kept: overlapping and repeated ones then need no special case, and
    what is left to come has a bound however finely a message was cut.
    """

    __slots__ = ("_data", "_gaps", "_type")

    def __init__(self, first: Fragment) -> None:
        self._type = first.type
        self._data = bytearray(first.length)
        self._gaps = [(0, first.length)] if first.length else []

    def __len__(self) -> int:
        return len(self._data)

    def fits(self, part: Fragment) -> bool:
        """Whether a fragment is of a message of this type and length."""
        return part.type == self._type and part.length == len(self._data)

    def fill(self, part: Fragment) -> None:
        """Copy what closes a gap; octets that are already there stay.

        So the first fragment wins where two of one type and length differ. Which of them is forged
        cannot be told here; Finished tells it, as the transcript is then another one.
        """
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

    def message(self, sequence: int) -> HandshakeMessage | None:
        """Return the message once it has no gaps."""
        return None if self._gaps else HandshakeMessage(self._type, sequence, bytes(self._data))


class Reassembler:
    """The incoming side of a handshake: fragments go in, messages come out in their order."""

    def __init__(self, next_sequence: int, limits: DtlsLimits) -> None:
        self.next_sequence = next_sequence
        """The number of the message that is waited for."""
        self._limits = limits
        self._rivals: dict[int, list[_Assembly]] = {}
        """By message number, the newest last; never an empty list."""

    def add(self, part: Fragment) -> None:
        """Take a fragment if it belongs to an expected message and the limits allow it.

        Numbers that are past are repetitions, those far ahead belong to no handshake.
        """
        if not 0 <= part.sequence - self.next_sequence < _MESSAGES_AHEAD:
            return
        assembly = None if part.is_whole else self._find(part)
        if assembly is None:
            assembly = self._begin(part)
        if assembly is not None and assembly.gaps < _GAPS:
            assembly.fill(part)

    def _find(self, part: Fragment) -> _Assembly | None:
        rivals = self._rivals.get(part.sequence, ())
        return next((each for each in rivals if each.fits(part)), None)

    def _begin(self, part: Fragment) -> _Assembly | None:
        """Begin a message if there is room; it displaces the oldest rival, a whole one all of them.

        Messages ahead of their turn give way to the one that is waited for.
        """
        if part.length > self._limits.message_size:
            return None
        rivals = self._rivals.get(part.sequence, [])
        kept = [] if part.is_whole else rivals[-_RIVALS + 1 :]
        freed = sum(map(len, rivals)) - sum(map(len, kept))
        if self.held - freed + part.length > self._limits.reassembly_size:
            if part.sequence != self.next_sequence:
                return None
            self._rivals.clear()
            kept = []
        assembly = _Assembly(part)
        self._rivals[part.sequence] = [*kept, assembly]
        return assembly

    @property
    def held(self) -> int:
        """The octets in use, those that are reserved and have not come included."""
        return sum(len(each) for rivals in self._rivals.values() for each in rivals)

    def pop(self) -> HandshakeMessage | None:
        """Return the next message in order once it is complete; None until then."""
        for assembly in self._rivals.get(self.next_sequence, ()):
            message = assembly.message(self.next_sequence)
            if message is not None:
                del self._rivals[self.next_sequence]
                self.next_sequence += 1
                return message
        return None

    def clear(self) -> None:
        """Forget messages ahead of their turn; called when the epoch changes."""
        self._rivals.clear()
