"""What IoTivity 1.3's provisioning client writes in another way than OCF has it.

It is a view as those of OIC 1.1 are, for a single resource: the setting `anchor_in_optionaldata` of
a profile puts it in front of cred, and no other device has it.
"""

from collections.abc import Mapping
from typing import Final

from onboardee.device.access.call import Call
from onboardee.device.access.rights import OCF
from onboardee.device.access.target import CRED
from onboardee.device.resources.base import Outcome, Representation, Resource
from onboardee.device.resources.oic_1_1.cred import joined, octets_of
from onboardee.device.resources.oic_1_1.view import Payload, ResourceView, ViewedResource
from onboardee.svrdb.model import CredentialType


def serve_anchor_in_optionaldata(resources: list[Resource]) -> None:
    """Let cred take certificates from `optionaldata` where there is no `publicdata`.

    The list is changed in place, before the device serves it.
    """
    for number, resource in enumerate(resources):
        if resource.target.href == CRED:
            resources[number] = ViewedResource(resource, _CRED, OCF)


def _as_it_is(behind: Resource, call: Call) -> Representation | Outcome:
    """Read the resource behind."""
    return behind.retrieve(call)


def _update(behind: Resource, call: Call, payload: Payload) -> Outcome:
    """Translate the credentials and let the resource behind take them."""
    elements = payload.get("creds")
    if isinstance(elements, list):
        payload = {**payload, "creds": [_in_words_of_ocf(each) for each in elements]}
    return behind.update(call, payload)


def _in_words_of_ocf(element: object) -> object:
    """Move a chain to where it belongs; what is revoked stays said."""
    if not isinstance(element, Mapping) or element.get("credtype") != CredentialType.CERTIFICATE:
        return element
    optional = element.get("optionaldata")
    if "publicdata" in element or not isinstance(optional, Mapping) or not octets_of(optional):
        return element
    status = {name: value for name, value in optional.items() if name == "revstat"}
    rest = {name: value for name, value in element.items() if name != "optionaldata"}
    moved = {**rest, "publicdata": joined(None, octets_of(optional))}
    return {**moved, "optionaldata": status} if status.get("revstat") else moved


_CRED: Final = ResourceView(of=CRED, retrieve=_as_it_is, update=_update)
