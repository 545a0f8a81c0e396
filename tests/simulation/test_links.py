"""Which links and interfaces a profile may have."""

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from onboardee.device.simulation.profile import ProfileError, load
from onboardee.device.simulation.resource import (
    MAX_LINKS,
    MAX_NESTING,
    Creation,
    ResourceProfile,
    check_links,
)

COLLECTION = ("oic.if.ll", "oic.if.b", "oic.if.baseline")
PLAIN = ("oic.if.a", "oic.if.baseline")


class Resource(NamedTuple):
    """As much of a resource as matters here."""

    href: str
    links: tuple[str, ...] = ()
    interfaces: tuple[str, ...] | None = None
    types: tuple[str, ...] = ("x.test",)
    creates: Creation | None = None

    @property
    def is_collection(self) -> bool:
        """As of a resource of a profile."""
        return ResourceProfile.is_collection.fget(self)  # type: ignore[attr-defined,no-any-return]


def check(*resources: Resource) -> None:
    """Check resources; those with links are collections unless they say otherwise."""
    check_links(
        [
            each._replace(interfaces=each.interfaces or (COLLECTION if each.links else PLAIN))
            for each in resources
        ]
    )


def chain(length: int) -> list[Resource]:
    """Make so many collections, each with the next one in it."""
    hrefs = [f"/{number}" for number in range(length + 1)]
    return [Resource(one, (other,)) for one, other in pairwise(hrefs)] + [Resource(hrefs[-1])]


def test_links_to_other_resources() -> None:
    """Collections may share links and stand in each other."""
    check(Resource("/a", ("/b", "/c")), Resource("/b", ("/c",)), Resource("/c"))
    check(*chain(MAX_NESTING))
    check(*reversed(chain(MAX_NESTING)))
    many = [f"/{number}" for number in range(MAX_LINKS)]
    check(Resource("/a", tuple(many)), *map(Resource, many))


@pytest.mark.parametrize(
    ("resources", "sentence"),
    [
        ([Resource("/a", ("/b",))], "/a links to /b, which is no resource here"),
        ([Resource("/a", ("/a",))], "links lead in a cycle: /a > /a"),
        (
            [Resource("/a", ("/b",)), Resource("/b", ("/c",)), Resource("/c", ("/a",))],
            "links lead in a cycle: /a > /b > /c > /a",
        ),
        ([Resource("/a", ("/b", "/b")), Resource("/b")], "/a links to the same resource twice"),
        (chain(MAX_NESTING + 1), "collections are nested too deep: /0 > /1 > /2 > /3 > /4 > /5"),
        (chain(MAX_NESTING + 1)[::-1], "/0 has collections nested deeper than 4"),
        (
            [Resource("/a", tuple(f"/{number}" for number in range(MAX_LINKS + 1)))],
            "/a has more than 64 links",
        ),
        ([Resource("/a", (), ("oic.if.ll",))], "/a has the interface oic.if.ll, but no links"),
        ([Resource("/a", (), ("oic.if.a", "oic.if.b"))], "/a has the interface oic.if.b, but no"),
        (
            [Resource("/a", ("/b",), PLAIN), Resource("/b")],
            "/a has links, but not the interface oic.if.ll",
        ),
        ([Resource("/a", (), ("oic.if.x",))], "/a has the unknown interface oic.if.x; there are:"),
        ([Resource("/a", (), ("OIC.IF.A",))], "/a has the unknown interface OIC.IF.A"),
    ],
)
def test_links_that_make_no_sense(resources: list[Resource], sentence: str) -> None:
    """A link to nothing, a cycle, an endless nest: the sentence says which and where."""
    with pytest.raises(ValueError, match=sentence.replace("(", r"\(")):
        check(*resources)


def test_profile_with_a_bad_link_is_refused(tmp_path: Path) -> None:
    """The author of a profile reads the same sentence, with the file's name."""
    path = tmp_path / "bad.yaml"
    path.write_text(
        """
device: {name: Bad, types: [oic.d.light]}
platform: {manufacturer: me}
resources:
  - {href: /a, types: [oic.wk.col], interfaces: [oic.if.ll], links: [/b], properties: {}}
"""
    )
    with pytest.raises(ProfileError, match=r"bad\.yaml, line 5: .*/b is no other resource"):
        load(str(path))
