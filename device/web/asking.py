"""Asking a worker's dashboard at its Unix socket: one request, and its answer as it comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import h11

CHUNK: Final = 1 << 16
"""Octets that are read at once."""
BETWEEN: Final = b"\n\n"
"""What stands between two server-sent events."""
PATIENCE: Final = 45.0
"""Seconds without an octet after which a worker counts as away: it stands still, or does not read.

A stream has a sign of life every 15 seconds (`answers.PING`); what a device does takes less.
"""


class NotThereError(Exception):
    """A worker does not answer: it has not begun, or has crashed."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request, as a browser made it."""

    target: bytes
    """Path and query."""
    method: str = "GET"
    body: bytes = b""
    content_type: bytes = b""

    def octets(self, connection: h11.Connection) -> bytes:
        """Return what is sent."""
        headers = [(b"Host", b"localhost:0"), (b"Connection", b"close")]
        if self.body or self.method != "GET":
            headers.append((b"Content-Length", str(len(self.body)).encode()))
        if self.content_type:
            headers.append((b"Content-Type", self.content_type))
        parts: list[h11.Event] = [
            h11.Request(method=self.method, target=self.target, headers=headers)
        ]
        if self.body:
            parts.append(h11.Data(data=self.body))
        parts.append(h11.EndOfMessage())
        return b"".join(connection.send(each) or b"" for each in parts)


@dataclass(slots=True)
class Answer:
    """What a worker answers."""

    status: int
    content_type: str
    _connection: h11.Connection
    _reader: asyncio.StreamReader

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes. Raises `NotThereError` where it ends too early."""
        while True:
            event = await _next(self._connection, self._reader)
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            else:
                return

    async def body(self) -> bytes:
        """Return all of it. Raises `NotThereError`."""
        return b"".join([chunk async for chunk in self.chunks()])

    async def events(self) -> AsyncIterator[bytes]:
        """Yield server-sent events, each whole. Raises `NotThereError`."""
        rest = b""
        async for chunk in self.chunks():
            *whole, rest = (rest + chunk).split(BETWEEN)
            for each in whole:
                yield each + BETWEEN


@asynccontextmanager
async def asked(place: Path, question: Question) -> AsyncIterator[Answer]:
    """Ask at a socket; the answer's body is read inside. Raises `NotThereError`."""
    try:
        reader, writer = await asyncio.open_unix_connection(place)
    except OSError as error:
        raise NotThereError from error
    try:
        connection = h11.Connection(h11.CLIENT)
        writer.write(question.octets(connection))
        response = await _next(connection, reader)
        if not isinstance(response, h11.Response):
            raise NotThereError
        headers = dict(response.headers)
        kind = headers.get(b"content-type", b"").decode("latin-1")
        yield Answer(response.status_code, kind, connection, reader)
    finally:
        writer.close()


async def _next(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Event:
    """Return what comes next. Raises `NotThereError` where nothing does."""
    while True:
        try:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                async with asyncio.timeout(PATIENCE):
                    connection.receive_data(await reader.read(CHUNK))
            elif isinstance(event, h11.Event):
                return event
            else:
                raise NotThereError
        except (OSError, h11.RemoteProtocolError) as error:  # a TimeoutError is an OSError
            raise NotThereError from error
