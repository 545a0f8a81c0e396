"""What crosses a device's border, told to who looks at its page while they look.

The device carries a tracer without listeners, which costs it one call a step. Somebody who opens
the page listens; then each message is taken apart, after its answer has left. Datagrams and the
records that could be opened are left out: what they hold follows them.
"""

from typing import Any, Final

from onboardee.device.control.granting import hint
from onboardee.device.events import AccessDenied
from onboardee.device.trace import items
from onboardee.device.trace.items import Item
from onboardee.device.trace.text import line_of
from onboardee.device.trace.tracing import Tracer
from onboardee.device.web.feed import Stream

TAGS: Final = {
    items.Record: "trace.record",
    items.HandshakeMessage: "trace.handshake",
    items.Alert: "trace.alert",
    items.Message: "trace.message",
    items.Malformed: "trace.malformed",
    items.Happened: "trace.event",
    items.Changed: "trace.change",
    items.NotStored: "trace.not_stored",
    items.Done: "trace.done",
}
"""The name of each kind of item in the stream of events."""
_LEFT_OUT: Final = frozenset({"octets", "body", "options", "payload", "item"})
_TIMER: Final = "timer"


class Ladder:
    """Puts the items of one device into the stream of one browser."""

    def __init__(self, device: str, tracer: Tracer, stream: Stream) -> None:
        """Begin with a device; `close` ends it."""
        self._device = device
        self._tracer = tracer
        self._stream = stream
        tracer.follow(self._take)

    def close(self) -> None:
        """Listen no more."""
        self._tracer.unfollow(self._take)

    def _take(self, item: Item) -> None:
        if isinstance(item, items.Record) and item.is_open:
            return
        if isinstance(item, items.Done) and item.what == _TIMER:
            return
        name = TAGS.get(type(item))
        if name is not None:
            self._stream.put_item(self._device, name, lambda: told(item))


def told(item: Item) -> dict[str, Any]:
    """Return an item as JSON has it, without secrets, and `line`: the same as one line."""
    plain = items.json_of(item)
    kept = {name: value for name, value in plain.items() if name not in _LEFT_OUT}
    if isinstance(item, items.Happened):
        kept["name"] = kept.pop("event")
        if item.event == AccessDenied.name:
            kept["grant"] = hint(item.fields)
    return {**kept, "line": (line_of(item) or "").strip()}
