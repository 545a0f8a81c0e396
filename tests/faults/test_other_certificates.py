"""Devices that show another certificate than their own."""

from pathlib import Path

import pytest
from fault_scene import with_faults
from wrong_certificate_scene import certified, laboratory, own_by_certificate

from onboardee.device.faults.certificates import prepared
from onboardee.device.faults.terms import FaultError, parse
from onboardee.device.simulation.profile import load
from onboardee.device.trace import items
from onboardee.obt import ObtError
from onboardee.pki import issuing
from onboardee.pki.defects import Defect
from onboardee.svrdb.model import State

ALERTS = {
    Defect.EXPIRED: "certificate_expired",
    Defect.NOT_YET_VALID: "certificate_expired",
    Defect.WRONG_SIGNATURE: "bad_certificate",
    Defect.WRONG_KEY: "decrypt_error",
    Defect.WRONG_USAGE: "unsupported_certificate",
    Defect.WRONG_PURPOSE: "unsupported_certificate",
    Defect.SELF_SIGNED: "unknown_ca",
    Defect.OTHER_ROOT: "unknown_ca",
    Defect.CHAIN_MISSING: "unknown_ca",
    Defect.OTHER_CURVE: "unsupported_certificate",
    Defect.AUTHORITY: "unsupported_certificate",
    Defect.UNKNOWN_CRITICAL: "unsupported_certificate",
    Defect.SIGNED_BY_DEVICE: "bad_certificate",
}
"""What a sound tool tells a device without an owner that shows such a certificate."""


@pytest.mark.parametrize(("defect", "alert"), ALERTS.items())
def test_a_sound_tool_refuses(defect: Defect, alert: str) -> None:
    """The tool gives up with the alert that fits, and owns the device once it is honest."""
    scene = certified(f"certificate kind={defect}")
    with pytest.raises(ObtError):
        own_by_certificate(scene)
    assert scene.acted == [f"showed a certificate: {defect}"]
    scene.network.run(60)
    alerts = [item for item in scene.items if isinstance(item, items.Alert) and item.way == "in"]
    assert alert in {each.name for each in alerts}
    own_by_certificate(scene)
    assert scene.device.database.state is State.RFNOP


def test_a_certificate_without_identity() -> None:
    """A maker's certificate needs no device's name: a tool may take it, and the device shows it."""
    scene = certified("certificate kind=no-identity")
    own_by_certificate(scene)
    assert scene.acted == ["showed a certificate: no-identity"]


def test_a_certificate_of_a_file(tmp_path: Path) -> None:
    """Any chain and key may be shown; relative paths begin where one says."""
    other = issuing.root("another maker").issue(issuing.manufacturer())
    (tmp_path / "chain.pem").write_text(other.pem)
    (tmp_path / "key.pem").write_text(other.key_pem)
    fault = prepared(parse("certificate chain=chain.pem key=key.pem"), laboratory()[0], tmp_path)
    scene = with_faults(fault, profile=laboratory()[0])
    with pytest.raises(ObtError):
        own_by_certificate(scene)
    assert scene.acted == ["showed a certificate: other"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("certificate", "certificate needs a kind, or a chain with its key"),
        ("certificate kind=late", "kind: late is not possible"),
        ("certificate chain=a.pem", "chain and key go together"),
        ("certificate chain=nothing.pem key=a.pem", "chain: cannot read nothing.pem"),
        ("certificate kind=expired", "kind: the profile has no ownership.manufacturer"),
    ],
)
def test_a_mistake_is_said(text: str, sentence: str) -> None:
    """Who asks for a certificate that there is not reads why."""
    with pytest.raises(FaultError, match=sentence):
        prepared(parse(text), load("light"))
