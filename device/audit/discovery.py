"""Rules on how a tool finds a device and chooses the method (CR 3006, steps 1 to 5).

What a tool may choose from is what the device said of itself before, so the rules on methods look
at `oxms` as the tool read it, not as the device has it: who never read it chose blindly. Whether a
person agreed (step 2) nobody but the tool and that person know; the rule stands in the table all
the same, as a report without it would look as if all steps had been seen.

A search goes to a group, and on loopback there is none. There the first rules say that they do
not apply, so that a tool under test on one machine is not blamed for its network.
"""

from typing import Final

from onboardee.device.audit.attempts import DOXM, Attempt
from onboardee.device.audit.exchanges import Exchange, Handshake
from onboardee.device.audit.verdicts import (
    NOT_APPLICABLE,
    NOT_OBSERVABLE,
    NOT_REACHED,
    Opinion,
    failed,
    passed,
)
from onboardee.svrdb.model import TransferMethod

ANONYMOUS: Final = "ECDH_ANON_AES_128_CBC_SHA256"
"""The suite of Just Works, 0xFF00 (OCF Security 11.3.2.1), without any authentication."""
WITH_KEY: Final = "ECDHE_PSK_AES_128_CBC_SHA256"
"""The suite of a PIN, and later of the owner credential, 0xC037 (RFC 5489)."""
PIN_IDENTITY: Final = b"oic.sec.doxm.rdp"
"""The PSK identity by which a tool says that its key is made of a PIN (OCF Security 7.3.5)."""
_STRENGTH: Final = (
    TransferMethod.MANUFACTURER_CERTIFICATE,
    TransferMethod.RANDOM_PIN,
    TransferMethod.JUST_WORKS,
)
"""The methods from the strongest on: authenticated by a certificate, by a person, by nobody."""


def _is_search(exchange: Exchange) -> bool:
    """Tell whether a request searches devices without an owner."""
    queries = {query.lower() for query in exchange.request.query}
    return exchange.path == DOXM and exchange.method == "GET" and "owned=false" in queries


def discovery_multicast(attempt: Attempt) -> Opinion:
    """Judge step 1: the search comes first, and asks for devices without an owner.

    On loopback no multicast arrives, and the rule says nothing.
    """
    groups = [each for each in attempt.exchanges if each.ends.multicast]
    expected = f"a multicast GET {DOXM}?owned=false before anything else"
    if not groups:
        if attempt.is_on_loopback:
            return NOT_APPLICABLE
        first = attempt.exchanges[0] if attempt.exchanges else None
        return failed(expected, "no multicast request", None if first is None else first.request)
    search = next((each for each in groups if _is_search(each)), None)
    if search is None:
        asked = groups[0].request
        query = "&".join(asked.query)
        return failed(expected, f"{asked.code} {asked.path}{'?' if query else ''}{query}", asked)
    before = next(
        (each for each in attempt.exchanges if not each.ends.multicast and not each.over), None
    )
    if before is not None and before.number < search.number:
        return failed(expected, f"{before.method} {before.path} before it", before.request)
    return passed(search.request)


def discovery_non(attempt: Attempt) -> Opinion:
    """Judge the type of multicast requests: nobody acknowledges one (RFC 7252 8.1)."""
    groups = [each for each in attempt.exchanges if each.ends.multicast]
    if not groups:
        return NOT_REACHED
    wrong = next((each for each in groups if each.request.type != "NON"), None)
    if wrong is not None:
        return failed("NON", wrong.request.type, wrong.request)
    return passed(groups[0].request)


def approval(_attempt: Attempt) -> Opinion:
    """Judge step 2: nobody but the tool and its user know."""
    return NOT_OBSERVABLE


def method_offered(attempt: Attempt) -> Opinion:
    """Judge step 3, by what the tool read in `oxms` before it selected."""
    if attempt.selection is None:
        return NOT_REACHED
    offered = attempt.picture_before(attempt.selection).get(DOXM, "oxms")
    if not isinstance(offered, list | tuple):
        return failed("a method that the tool read in oxms", "it did not read oxms before")
    if attempt.method not in offered:
        came = f"oxmsel {attempt.method}"
        return failed(f"one of oxms {[*offered]}", came, attempt.selection.request)
    return passed(attempt.selection.request)


def method_strongest(attempt: Attempt) -> Opinion:
    """Tell whether a stronger method was offered than the one taken.

    It may be right not to: the maker of the device may be nobody whom the tool knows. So this is
    told and not counted against it.
    """
    if attempt.selection is None:
        return NOT_REACHED
    offered = attempt.picture_before(attempt.selection).get(DOXM, "oxms") or ()
    known = [method for method in _STRENGTH if method in offered]
    if len(known) < 2:
        return NOT_APPLICABLE
    if attempt.method != known[0]:
        name = known[0].name.lower().replace("_", " ")
        return failed(name, attempt.method_name, attempt.selection.request)
    return passed(attempt.selection.request)


def method_first(attempt: Attempt) -> Opinion:
    """Judge step 4: nothing is changed before, and not over a session, which needs a method."""
    selection = attempt.selection
    if selection is None:
        return NOT_REACHED
    expected = "oxmsel in the clear, before any other step of the transfer"
    if selection.over:
        return failed(expected, f"oxmsel over {selection.over}", selection.request)
    for each in attempt.exchanges:
        if each is selection:
            break
        if each.method != "GET":
            return failed(expected, f"{each.method} {each.path} before it", each.request)
    return passed(selection.request)


def session_fits_method(attempt: Attempt) -> Opinion:
    """Judge step 5 by the session that came about, or by the first that got to a suite."""
    if attempt.selection is None:
        return NOT_REACHED
    begun = attempt.selection.number
    tried = [each for each in attempt.handshakes if each.number > begun and each.suite]
    if not tried:
        return NOT_REACHED
    handshake = attempt.ownership_connection or tried[0]
    expected = _expected_session(attempt.method)
    if _fits(handshake, attempt.method):
        return passed(handshake.server_hello, handshake.suite)
    came = handshake.suite
    if handshake.identity:
        came += f" with the identity {handshake.identity!r}"
    return failed(expected, came, handshake.server_hello)


def _expected_session(method: int | None) -> str:
    """Return the session of a method in words, for the report."""
    match method:
        case TransferMethod.JUST_WORKS:
            return f"{ANONYMOUS} (0xFF00)"
        case TransferMethod.RANDOM_PIN:
            return f"{WITH_KEY} (0xC037) with the identity {PIN_IDENTITY.decode()}"
        case TransferMethod.MANUFACTURER_CERTIFICATE:
            return "an ECDHE_ECDSA suite"
    return "a session that fits the method"


def _fits(handshake: Handshake, method: int | None) -> bool:
    """Tell whether a handshake has the suite and the identity of a method (OCF Security 7.3)."""
    match method:
        case TransferMethod.JUST_WORKS:
            return handshake.suite == ANONYMOUS
        case TransferMethod.RANDOM_PIN:
            return handshake.suite == WITH_KEY and handshake.identity == PIN_IDENTITY
        case TransferMethod.MANUFACTURER_CERTIFICATE:
            return handshake.suite.startswith("ECDHE_ECDSA")
    return False


def anonymous_only_for_just_works(attempt: Attempt) -> Opinion:
    """Judge where the anonymous suite is offered.

    To offer it is enough: whoever is in between takes it, whatever this device would choose.
    """
    hellos = [(each, hello) for each in attempt.handshakes for hello in each.hellos]
    if not hellos:
        return NOT_REACHED
    owned = attempt.owned
    for handshake, hello in hellos:
        if ANONYMOUS not in hello.fields.get("suites", ()):
            continue
        if attempt.method != TransferMethod.JUST_WORKS:
            return failed("no 0xFF00 in this method", "it was offered", hello)
        if owned is not None and handshake.number > owned.number:
            return failed("no 0xFF00 once the device is owned", "it was offered", hello)
    return passed(hellos[0][1])
