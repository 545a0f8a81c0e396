"""What each tool writes in its requests, as functions of what is known by then.

They take a `Transfer` and return the body of one UPDATE, so that a table of `orders` names nothing
that is only known on the way: the owner's UUID, the key, whether the device has a security domain.
Tools ask for the same in different words, and a device has to understand all of them: an empty key
is empty octets or empty text, a rule has a number of 0 or none, a path may be a wildcard.
"""

from collections.abc import Mapping
from typing import Any, Final

from onboardee.obt.cbor import Body, RawText
from onboardee.obt.model import DOXM, PAIRWISE, PSTAT, Permission, wire
from onboardee.obt.transfer import Transfer

READ: Final = int(Permission.RETRIEVE)
"""The permission of those who only look."""
MANAGE: Final = int(Permission.RETRIEVE | Permission.UPDATE | Permission.DELETE)
ALL: Final = 31
"""All five bits, as an owner gives itself."""

_EVERYBODY: Final = ("/oic/d", "/oic/p", "/oic/res", "/oic/sec/sdi")
"""What everybody may read in the clear: who the device is, and in which domain."""
_ANONYMOUS: Final = {"conntype": "anon-clear"}
"""The subject of everybody in the clear (OCF Security 12.2.1)."""


def owner_of(transfer: Transfer) -> Body:
    """Return what makes the tool the owner of a resource."""
    return {"rowneruuid": transfer.owner_text}


def _credential(transfer: Transfer, private: Mapping[str, object], **first: int) -> Body:
    """Return an UPDATE of cred with one pairwise credential for the owner."""
    credential = {
        **first,
        "credtype": PAIRWISE,
        "subjectuuid": transfer.owner_text,
        "privatedata": private,
    }
    return {"creds": [credential], "rowneruuid": transfer.owner_text}


def _subject(transfer: Transfer) -> dict[str, str]:
    """Return the owner as the subject of a rule."""
    return {"uuid": transfer.owner_text}


def raw_empty(transfer: Transfer) -> Body:
    """Return an empty key, which asks for derivation (OCF Security 7.3.2), as octets."""
    return _credential(transfer, {"encoding": "oic.sec.encoding.raw", "data": b""})


def raw_empty_first(transfer: Transfer) -> Body:
    """Return the same with a number of 0, as some tools write it: the device gives it one."""
    private = {"data": b"", "encoding": "oic.sec.encoding.raw"}
    return _credential(transfer, private, credid=0)


def base64_empty(transfer: Transfer) -> Body:
    """Return the same as empty base64 text, as IoTivity 2.x's client writes it."""
    private = {"data": "", "encoding": "oic.sec.encoding.base64"}
    return _credential(transfer, private, credid=0)


def raw_text(transfer: Transfer) -> Body:
    """Return a key of the tool's own choice, under the label of a text string, as plgd's does."""
    private = {"data": RawText(transfer.key), "encoding": "oic.sec.encoding.raw"}
    return _credential(transfer, private)


def _rule(subject: Mapping[str, str], permission: int, *resources: Body) -> Body:
    """Return one access control entry."""
    return {"subject": subject, "resources": list(resources), "permission": permission}


def lite_rules(transfer: Transfer) -> Body:
    """Return the rules of IoTivity-Lite's tool."""
    readable = [href for href in _EVERYBODY if transfer.has_domain or href != "/oic/sec/sdi"]
    subject = _subject(transfer)
    rules = [
        _rule(subject, MANAGE, {"href": "/oic/sec/sp"}),
        _rule(subject, READ, {"href": "/oic/sec/csr"}),
        _rule(_ANONYMOUS, READ, *({"href": href} for href in readable)),
    ]
    return {"aclist2": rules}


def lite_rules_and_ours(transfer: Transfer) -> Body:
    """Return the same, with what the owner wants to be permitted besides."""
    rules = [*lite_rules(transfer)["aclist2"], *map(wire, transfer.rules)]
    return {"aclist2": rules}


def one_rule_for_all(transfer: Transfer) -> Body:
    """Return the only rule of IoTivity 2.x's tool, with a wildcard where a path stands."""
    anything = {"href": "*", "rt": ["*"], "if": ["*"]}
    rule = {"aceid": 0, **_rule(_subject(transfer), ALL, anything)}
    return {"aclist2": [rule], "rowneruuid": transfer.owner_text}


def plgd_rules(transfer: Transfer) -> Body:
    """Return the rules of plgd's tool; what the device does not have is left out."""
    types = ("oic.r.coapcloudconf", "oic.wk.mnt", "oic.r.softwareupdate")
    special = [transfer.hrefs[name] for name in types if name in transfer.hrefs]
    subject = _subject(transfer)

    def on(*hrefs: str) -> list[dict[str, Any]]:
        return [{"href": href, "if": ["*"]} for href in hrefs]

    rules = [
        _rule(subject, ALL, {"wc": "*", "if": ["*"]}, *on(*special)),
        _rule(subject, MANAGE, *on("/oic/sec/sp", PSTAT, DOXM)),
        _rule(subject, READ, *on("/oic/sec/csr")),
        _rule(_ANONYMOUS, READ, *on(*_EVERYBODY, DOXM)),
    ]
    return {"aclist2": rules}
