"""What was read from a device, as far as making a profile needs it.

These are protocols and not classes: the onboarding tool's `Survey` fits them, and so does whatever
a test makes. This room imports no client and no network.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Reading(Protocol):
    """What came of reading one resource."""

    @property
    def body(self) -> Any:
        """The representation, by the baseline interface if there is one."""

    @property
    def refusal(self) -> str | None:
        """Why there is none."""

    @property
    def secured(self) -> bool:
        """Whether it was read in a session."""


class Readings(Protocol):
    """A device as one client saw it."""

    @property
    def links(self) -> Sequence[Any]:
        """The links of `/oic/res`."""

    @property
    def device(self) -> Mapping[str, Any]:
        """What `/oic/d` shows."""

    @property
    def platform(self) -> Mapping[str, Any]:
        """What `/oic/p` shows."""

    @property
    def introspection(self) -> Mapping[str, Any] | None:
        """The document of introspection."""

    @property
    def resources(self) -> Mapping[str, Reading]:
        """All others by path."""

    @property
    def notes(self) -> Sequence[str]:
        """What could not be read, in sentences."""
