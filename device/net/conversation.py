"""A conversation of a person with one running device: a line of JSON in, a line of JSON out.

What can be asked is in `device/control`, and `performer` lets the hosted device do it.

`watch` turns a connection into a stream of events until the client hangs up. One that does not read
is cut off, as what it leaves unread would have to be kept for it.
"""

import asyncio
from typing import Any, Final

import msgspec

from onboardee.device.control import Request, Watch
from onboardee.device.events import Bus, Told
from onboardee.device.net.performer import Performer

MAX_LINE: Final = 4 << 20
"""Octets; the longest lines hold a database."""
MAX_BACKLOG: Final = 1 << 20
"""Octets that a watcher may leave unread before it is cut off."""

_REQUEST: Final = msgspec.json.Decoder(Request)


async def converse(
    performer: Performer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer line by line; what is no request is answered, too, and the next one heard."""
    while line := await line_of(reader, writer):
        try:
            request = _REQUEST.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            answer: dict[str, Any] = {"error": f"not a request: {error}"}
        else:
            if isinstance(request, Watch):
                await _watch(performer.hosted.device.bus, reader, writer)
                return
            answer = await performer.answer(request)
        writer.write(encoded(answer))
        await writer.drain()


async def _watch(bus: Bus, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send events until the client hangs up or falls behind."""
    loop = asyncio.get_running_loop()

    def write(told: dict[str, Any]) -> None:
        if writer.transport.get_write_buffer_size() > MAX_BACKLOG:
            writer.transport.abort()
        else:
            writer.write(msgspec.json.encode(told) + b"\n")

    def pass_on(told: Told) -> None:
        # some events come from the threads that write to disk
        loop.call_soon_threadsafe(write, told.plain())

    writer.write(encoded({"ok": None}))
    bus.follow(pass_on)
    try:
        while await reader.read(MAX_BACKLOG):
            pass  # nothing that it says means anything any more
    finally:
        bus.unfollow(pass_on)


async def line_of(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Return the next line. Raises ValueError if it is too long, after saying so."""
    try:
        return await reader.readline()
    except ValueError:
        writer.write(encoded({"error": f"a request has at most {MAX_LINE} octets"}))
        raise


def encoded(answer: dict[str, Any]) -> bytes:
    """Return an answer as it is written."""
    return msgspec.json.encode(answer) + b"\n"
