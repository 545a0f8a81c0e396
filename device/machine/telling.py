"""What people who read along are told of messages: decoded, bounded, without secrets.

Requests carry keys and PINs, and logs are kept and sent to others. So a value is hidden by the name
under which it stands wherever that name may hold a secret, and octets are counted, never shown. A
payload may be a stranger's: whatever it is, telling of it raises nothing.
"""

from collections.abc import Mapping
from typing import Any, Final

from onboardee.device.events import RequestServed
from onboardee.device.resources.payload import PayloadError, decode
from onboardee.device.simulation.privacy import is_secret_name
from onboardee.wire.coap import ContentFormat, Request, Response

HIDDEN: Final = "<hidden>"
MAX_OCTETS: Final = 8192
"""Of a payload that is told; of a longer one its length is."""


def served(request: Request, peer: str, response: Response | None) -> RequestServed:
    """Return the event that tells of a request and of what became of it."""
    return RequestServed(
        peer=peer,
        method=request.method.name,
        href=request.path,
        query=tuple(request.query),
        payload=told(request.payload, request.content_format),
        code=None if response is None else str(response.code),
        answer=None if response is None else told(response.payload, response.content_format),
    )


def told(payload: bytes, content_format: int | None) -> object:
    """Return a payload as JSON has it, without secrets; None for none. It may be a stranger's."""
    if not payload:
        return None
    if len(payload) > MAX_OCTETS:
        return _counted(payload)
    if content_format == ContentFormat.LINK_FORMAT:
        return payload.decode("utf-8", "backslashreplace")
    try:
        return without_secrets(decode(payload))
    except PayloadError:
        return f"{_counted(payload)} that are not CBOR"


def without_secrets(value: Any) -> Any:
    """Return a value with what goes by the name of a secret hidden, and octets counted."""
    match value:
        case Mapping():
            return {
                name: HIDDEN if _is_hidden(name, each) else without_secrets(each)
                for name, each in value.items()
            }
        case list() | tuple():
            return [without_secrets(each) for each in value]
        case bytes():
            return _counted(value)
    return value


def _is_hidden(name: str, value: object) -> bool:
    return not isinstance(value, bool) and is_secret_name(name)


def _counted(octets: bytes) -> str:
    return f"<{len(octets)} octets>"
