"""Rules on what a tool leaves behind in the access control list (OCF Security 12).

They judge the entries that the tool wrote, not the list of the device: what a device has from its
factory is not the tool's doing.
"""

from typing import Any, Final

from onboardee.device.audit.attempts import CRED, Attempt
from onboardee.device.audit.verdicts import (
    NOT_OBSERVABLE,
    NOT_REACHED,
    Opinion,
    failed,
    passed,
)
from onboardee.svrdb.model import Connection, Permission

CHANGING: Final = Permission.CREATE | Permission.UPDATE | Permission.DELETE
"""What somebody without a credential must not be allowed; to read and to be notified is
harmless."""


def nothing_left_open(attempt: Attempt) -> Opinion:
    """Judge the entries that the tool wrote and that are there at the end (OCF Security 12).

    Two things are wrong: whoever is in the clear may change a resource of the device itself, or a
    subject that is many (a role, a kind of connection, `*`) may change a security resource. OCF's
    own resources may be open in the clear, as ownership transfer needs doxm.
    """
    if attempt.to_rfpro is None:
        return NOT_REACHED
    for entry in attempt.picture.entries:
        subject, permission = entry.get("subject"), entry.get("permission")
        if not isinstance(subject, dict) or type(permission) is not int:
            continue
        if not permission & CHANGING:
            continue
        hrefs = [_href(each) for each in entry.get("resources") or ()]
        if subject.get("conntype") == Connection.ANYONE and not all(map(_is_of_ocf, hrefs)):
            came = f"anon-clear may write {', '.join(hrefs)}"
            return failed("nobody without a credential writes resources", came)
        if _is_many(subject) and any(href.startswith("/oic/sec/") for href in hrefs):
            came = f"{subject} may write {', '.join(hrefs)}"
            return failed("nobody but services writes security resources", came)
    return passed(attempt.to_rfpro.request)


def _is_many(subject: dict[str, Any]) -> bool:
    """Tell whether a subject is not one device or service by its UUID."""
    return "role" in subject or "conntype" in subject or subject.get("uuid") == "*"


def _href(resource: Any) -> str:
    """Return what a resource of an entry is for; one that names nothing is for all."""
    if not isinstance(resource, dict):
        return "?"
    return str(resource.get("href") or resource.get("wc") or "*")


def _is_of_ocf(href: str) -> bool:
    return href.startswith("/oic/")


def key_not_asked_for(attempt: Attempt) -> Opinion:
    """Tell whether the tool read the credentials and went on without the keys in them.

    The device never shows them (OCF Security 13.2.1). Some tools take the empty data for a
    failure and stop; who goes on has understood.
    """
    read = next(
        (each for each in attempt.exchanges if each.path == CRED and each.method == "GET"), None
    )
    if read is None or not read.is_accepted:
        return NOT_OBSERVABLE
    went_on = any(each.number > read.number for each in attempt.exchanges)
    return passed(read.request) if went_on else NOT_OBSERVABLE
