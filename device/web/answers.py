"""Answers over HTTP: JSON, and server-sent events that go on until somebody has enough."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from typing import Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from onboardee.device.web.feed import Stream
from onboardee.device.web.turns import in_turns

PING: Final = 15.0
"""Seconds after which a stream without events says that it is there."""


def as_json(value: Any) -> Response:
    """Return an answer that nobody keeps: it is true for this moment."""
    headers = {"cache-control": "no-store"}
    return Response(encoded(value), media_type="application/json", headers=headers)


def encoded(value: Any) -> bytes:
    """Return JSON; what it has no form for, as a UUID, is its text."""
    return msgspec.json.encode(value, enc_hook=str)


def piece(value: Any) -> msgspec.Raw:
    """Return a part of an answer as it will stand in it, so that the whole is quickly made."""
    return msgspec.Raw(encoded(value))


def event(plain: Mapping[str, Any]) -> bytes:
    """Return an event as a stream has it."""
    return b"data: " + encoded(plain) + b"\n\n"


class EventStream(StreamingResponse):
    """Server-sent events as an answer, with what has to end when it does."""

    def __init__(self, told: AsyncGenerator[bytes], ending: AsyncExitStack) -> None:
        """Answer with `told`; `ending` is closed even if nobody waits for it any more."""
        ending.push_async_callback(told.aclose)
        # nothing on its way is to keep or to collect it
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(told, 200, headers, "text/event-stream")
        self._ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until they end, or until the browser has gone."""
        async with self._ending:
            await super().__call__(scope, receive, send)


async def told(stream: Stream, *, is_traced: bool) -> AsyncGenerator[bytes]:
    """Yield events as server-sent events, until the stream is closed."""
    yield event({"event": "feed.began", "traced": is_traced})
    while not stream.is_closed:
        try:
            async with asyncio.timeout(PING):
                batch = await stream.take()
        except TimeoutError:
            yield b":\n\n"
            continue
        if batch:
            yield b"".join([event(each) async for each in in_turns(batch)])
