"""The published tables are those of the device."""

from tables import DOCUMENT, TARGETS, document

from onboardee.device.access.rights import OCF
from onboardee.device.resources.secure import secure_resources
from onboardee.svrdb.model import SECURITY_RESOURCES
from onboardee.wire.entropy import SeededEntropy


def test_the_document_is_current() -> None:
    """`docs/tables.md` says what `python tests/security/tables.py` would write."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_all_security_resources_are_in_the_tables() -> None:
    """No security resource is served that the table of access leaves out."""
    optional = {each.href for each in SECURITY_RESOURCES if each.is_optional}
    served = {
        resource.target.href
        for resource in secure_resources(SeededEntropy(0), None, None, None)  # type: ignore[arg-type]
    }
    assert served | optional == {href for href in TARGETS if href.startswith("/oic/sec/")}
    assert {f"/oic/sec/{name}" for name in OCF.rights} <= served | optional
