"""Another machine's devices, as a tool on this machine meets them.

Three things are tried against a host: a request to it alone, a search by multicast that it should
answer, and the first flight of DTLS, which a device answers with a cookie before it does anything
else (RFC 6347 4.2.1). Which of them works tells in which part of the network the trouble is.

What an answer says is not believed more than any other: only its source counts, and the endpoints
that it lists are tried in turn.
"""

import select
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Any, Final
from urllib.parse import urlsplit

import cbor2

from onboardee.device.doctor.finding import CheckResult, fault, hint, well
from onboardee.device.doctor.groups import address_of, choose, groups_for
from onboardee.device.net.interfaces import Interface
from onboardee.device.net.multicast import PORT
from onboardee.wire.coap.client import CoapClient
from onboardee.wire.coap.discovery import decode_response, encode_multicast_request
from onboardee.wire.coap.model import Code, ContentFormat, Method, ResponseReceived
from onboardee.wire.dtls import CipherSuite, ClientConfig
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.entropy import SystemEntropy

WAIT: Final = 3.0
"""Seconds for an answer; to a search by multicast devices answer within two."""
MOST_HANDSHAKES: Final = 2
"""At how many of the told endpoints a handshake is begun."""
SEARCH_PATH: Final = "/oic/res"
"""What a search asks for."""
SEARCH_QUERY: Final = "rt=oic.r.doxm"
"""What onboarding tools ask for (OCF Security 7.3.1)."""
OCF_1: Final = 2048
"""Version 1.0.0 of the content format (OCF Core 12.2.5)."""


def look(host: str, known: Iterable[Interface], port: int = PORT) -> Iterator[CheckResult]:
    """Try a host's devices, and yield what a tool here would meet."""
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError as error:
        yield fault(host, f"is no name or address: {error.strerror}", "give its address")
        return
    heard = {str(address[0]).partition("%")[0]: address for address in _search(known)}
    found = [heard[entry[4][0]] for entry in places if entry[4][0] in heard]
    yield _of_search(host, found, sorted(heard))
    links: list[bytes] = []
    for address in (*found, *(entry[4] for entry in places)):
        about = f"{address[0]}, port {address[1]}"
        try:
            links.append(_asked(address))
        except OSError as error:
            trouble = (error.strerror or str(error)).lower()
            # a device may have another port for itself, which searches tell
            says = f"does not answer when it alone is asked: {trouble}"
            yield (hint if links else fault)(about, says, _advice(trouble))
        else:
            yield well(about, "answers when it alone is asked")
    yield from _secured(host, links)


def _of_search(host: str, found: list[Any], heard: list[str]) -> CheckResult:
    """Say whether the host was among those that answered a search."""
    if found:
        return well(host, "answers a search by multicast")
    if heard:
        says = f"did not answer a search by multicast; answers came from {', '.join(heard)}"
        return hint(host, says, _SEARCHING)
    return fault(host, "did not answer a search by multicast, nor did anybody else", _SEARCHING)


_SEARCHING: Final = (
    "be in the same network segment; let switches and access points carry multicast (IGMP and MLD"
    " snooping need a querier); onboardee doctor there"
)
"""What to do where a search is not answered."""


def _advice(said: str) -> str:
    """Return what to do about an error of the network."""
    if "refused" in said:
        return "nothing has this port there: a device may have another one, or none may run"
    return "look at routes and firewalls between here and there; onboardee doctor there"


def _asked(address: Any) -> bytes:
    """Ask one address for its security links, and return them as they came.

    Raises `OSError`.
    """
    client = CoapClient(entropy=SystemEntropy())
    client.request(
        Method.GET,
        SEARCH_PATH,
        query=(SEARCH_QUERY,),
        accept=ContentFormat.OCF_CBOR,
        accept_version=OCF_1,
        now=time.monotonic(),
    )
    with socket.socket(_family(address), socket.SOCK_DGRAM) as asking:
        asking.connect(address)
        _flush(client, asking)
        for data, _ in _answers([asking], WAIT):
            client.receive(data, time.monotonic())
            _flush(client, asking)
            for event in client.take_events():
                if isinstance(event, ResponseReceived):
                    return event.response.payload
    raise TimeoutError(None, f"nothing came within {WAIT:g} s")


def _flush(client: CoapClient, asking: socket.socket) -> None:
    """Send what the CoAP client has made."""
    for datagram in client.take_outgoing():
        asking.send(datagram)


def _search(known: Iterable[Interface]) -> Iterator[Any]:
    """Ask the groups over each interface, and yield the addresses that answer."""
    token, request = encode_multicast_request(
        SEARCH_PATH,
        query=(SEARCH_QUERY,),
        accept=ContentFormat.OCF_CBOR,
        accept_version=OCF_1,
        entropy=SystemEntropy(),
    )
    with ExitStack() as stack:
        sockets: list[socket.socket] = []
        for interface in known:
            for group in groups_for(interface):
                place = address_of(group, interface)
                asking = stack.enter_context(socket.socket(_family(place), socket.SOCK_DGRAM))
                with suppress(OSError):  # the check of multicast says why
                    choose(asking, interface)
                    asking.sendto(request, place)
                    sockets.append(asking)
        for data, sender in _answers(sockets, WAIT):
            if is_answer(data, token):
                yield sender


def _family(address: Sequence[Any]) -> socket.AddressFamily:
    """Return the address family that a socket for an address needs."""
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


def _answers(sockets: list[socket.socket], seconds: float) -> Iterator[tuple[bytes, Any]]:
    """Yield datagrams with their senders, as they come within some seconds."""
    until = time.monotonic() + seconds
    while sockets and (left := until - time.monotonic()) > 0:
        for ready in select.select(sockets, [], [], left)[0]:
            yield ready.recvfrom(65535)


def is_answer(data: bytes, token: bytes) -> bool:
    """Tell whether a datagram is the answer to a search."""
    response = decode_response(data)
    return response is not None and (response.token, response.code) == (token, Code.CONTENT)


def endpoints_in(payload: bytes) -> Iterator[tuple[str, int]]:
    """Yield host and port of the DTLS endpoints in a list of links, each once."""
    try:
        links = cbor2.loads(payload)
    except cbor2.CBORDecodeError:
        return
    seen: set[tuple[str, int]] = set()
    for link in links if isinstance(links, list) else ():
        for entry in link.get("eps", ()) if isinstance(link, dict) else ():
            place = _place(entry.get("ep") if isinstance(entry, dict) else None)
            if place is not None and place not in seen:
                seen.add(place)
                yield place


def _place(text: object) -> tuple[str, int] | None:
    try:
        parts = urlsplit(str(text))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return (host, port) if parts.scheme == "coaps" and host and port else None


def _secured(host: str, links: list[bytes]) -> Iterator[CheckResult]:
    """Begin a DTLS handshake at the first endpoints that the host told."""
    places = list(dict.fromkeys(place for each in links for place in endpoints_in(each)))
    if links and not places:
        yield hint(host, "tells no DTLS endpoint in /oic/res", "onboardee obt discover")
    for place in places[:MOST_HANDSHAKES]:
        about = f"DTLS at {place[0]}, port {place[1]}"
        trouble = _greeted(place)
        if trouble is None:
            yield well(about, "answers the first message of a handshake")
        else:
            yield fault(about, f"does not answer a handshake: {trouble}", _advice(trouble))


def _greeted(place: tuple[str, int]) -> str | None:
    """Send a ClientHello; return None if anything came back, or what happened instead.

    The answer is not looked at, and the handshake ends here: a device keeps nothing of it before
    the cookie (RFC 6347 4.2.1).
    """
    config = ClientConfig(suites=(CipherSuite.ECDH_ANON_AES_128_CBC_SHA256,))
    connection = ClientConnection(config, place, entropy=SystemEntropy())
    connection.start(0.0)
    with socket.socket(_family(place), socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(place)
            for datagram in connection.take_datagrams():
                asking.send(datagram)
            return None if any(_answers([asking], WAIT)) else f"nothing came within {WAIT:g} s"
        except OSError as error:
            return (error.strerror or str(error)).lower()
