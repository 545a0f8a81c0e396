"""Tools for trials: a sound one, and for each trial one that does exactly this wrong.

Most are the sound one with one thing planted: an order with a step that takes any answer, a check
that is left out, a limit of patience that is too short, or a filter in front of it that does with
datagrams what a wrong program would.
"""

from collections.abc import Callable
from contextlib import suppress

from audit_scene import without
from planted import PlantedEngine
from trial_scene import HOST, Bench, Tool

from onboardee.obt import (
    Address,
    ObtEngine,
    ObtError,
    TransferMethod,
    TrustAnchors,
    Unowned,
    find_unowned,
    find_unowned_at,
    take_ownership,
)
from onboardee.obt.model import NIL, Doxm
from onboardee.obt.orders import CR3006
from onboardee.obt.transfer import Order
from onboardee.wire.coap.message import Frame, MessageFormatError, parse
from onboardee.wire.dtls import VerifyChain
from onboardee.wire.entropy import SeededEntropy, random_uuid
from onboardee.wire.path import Outgoing, Path

WITHIN = 60.0


def tool(
    *,
    order: Order = CR3006,
    within: float = WITHIN,
    engine: Callable[[Bench], ObtEngine] | None = None,
    searches: bool = False,
    trusts_all: bool = False,
    knows: Callable[[Bench], Unowned] | None = None,
    says: bool | None = True,
    on_failure: bool | None = False,
) -> Tool:
    """Return a tool; without arguments a sound one.

    `says` is what it says if it owns the device, `on_failure` if it does not.
    """

    async def own(bench: Bench) -> bool | None:
        made = engine(bench) if engine is not None else None
        transport = bench.transport(made)
        entropy = SeededEntropy(f"owner {bench.attempts}")
        anchors = TrustAnchors.of(bench.root, clock=bench.today)
        try:
            if knows is not None:
                with suppress(ObtError):
                    await find_unowned_at(transport, Address(HOST, 5683), patience=0.5)
                found = knows(bench)
            elif searches:
                (found, *_) = [
                    each
                    for each in await find_unowned(transport, style=order.style)
                    if each.uuid == bench.uuid
                ]
            else:
                found = await find_unowned_at(transport, Address(HOST, 5683), patience=within)
            method = next(
                (each for each in TransferMethod if each in found.doxm.methods), TransferMethod(0)
            )
            owned = await take_ownership(
                transport,
                found,
                random_uuid(entropy),
                order=order,
                method=method,
                pin=bench.pin,
                anchors=Trusting(anchors) if trusts_all else anchors,
                within=within,
            )
            await owned.doxm()
        except (ObtError, StumbledError, ValueError):
            return on_failure
        return says

    return own


class StumbledError(Exception):
    """A planted tool met what it cannot bear."""


class Trusting(TrustAnchors):
    """Trusts everybody."""

    def __init__(self, inner: TrustAnchors) -> None:
        super().__init__(inner.certificates, inner.clock)

    def verify_manufacturer(self, *, needs_usage: bool = True) -> VerifyChain:
        """Return a check that finds nothing wrong."""
        return lambda _chain: None


class Filtered(PlantedEngine):
    """A tool with something in front of it that looks at what comes."""

    def __init__(self, look: Callable[[bytes, Path], bytes]) -> None:
        super().__init__(datagrams=self._note)
        self._look = look
        self._is_down = False
        self.mids: set[int] = set()
        self.tokens: set[bytes] = set()

    def _note(self, datagram: bytes, path: Path) -> bytes:
        frame = _plain(datagram)
        if frame is not None:
            self.mids.add(frame.mid)
            self.tokens.add(frame.token)
        return datagram

    def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
        """Take a datagram, unless the tool broke down before."""
        if self._is_down:
            return []
        try:
            return super().receive(self._look(datagram, path), path, now)
        except StumbledError:
            self._is_down = True
            raise


def _plain(datagram: bytes) -> Frame | None:
    """Return a CoAP message in the clear, None for what is none."""
    try:
        return parse(datagram) if datagram[0] >> 6 == 1 else None
    except MessageFormatError:
        return None


def stumbling(is_odd: Callable[[Filtered, Frame, Path], bool]) -> Callable[[Bench], ObtEngine]:
    """Return a tool that breaks down when a message in the clear is odd."""

    def made(_bench: Bench) -> ObtEngine:
        def look(datagram: bytes, path: Path) -> bytes:
            frame = _plain(datagram)
            if frame is not None and is_odd(engine, frame, path):
                raise StumbledError
            return datagram

        engine = Filtered(look)
        return engine

    return made


def stumbling_on_second(bench: Bench) -> ObtEngine:
    """Return a tool that breaks down when a message comes again, or another with its token."""
    seen: set[bytes] = set()

    def is_second(_engine: Filtered, frame: Frame, _path: Path) -> bool:
        is_known = frame.token in seen
        seen.add(frame.token)
        return is_known and bool(frame.token)

    return stumbling(is_second)(bench)


def restoring(wrong: bytes, right: bytes) -> Callable[[Bench], ObtEngine]:
    """Return a tool that does not look at what ServerHello says: it reads what should be there."""

    def look(datagram: bytes, _path: Path) -> bytes:
        is_hello = len(datagram) > 25 and datagram[0] == 22 and datagram[13] == 2
        return datagram.replace(wrong, right, 1) if is_hello else datagram

    return lambda _bench: Filtered(look)


def told(bench: Bench) -> Unowned:
    """Return a device as somebody told it: the tool does not care what it says of itself."""
    doxm = Doxm(
        methods=(0,),
        selected=4,
        credential_types=9,
        owned=False,
        device_uuid=bench.uuid,
        owner_uuid=NIL,
        resource_owner=NIL,
    )
    return Unowned(bench.uuid, Address(HOST, 5683), (Address(HOST, 5684),), doxm=doxm)


SOUND = tool()
IMPATIENT = tool(within=0.9)
BOASTING = tool(on_failure=True)
ENDLESS = tool(on_failure=None)
CARELESS = tool(knows=told, order=without("read doxm"))
TRUSTING = tool(trusts_all=True)

_BY_NAME: dict[str, Tool] = {
    "doubled": tool(engine=stumbling_on_second),
    "discovery-crowd": tool(searches=True, engine=stumbling_on_second),
    "wrong-token": tool(engine=stumbling(lambda one, frame, _: frame.token not in one.tokens)),
    "wrong-id": tool(engine=stumbling(lambda one, frame, _: frame.mid not in one.mids)),
    "wrong-port": tool(engine=stumbling(lambda _one, _frame, path: path.peer_port != 5683)),
    "slow-disk": tool(within=3),
    "temporary-device-id": tool(order=without("read uuid", "uuid")),
    "certificate-wrong-key": BOASTING,
    "certificate-clock-jump": tool(says=None),
}
_BY_BEGINNING: dict[str, Tool] = {
    "certificate-": TRUSTING,
    "goes-silent": ENDLESS,
    "power-cut-after": ENDLESS,
    "lost-": IMPATIENT,
}
_LIES = {
    "already-owned",
    "method-unknown",
    "methods-empty",
    "nil-device-id",
    "not-cbor",
    "deep-cbor",
    "huge-cbor",
    "wrong-format",
    "unknown-critical",
    "endless-blocks",
}


def sound_for(name: str) -> Tool:
    """Return a sound tool for a trial: one that searches, if it is about that."""
    # blocks without end come quickly here, and nobody wants to wait for a minute of them
    special = {"discovery-crowd": tool(searches=True), "endless-blocks": tool(within=0.5)}
    return special.get(name, SOUND)


def planted_for(name: str, *, completes: bool) -> Tool:
    """Return a tool that does exactly that wrong which a trial is about."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name in _LIES:
        return CARELESS
    for beginning, found in _BY_BEGINNING.items():
        if name.startswith(beginning):
            return found
    return IMPATIENT if completes else BOASTING
