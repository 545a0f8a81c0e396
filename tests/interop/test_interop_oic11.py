"""IoTivity 1.2.1's way through a device, byte for byte; its second session is Mbed TLS's.

No tool of that time is here. What it sends is read from its source, and the session that proves
the owner credential is opened by a DTLS stack that was not written here.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cbor2
import oic11_payloads as payloads
import pytest
from aiocoap import Message
from aiocoap.numbers.codes import DELETE, GET, POST
from aiocoap.numbers.codes import Code as Number
from aiocoap.numbers.types import Type
from interop_support import IDENTITY, OWNER, RunningLight, mbedtls_session, running_light

from onboardee.device.events import SessionOpened, StateChanged
from onboardee.device.simulation.compatibility import PRESETS, Preset
from onboardee.obt import Address, AsyncioTransport
from onboardee.obt.keys import owner_key
from onboardee.obt.link import Ask, Link
from onboardee.obt.model import TransferMethod
from onboardee.svrdb.model import State
from onboardee.wire.coap import ClientResponse, Code, Method
from onboardee.wire.dtls import CipherSuite, ClientConfig

tls = pytest.importorskip("mbedtls.tls")
exceptions = pytest.importorskip("mbedtls.exceptions")
pytestmark = pytest.mark.mbedtls

CBOR = 60
ME = str(OWNER)
PEER = "dddddddd-bbbb-4ccc-8ddd-eeeeeeeeeeee"
DOXM, PSTAT, CRED, ACL = (f"/oic/sec/{name}" for name in ("doxm", "pstat", "cred", "acl"))
OLD = PRESETS[Preset.OIC_1_1]


class FirstSession:
    """The unsecured requests of a tool and those of its ownership connection."""

    def __init__(self, transport: AsyncioTransport, light: RunningLight) -> None:
        self._transport = transport
        self._plain = transport.open_plain(Address("127.0.0.1", light.plain_port))
        self._secured = transport.open_secured(Address("127.0.0.1", light.secure_port))

    async def plain(self, method: Method, path: str, payload: bytes = b"", *query: str) -> Any:
        """Send an unsecured request."""
        return await self._ask(self._plain, method, path, payload, query)

    async def secured(self, method: Method, path: str, payload: bytes = b"") -> Any:
        """Send a request over the ownership connection."""
        return await self._ask(self._secured, method, path, payload, ())

    async def connect(self) -> None:
        """Open the ownership connection, with the anonymous suite."""
        hello = ClientConfig(suites=(CipherSuite.ECDH_ANON_AES_128_CBC_SHA256,))
        deadline = self._transport.now + 5
        await self._transport.handshake(self._secured, hello, deadline=deadline)

    def key(self, device_uuid: Any) -> bytes:
        """Derive the owner credential."""
        session = self._secured.session
        assert session is not None
        return owner_key(session, method=TransferMethod.JUST_WORKS, owner=OWNER, device=device_uuid)

    def close(self) -> None:
        """Close the ownership connection."""
        self._transport.close(self._secured)

    async def _ask(
        self, link: Link, method: Method, path: str, payload: bytes, query: tuple[str, ...]
    ) -> ClientResponse:
        ask = Ask(
            method,
            path,
            query,
            payload=payload,
            content_format=CBOR if payload else None,
            accept=CBOR,
        )
        return await self._transport.request(link, ask, deadline=self._transport.now + 5)


async def first_session(light: RunningLight) -> bytes:
    """Go steps 1 to 7 of the transfer; return the owner credential."""
    async with AsyncioTransport() as transport:
        tool = FirstSession(transport, light)
        found = await tool.plain(Method.GET, DOXM, b"", "Owned=FALSE")
        doxm = cbor2.loads(found.payload)
        assert (found.code, found.content_format, doxm["owned"]) == (Code.CONTENT, CBOR, False)
        (directory,) = cbor2.loads(
            (await tool.plain(Method.GET, "/oic/res", b"", "rt=oic.r.doxm")).payload
        )
        assert directory["di"] == doxm["deviceuuid"]
        assert directory["links"][0]["p"] == {"bm": 1, "sec": True, "port": light.secure_port}
        version = await tool.plain(Method.GET, "/oic/sec/ver")
        assert cbor2.loads(version.payload)["secv"] == "1.2.1"

        changed = await tool.plain(Method.POST, DOXM, payloads.doxm(owned=False))
        assert changed.code is Code.CHANGED
        pstat = cbor2.loads((await tool.plain(Method.GET, PSTAT)).payload)
        assert "dos" not in pstat
        assert (pstat["cm"] & 2, pstat["sm"] & 4) == (2, 4)
        assert pstat["deviceuuid"] == doxm["deviceuuid"]
        mode = payloads.pstat(mode=pstat["cm"], is_operational=False)
        assert (await tool.plain(Method.POST, PSTAT, mode)).code is Code.CHANGED

        await tool.connect()
        named = payloads.doxm(owned=False, owner=ME)
        assert (await tool.secured(Method.POST, DOXM, named)).code is Code.CHANGED
        asked = payloads.owner_cred(ME)
        assert (await tool.secured(Method.POST, CRED, asked)).code is Code.CHANGED
        key = tool.key(light.device.database.doxm.device_uuid)
        tool.close()
        return key


class SecondSession:
    """Requests over a session of Mbed TLS."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped
        self._mid = 0

    def ask(self, code: Number, path: str, payload: bytes = b"", *query: str) -> Message:
        """Send a confirmable request and return its piggybacked answer."""
        self._mid += 1
        message = Message(code=code, payload=payload)
        message.mtype, message.mid, message.token = Type.CON, self._mid, b"\x07"
        message.opt.uri_path, message.opt.uri_query = tuple(path.strip("/").split("/")), query
        message.opt.accept = CBOR
        if payload:
            message.opt.content_format = CBOR
        self._wrapped.send(message.encode())
        answer = Message.decode(self._wrapped.recv(4096))
        assert (answer.mid, answer.token) == (self._mid, b"\x07")
        return answer

    def read(self, path: str, *query: str) -> Any:
        """Read a representation."""
        answer = self.ask(GET, path, b"", *query)
        assert (answer.code, answer.opt.content_format) == (Number.CONTENT, CBOR)
        return cbor2.loads(answer.payload)


@contextmanager
def second_session(light: RunningLight, key: bytes) -> Iterator[SecondSession]:
    """Open a session with the owner credential."""
    configuration = tls.DTLSConfiguration(
        pre_shared_key=(IDENTITY, key),
        ciphers=["TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256"],
        lowest_supported_version=tls.DTLSVersion.DTLSv1_2,
        validate_certificates=False,
    )
    with mbedtls_session(configuration, light.secure_port) as wrapped:
        yield SecondSession(wrapped)


def finish(session: SecondSession) -> None:
    """Go steps 9 to 12 of the transfer."""
    steps = (
        (ACL, payloads.acl(ME, ME, "*", 31)),
        (DOXM, payloads.doxm(owned=True, owner=ME)),
        (PSTAT, payloads.pstat(mode=0, is_operational=False)),
        (PSTAT, payloads.pstat(mode=0, is_operational=True)),
    )
    for path, payload in steps:
        answer = session.ask(POST, path, payload)
        assert (answer.code, answer.payload) == (Number.CHANGED, b"")


def test_a_light_is_owned_provisioned_and_reset_as_iotivity_1_2_does_it() -> None:
    """Every answer is the one that the tool waits for, from discovery to the reset."""
    with running_light(owned=False, compat=OLD) as light:
        key = asyncio.run(first_session(light))
        with second_session(light, key) as session:
            finish(session)
            owners = {session.read(path)["rowneruuid"] for path in (DOXM, PSTAT, CRED, ACL)}
            owners.add(session.read("/oic/sec/amacl")["rowneruuid"])
            assert owners == {ME}
            assert session.read("/light/switch") == {"value": False}

            shared = payloads.pairwise_cred(ME, PEER, bytes(range(16)))
            assert session.ask(POST, CRED, shared).code == Number.CHANGED
            rule = payloads.acl(ME, PEER, "/light/switch", 6)
            for _ in range(2):
                assert session.ask(POST, ACL, rule).code == Number.CHANGED
            subjects = [each["subjectuuid"] for each in session.read(ACL)["aclist"]["aces"]]
            assert subjects == ["*", ME, PEER]
            creds = session.read(CRED)["creds"]
            assert [each["subjectuuid"] for each in creds] == [ME, PEER]
            assert not any("privatedata" in each for each in creds)

            gone = f"subjectuuid={PEER}"
            assert session.ask(DELETE, CRED, b"", gone).code == Number.DELETED
            assert session.ask(DELETE, CRED, b"", gone).code == Number.BAD_REQUEST
            assert session.ask(DELETE, ACL, b"", gone).code == Number.DELETED

            reset = payloads.pstat(mode=1, is_operational=False, target=2)
            assert session.ask(POST, PSTAT, reset).code == Number.CHANGED
    # an event is told after the answer has left: all of them, once the light has stopped
    states = [event.after for event in light.events if isinstance(event, StateChanged)]
    opened = [event.identity for event in light.events if isinstance(event, SessionOpened)]
    assert states == ["RFPRO", "RFNOP", "RESET"]
    assert opened == ["ownership connection", f"ownership connection of {ME}"]


def test_the_owned_light_is_found_and_used_in_later_sessions() -> None:
    """The tool finds its device with Owned=TRUE, its port too, and unlinks in normal operation."""
    with running_light(owned=False, compat=OLD) as light:
        key = asyncio.run(first_session(light))
        with second_session(light, key) as session:
            finish(session)
        doxm, directory = asyncio.run(look(light))
        assert (doxm["owned"], doxm["devowneruuid"]) == (True, ME)
        assert directory["links"][0]["p"]["port"] == light.secure_port
        with second_session(light, key) as session:
            assert session.ask(POST, "/light/switch", cbor2.dumps({"value": True})).code == (
                Number.CHANGED
            )
            assert session.read("/light/switch") == {"value": True}


async def look(light: RunningLight) -> tuple[Any, Any]:
    """Look for the device as an owner does, in the clear."""
    async with AsyncioTransport() as transport:
        tool = FirstSession(transport, light)
        doxm = await tool.plain(Method.GET, DOXM, b"", "Owned=TRUE")
        links = await tool.plain(Method.GET, "/oic/res", b"", "rt=oic.r.doxm")
        return cbor2.loads(doxm.payload), cbor2.loads(links.payload)[0]


def test_only_the_owner_credential_opens_the_second_session() -> None:
    """Another key is refused between the sessions, and the tool still ends its transfer."""
    with running_light(owned=False, compat=OLD) as light:
        key = asyncio.run(first_session(light))
        with (
            pytest.raises((exceptions.TLSError, OSError)),
            second_session(light, bytes(16)),
        ):
            pytest.fail("the handshake must not succeed")
        with second_session(light, key) as session:
            finish(session)
        assert light.device.database.state is State.RFNOP
