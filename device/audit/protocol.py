"""Rules on CoAP and DTLS as such (RFC 7252, RFC 7959, RFC 6347, OCF Core 12).

These hold for every client. They look at messages as they came, repeated ones too, and not at what
they mean. Most are reached only if something is lost or large; an audit with `--fault drop` or the
trials reach more of them than a quiet network.
"""

from itertools import pairwise
from typing import Final

from onboardee.device.audit.attempts import Attempt
from onboardee.device.audit.exchanges import BLOCK2, EXCHANGE_LIFETIME, Exchange, block_of
from onboardee.device.audit.verdicts import (
    NOT_APPLICABLE,
    NOT_REACHED,
    Opinion,
    failed,
    passed,
)
from onboardee.device.trace import items
from onboardee.device.trace.items import Way
from onboardee.wire.coap import ContentFormat
from onboardee.wire.dtls.errors import Alert as DtlsError
from onboardee.wire.dtls.hello import ClientHello, HelloVerifyRequest

ACCEPT: Final = 17
"""The option that says which content format the answer is to have (RFC 7252 5.10.4)."""
ACCEPT_VERSION: Final = 2049
"""OCF's options that say which version of its content format is meant (OCF Core 12.2.6)."""
CONTENT_VERSION: Final = 2053
ETAG: Final = 4
"""The option that says which state of a resource an answer shows (RFC 7252 5.10.6)."""
MAX_RETRANSMIT: Final = 4
"""How often a CON is repeated (RFC 7252 4.8)."""
_SLACK: Final = 0.8
"""What part of the interval before an interval may be: clocks and networks tremble."""


def content_format(attempt: Attempt) -> Opinion:
    """Judge content formats and their versions (OCF Core 12.2.5).

    A tool of OIC 1.1 knows neither. A request without payload needs no content format, but where
    it asks for OCF's it has to say which version it reads.
    """
    if attempt.is_oic_1_1:
        return NOT_APPLICABLE
    writing = [each for each in attempt.exchanges if each.request.payload]
    if not writing:
        return NOT_REACHED
    for each in writing:
        request = each.request
        if request.content_format != ContentFormat.OCF_CBOR:
            return failed("content format 10000", str(request.content_format), request)
        if not _has(request, CONTENT_VERSION):
            return failed("option 2053 (content version)", "it is missing", request)
    for each in attempt.exchanges:
        accept = _value(each.request, ACCEPT)
        if accept == ContentFormat.OCF_CBOR and not _has(each.request, ACCEPT_VERSION):
            return failed("option 2049 (accept version)", "it is missing", each.request)
    return passed(writing[0].request)


def _has(message: items.Message, option: int) -> bool:
    return any(number == option for number, _ in message.options)


def _value(message: items.Message, option: int) -> int | None:
    """Return the value of an option that is a number, None if it is not there."""
    found = (value for number, value in message.options if number == option)
    return next((int.from_bytes(value) for value in found), None)


def retransmission(attempt: Attempt) -> Opinion:
    """Judge how requests are repeated.

    Intervals may tremble by `_SLACK`: what is seen is when datagrams arrive, not when they leave.
    """
    repeated = [each for each in attempt.exchanges if each.request.type == "CON" and each.repeats]
    if not repeated:
        return NOT_REACHED
    for each in repeated:
        if len(each.repeats) > MAX_RETRANSMIT:
            came = f"{len(each.repeats)} times"
            return failed(f"at most {MAX_RETRANSMIT} times", came, each.repeats[-1])
        gaps = _gaps(each)
        shrunk = [after for before, after in pairwise(gaps) if after < before * _SLACK]
        if shrunk:
            came = ", ".join(f"{gap:.1f} s" for gap in gaps)
            return failed("growing intervals", came, each.repeats[-1])
    return passed(repeated[0].repeats[0])


def _gaps(exchange: Exchange) -> list[float]:
    """Return the seconds between one sending of a request and the next."""
    times = [exchange.request.at, *(each.at for each in exchange.repeats)]
    return [after - before for before, after in pairwise(times)]


def message_ids(attempt: Attempt) -> Opinion:
    """Judge whether a message id is used for two messages.

    The same octets are a repeated message; other octets are another one. Ids are of a session: one
    in the clear and one over DTLS may be equal.
    """
    seen: dict[tuple[object, int], items.Message] = {}
    for item in attempt.trace:
        if not isinstance(item, items.Message) or item.way is not Way.IN or not item.is_request:
            continue
        key = ((item.ends.peer, item.ends.secured), item.mid)
        before = seen.get(key)
        is_recent = before is not None and item.at - before.at < EXCHANGE_LIFETIME
        if before is not None and is_recent and before.octets != item.octets:
            return failed("another id for another message", f"{item.mid} again", item)
        seen[key] = item
    return passed() if seen else NOT_REACHED


def tokens(attempt: Attempt) -> Opinion:
    """Judge whether open requests can be told apart.

    A token may be used again once its request was answered (RFC 7252 5.3.1).
    """
    open_: dict[tuple[object, bytes], Exchange] = {}
    for each in attempt.exchanges:
        key = (each.ends.peer, each.request.token)
        other = open_.get(key)
        if other is not None and _is_open_at(other, each.request):
            return failed("a token of its own", f"{each.request.token.hex()} again", each.request)
        open_[key] = each
    return passed() if open_ else NOT_REACHED


def _is_open_at(exchange: Exchange, later: items.Message) -> bool:
    """Tell whether a request still waited for its answer when a later one came."""
    if exchange.ends.multicast:
        return False  # its answers may come for a long time, and tools use no token twice there
    return exchange.response is None or exchange.response.number > later.number


def block_wise(attempt: Attempt) -> Opinion:
    """Judge how answers in blocks are fetched (RFC 7959 2.4).

    A client may ask for smaller blocks as it goes on, never for larger ones. Where the ETag
    changes between two blocks, the parts are of different states, and a client that joins them
    has something that the device never said.
    """
    sizes: dict[tuple[object, str], tuple[int, bytes]] = {}
    first = None
    for each in attempt.exchanges:
        block = block_of(each.request, BLOCK2)
        key = (each.ends.peer, each.path)
        if block is not None and block.number > 0 and key in sizes:
            first = first or each
            size, etag = sizes[key]
            if block.exponent > size:
                return failed("the same size or a smaller one", str(block.size), each.request)
            if etag and _etag(each) not in {etag, b""} and each.response is not None:
                return failed("a fresh start when the ETag changes", "it went on", each.request)
        answered = None if each.response is None else block_of(each.response, BLOCK2)
        if answered is not None:
            sizes[key] = (answered.exponent, _etag(each))
    return NOT_REACHED if first is None else passed(first.request)


def _etag(exchange: Exchange) -> bytes:
    """Return the ETag of an answer, empty if it has none."""
    options = () if exchange.response is None else exchange.response.options
    return next((value for number, value in options if number == ETAG), b"")


def dtls_cookie(attempt: Attempt) -> Opinion:
    """Judge the second ClientHello against the first one, parameter by parameter."""
    for handshake in attempt.handshakes:
        asked = handshake.verify_request
        if asked is None:
            continue
        later = [hello for hello in handshake.hellos if hello.number > asked.number]
        if not later:
            return NOT_REACHED
        try:
            before = ClientHello.decode(handshake.hellos[0].body)
            after = ClientHello.decode(later[0].body)
            cookie = HelloVerifyRequest.decode(asked.body).cookie
        except DtlsError as error:
            return failed("a ClientHello that can be read", str(error), later[0])
        if after.cookie != cookie:
            return failed("the cookie of HelloVerifyRequest", "another one", later[0])
        if after.parameters() != before.parameters():
            return failed("the same ClientHello with the cookie", "another one", later[0])
        return passed(later[0])
    return NOT_REACHED


def dtls_extended_master_secret(attempt: Attempt) -> Opinion:
    """Judge whether RFC 7627 is offered.

    Without it a master secret is not bound to the handshake, and the owner's key is derived from
    it.
    """
    hellos = [hello for each in attempt.handshakes for hello in each.hellos]
    if not hellos:
        return NOT_REACHED
    for hello in hellos:
        if "extended_master_secret" not in hello.fields.get("extensions", ()):
            return failed("the extension extended_master_secret", "it is missing", hello)
    return passed(hellos[0])


def dtls_suites(attempt: Attempt) -> Opinion:
    """Tell what is offered beside what OCF asks for."""
    hellos = [hello for each in attempt.handshakes for hello in each.hellos]
    if not hellos:
        return NOT_REACHED
    offered = sorted({suite for hello in hellos for suite in hello.fields.get("suites", ())})
    return passed(hellos[0], ", ".join(offered))
