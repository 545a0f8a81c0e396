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


def nothing_left_open(attempt: Attempt) -> Opinion:
    """Judge the entries at the end."""
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
    return "role" in subject or "conntype" in subject or subject.get("uuid") == "*"


def _href(resource: Any) -> str:
    if not isinstance(resource, dict):
        return "?"
    return str(resource.get("href") or resource.get("wc") or "*")


def _is_of_ocf(href: str) -> bool:
    return href.startswith("/oic/")


def key_not_asked_for(attempt: Attempt) -> Opinion:
    """Tell whether the tool read the credentials and went on without the keys in them."""
    read = next(
        (each for each in attempt.exchanges if each.path == CRED and each.method == "GET"), None
    )
    if read is None or not read.is_accepted:
        return NOT_OBSERVABLE
    went_on = any(each.number > read.number for each in attempt.exchanges)
    return passed(read.request) if went_on else NOT_OBSERVABLE
