"""Collections and introspection, read by aiocoap and by libcoap over loopback."""

import asyncio
import shutil
import subprocess
from typing import Any

import cbor2
import pytest
from aiocoap import Context, Message
from aiocoap.numbers import codes
from interop_support import IDENTITY, KEY, running_light
from msgspec import convert

from onboardee.device.simulation.profile import Profile
from onboardee.svrdb.model import Ace, AceResource, Connection, Subject

LAMPS = [f"/lamp/{number}" for number in range(60)]
LIBCOAP = [name for name in ("coap-client-openssl", "coap-client-gnutls") if shutil.which(name)]


def lamp(href: str) -> dict[str, Any]:
    """Describe one lamp, which has an unsecured endpoint."""
    return {
        "href": href,
        "types": ["oic.r.switch.binary"],
        "interfaces": ["oic.if.a", "oic.if.baseline"],
        "plain": True,
        "properties": {"value": {"type": "boolean", "initial": False}},
    }


HOUSE = convert(
    {
        "device": {"name": "House", "types": ["oic.d.light"]},
        "platform": {"manufacturer": "onboardee"},
        "resources": [
            {
                "href": "/house",
                "types": ["oic.wk.col"],
                "interfaces": ["oic.if.ll", "oic.if.b", "oic.if.baseline"],
                "plain": True,
                "links": LAMPS,
                "properties": {},
            },
            *map(lamp, LAMPS),
        ],
    },
    Profile,
)


def anybody(*hrefs: str) -> Ace:
    """Let everybody read and switch these resources."""
    return Ace(
        aceid=9,
        subject=Subject(connection=Connection.ANYONE),
        resources=tuple(AceResource(href=href) for href in hrefs),
        permission=6,
    )


async def ask(port: int, query: str, body: Any = None) -> tuple[codes.Code, Any]:
    """Send aiocoap's request for the house; return the answer's code and content."""
    client = await Context.create_client_context(transports=["udp6"])
    try:
        request = Message(
            code=codes.GET if body is None else codes.POST,
            uri=f"coap://127.0.0.1:{port}/house?if=oic.if.{query}",
            payload=b"" if body is None else cbor2.dumps(body),
        )
        answer = await asyncio.wait_for(client.request(request).response, 20)
    finally:
        await client.shutdown()
    assert len(answer.payload) > 1024
    return answer.code, cbor2.loads(answer.payload)


def without_tags(batch: Any) -> list[Any]:
    """Return the items of a batch, each of which has a tag of its own."""
    tags = [item.pop("etag") for item in batch]
    assert len({*tags}) == len(tags)
    return [*batch]


def test_aiocoap_gathers_the_links() -> None:
    """A list of links in several blocks arrives whole."""
    with running_light(owned=True, profile=HOUSE, rules=(anybody("/house"),)) as house:
        code, links = asyncio.run(ask(house.plain_port, "ll"))
    assert code == codes.CONTENT
    assert [link["href"] for link in links] == LAMPS
    assert links[0]["eps"][0]["ep"] == f"coap://127.0.0.1:{house.plain_port}"


def test_aiocoap_reads_and_writes_a_batch() -> None:
    """All lamps are switched by one request, and all answer, in several blocks."""
    with running_light(owned=True, profile=HOUSE, rules=(anybody("/house", *LAMPS),)) as house:
        items = [{"href": href, "rep": {"value": True}} for href in LAMPS]
        all_on = [{"href": "", "rep": {"value": True}}]
        assert asyncio.run(ask(house.plain_port, "b", all_on)) == (codes.CHANGED, items)
        code, answer = asyncio.run(ask(house.plain_port, "b"))
    assert (code, without_tags(answer)) == (codes.CONTENT, items)


def test_aiocoap_gathers_what_it_may_see() -> None:
    """Where some links are refused the answer is an error, with all the others in its blocks."""
    seen = LAMPS[:-3]
    with running_light(owned=True, profile=HOUSE, rules=(anybody("/house", *seen),)) as house:
        code, answer = asyncio.run(ask(house.plain_port, "b"))
    assert code == codes.NOT_FOUND
    assert [item["href"] for item in answer] == seen


@pytest.mark.libcoap
@pytest.mark.skipif(not LIBCOAP, reason="libcoap3-bin is not installed")
def test_libcoap_reads_introspection() -> None:
    """Libcoap finds the document by its address, and gathers its blocks over DTLS."""
    with running_light(owned=True, profile=HOUSE) as house:
        where = _libcoap(f"coaps://127.0.0.1:{house.secure_port}/oic/introspection")
        (place,) = where["urlInfo"]
        assert place["url"].startswith(f"coaps://127.0.0.1:{house.secure_port}/")
        document = _libcoap(place["url"])
    assert len(cbor2.dumps(document)) > 1024
    assert document["swagger"] == "2.0"
    assert set(LAMPS) < document["paths"].keys()


@pytest.mark.libcoap
@pytest.mark.skipif(not LIBCOAP, reason="libcoap3-bin is not installed")
def test_libcoap_reads_collections() -> None:
    """Links and batch arrive whole over DTLS."""
    with running_light(owned=True, profile=HOUSE) as house:
        url = f"coaps://127.0.0.1:{house.secure_port}/house"
        assert [link["href"] for link in _libcoap(url)] == LAMPS
        batch = _libcoap(f"{url}?if=oic.if.b")
    assert without_tags(batch) == [{"href": href, "rep": {"value": False}} for href in LAMPS]


def _libcoap(url: str) -> Any:
    credentials = ["-u", IDENTITY, "-k", KEY.decode()]
    command = [LIBCOAP[0], "-B", "5", *credentials, "-A", "60", "-m", "get", "-o", "-", url]
    finished = subprocess.run(command, capture_output=True, timeout=20, check=True)
    return cbor2.loads(finished.stdout)
