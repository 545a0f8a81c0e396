"""The resources that the editor knows: each is one row, and the rest follows from the model."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Resource:
    """A part of the database by its name on the wire, which is also its place in `Database`."""

    name: str
    title: str
    entries: str | None = None
    """The property that is a list of entries with ids of their own."""
    entry: str = "entry"
    """What one of them is called."""


RESOURCES: Final = {
    row.name: row
    for row in (
        Resource("doxm", "Device owner transfer methods"),
        Resource("pstat", "Provisioning status"),
        Resource("acl2", "Access control list", "aclist2", "access control entry"),
        Resource("cred", "Credentials", "creds", "credential"),
        Resource("sp", "Security profile"),
        Resource("sdi", "Security domain"),
        Resource("crl", "Revoked certificates"),
        Resource("ael", "Audit log filters"),
        Resource("permanent", "Identifiers that outlive a reset"),
    )
}
