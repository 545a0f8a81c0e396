"""Entity tags with the clients of aiocoap and libcoap over loopback."""

import asyncio
import subprocess
from collections.abc import Sequence

import pytest
from aiocoap import Context, Message
from aiocoap.numbers import codes
from interop_support import IDENTITY, KEY, running_light
from test_interop_collections import HOUSE, LAMPS, LIBCOAP, anybody

HOUSES = ("/house", "/house?if=oic.if.b", LAMPS[0])
"""Links and a batch in many blocks, and a resource that fits one message."""


async def conditional(port: int, href: str) -> list[tuple[codes.Code, bool, bool]]:
    """Read by aiocoap's client without a tag, with the right one among others, with a wrong one.

    Returns for each the code, whether there is a payload, and whether the tag is the first one's.
    """
    client = await Context.create_client_context(transports=["udp6"])
    found: list[tuple[codes.Code, bool, bool]] = []
    first: bytes | None = None

    async def ask(etags: Sequence[bytes]) -> None:
        nonlocal first
        request = Message(code=codes.GET, uri=f"coap://127.0.0.1:{port}{href}")
        request.opt.etags = etags
        answer = await asyncio.wait_for(client.request(request).response, 20)
        first = first or answer.opt.etag
        found.append((answer.code, bool(answer.payload), answer.opt.etag == first))

    try:
        await ask(())
        assert first is not None
        await ask((b"other", first))
        await ask((b"other",))
    finally:
        await client.shutdown()
    return found


def test_aiocoap_validates() -> None:
    """What it has is confirmed without a payload, large or small; what it has not is sent."""
    with running_light(owned=True, profile=HOUSE, rules=(anybody("/house", *LAMPS),)) as house:
        for href in HOUSES:
            assert asyncio.run(conditional(house.plain_port, href)) == [
                (codes.CONTENT, True, True),
                (codes.VALID, False, True),
                (codes.CONTENT, True, True),
            ]


@pytest.mark.libcoap
@pytest.mark.skipif(not LIBCOAP, reason="libcoap3-bin is not installed")
def test_libcoap_validates() -> None:
    """Over DTLS, with the tag that the client shows of its first answer."""
    with running_light(owned=True, profile=HOUSE) as house:
        url = f"coaps://127.0.0.1:{house.secure_port}{LAMPS[0]}"
        shown = _libcoap(url)
        assert "2.05" in shown
        etag = shown.partition("ETag:0x")[2][:16]
        assert len(bytes.fromhex(etag)) == 8
        shown = _libcoap(url, "-O", f"4,0x{etag}")
    assert "2.03" in shown
    assert "2.05" not in shown
    assert f"ETag:0x{etag}" in shown


def _libcoap(url: str, *more: str) -> str:
    """Read; return the messages that the client shows of the conversation."""
    credentials = ["-u", IDENTITY, "-k", KEY.decode()]
    options = ["-B", "5", "-v", "7", *credentials, "-A", "60", "-m", "get", "-o", "-"]
    command = [LIBCOAP[0], *options, *more, url]
    finished = subprocess.run(command, capture_output=True, timeout=20, check=True)
    return (finished.stdout + finished.stderr).decode("utf-8", "replace")
