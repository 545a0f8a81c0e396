"""smartthings-local, a client library for real OCF appliances, drives a whole device."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import cbor2
import pytest
from interop_support import KEY, OWNER, RunningLight, running_light

auth = pytest.importorskip("smartthings_local.protocol.auth")
dtls_session = pytest.importorskip("smartthings_local.protocol.dtls_session")
discovery = pytest.importorskip("smartthings_local.protocol.ocf_discovery")

CONTENT, CHANGED, UNAUTHORIZED = 0x45, 0x44, 0x81
SWITCH = ["light", "switch"]

Notified = Callable[[str, bytes], None]


@contextmanager
def session(light: RunningLight, notified: Notified | None = None) -> Iterator[Any]:
    """Open a session with the owner credential, its reader running."""
    client = dtls_session.DtlsCoapSession(
        "127.0.0.1",
        light.secure_port,
        auth=auth.PskAuth(identity=OWNER.bytes, key=KEY),
        on_notification=notified,
        rate_limit_rps=1000.0,
    )
    client.connect()
    client.start_reader()
    try:
        yield client
    finally:
        client.close()


def test_owner_switches_and_dims() -> None:
    """The library reads the light, switches it on and dims it over one session."""
    with running_light(owned=True) as light, session(light) as client:
        assert client.get(SWITCH) == (CONTENT, cbor2.dumps({"value": False}))
        code, _ = client.post(SWITCH, cbor2.dumps({"value": True}))
        assert code == CHANGED
        code, _ = client.post(["light", "dimming"], cbor2.dumps({"dimmingSetting": 30}))
        assert code == CHANGED
        _, dimmed = client.get(["light", "dimming"])
        assert client.get(SWITCH) == (CONTENT, cbor2.dumps({"value": True}))
    assert cbor2.loads(dimmed)["dimmingSetting"] == 30


def test_link_list_arrives_in_blocks() -> None:
    """A link list longer than one block arrives whole over the session."""
    with running_light(owned=True) as light, session(light) as client:
        code, payload = client.get(["oic", "res"])
    assert code == CONTENT
    assert "/light/colour" in {link["href"] for link in cbor2.loads(payload)}


def test_platform_is_readable_and_maintenance_is_not() -> None:
    """What an access rule names is granted to this peer, what none names is refused."""
    with running_light(owned=True) as light, session(light) as client:
        assert client.get(["oic", "p"])[0] == CONTENT
        assert client.get(["oic", "mnt"])[0] == UNAUTHORIZED


def test_observer_sees_each_change_of_the_world() -> None:
    """An observation delivers the present state, and the next one when it changes."""
    seen: queue.Queue[tuple[str, bytes]] = queue.Queue()

    def notified(href: str, payload: bytes) -> None:
        seen.put((href, payload))

    with running_light(owned=True) as light, session(light, notified) as client:
        client.subscribe(SWITCH)
        first = seen.get(timeout=30)
        client.post(SWITCH, cbor2.dumps({"value": True}))
        second = seen.get(timeout=30)
    assert cbor2.loads(first[1]) == {"value": False}
    assert cbor2.loads(second[1]) == {"value": True}


def test_secure_port_is_discovered() -> None:
    """The library finds the coaps port through the links of an unsecured device."""
    with running_light(owned=False) as light:
        result = discovery.discover_ocf_secure_ports("127.0.0.1", discovery_port=light.plain_port)
    assert light.secure_port in result.ports
