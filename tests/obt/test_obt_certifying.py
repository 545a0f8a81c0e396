"""Certificates from the tool's own authority, their record, and their revocation everywhere."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA384
from msgspec.structs import replace
from obt_home import Home
from obt_house import Crash, House, resume_all

from onboardee.device.simulation.profile import load
from onboardee.device.testing.threaded import DeviceThread
from onboardee.obt import OnboardingError, run
from onboardee.obt.plans import OperationRefusedError, UnfinishedError, remove
from onboardee.obt.plans.certifying import KeptAuthority, certify, give_role, revoke
from onboardee.pki.certificate import read_octets
from onboardee.pki.curves import Curve, curve_of
from onboardee.pki.revocations import RevocationList, read_der

LIGHT = load("light")
STRONG = replace(LIGHT, ownership=replace(LIGHT.ownership, curve="P-384"))


def crl_of(house: House, number: int) -> RevocationList | None:
    """Return the revocation list that a light has."""
    data = house.lights[house.uuids[number]].database.crl.data
    return read_der(base64.b64decode(data)) if data else None


def house_with_csr(path: Path, lights: int = 3) -> House:
    """Make a house of lights whose owner may read their signing requests."""
    return House(path, lights, may_certify=True)


def test_identity_and_role(tmp_path: Path) -> None:
    """The device has both, the database records them, and the authority is the same each time."""
    house = house_with_csr(tmp_path)
    device = house.uuids[0]
    tool = house.start()
    identity = run(certify(tool.database, tool, device))
    role = run(give_role(tool.database, tool, device, "cook", role_authority="kitchen"))
    assert [each.kind for each in tool.database.certificates.of(device)] == ["identity", "role"]
    assert (role.role, role.role_authority) == ("cook", "kitchen")
    there = house.lights[device].database.cred.credentials
    usages = [each.usage for each in there if each.usage]
    assert usages.count("oic.sec.cred.cert") == 1
    assert usages.count("oic.sec.cred.rolecert") == 1
    assert f"{read_octets(identity.pem.encode())[0].serial_number:x}" == identity.serial
    root = KeptAuthority.of(tool.database).root
    tool.database.close()
    tool = house.start()
    assert KeptAuthority.of(tool.database).root == root
    assert [each.kind for each in tool.database.operations.history()] == ["role", "certify"]
    tool.database.close()


def test_revoked_everywhere(tmp_path: Path) -> None:
    """All devices with certificates learn of it, those that are away later, and with one number."""
    house = house_with_csr(tmp_path)
    one, two, three = house.uuids
    tool = house.start()
    made = {each: run(certify(tool.database, tool, each)) for each in house.uuids}
    house.unplug(three)
    with pytest.raises(UnfinishedError, match="onboardee obt resume 4"):
        run(revoke(tool.database, tool, one))
    crl = crl_of(house, 1)
    assert crl is not None
    assert crl.has(read_octets(made[one].pem.encode())[0])
    assert not crl.has(read_octets(made[two].pem.encode())[0])
    assert crl_of(house, 2) is None
    house.plug(three)
    tool.database.close()
    tool = house.start()
    assert resume_all(tool) == []
    later = crl_of(house, 2)
    assert later is not None
    assert later.der == crl.der
    with pytest.raises(OperationRefusedError, match="no certificate of ours to be revoked"):
        run(revoke(tool.database, tool, one))
    run(remove(tool.database, tool, two))
    last = crl_of(house, 2)
    assert last is not None
    assert last.has(read_octets(made[one].pem.encode())[0])
    assert last.has(read_octets(made[two].pem.encode())[0])
    tool.database.close()


def test_commands(home: Home) -> None:
    """Given, listed, revoked, under the menu's numbers, too; profiles shown and chosen."""
    assert "has the certificate" in home.obt("certify", "kitchen").stdout
    home.obt("menu", "35", "hall")
    home.obt("menu", "36", "kitchen", "cook", "--authority", "home")
    assert "BEGIN CERTIFICATE REQUEST" in home.obt("menu", "37", "kitchen").stdout
    kinds = [(each["kind"], each["role"]) for each in home.json("certificates")]
    assert kinds == [("identity", ""), ("identity", ""), ("role", "cook")]
    home.obt("menu", "38", "kitchen")
    assert [bool(each["revoked"]) for each in home.json("certificates")] == [True, False, True]
    current = home.json("profile", "hall")["current"]
    assert home.json("menu", "39", "hall", "--set", current)["current"] == current
    assert "4.00" in home.obt("profile", "hall", "--set", "nonsense", code=1).output


def test_an_authority_on_p384(home: Home) -> None:
    """By commands: made with the first certificate, on P-384 for good, and of no use to others."""
    study = home.stack.enter_context(DeviceThread(STRONG))
    home.obt("own", study.coap, "--name", "study")
    made = home.json("certify", "study", "--curve", "P-384")
    home.obt("role", "study", "cook")
    (leaf,) = read_octets(made["certificate"].encode())
    assert curve_of(leaf.public_key()) is Curve.P384
    assert isinstance(leaf.content.signature_hash_algorithm, SHA384)
    assert [each["kind"] for each in home.json("certificates")] == ["identity", "role"]
    home.obt("revoke", "study")
    assert "4.00" in home.obt("certify", "kitchen", code=1).output
    said = home.obt("role", "kitchen", "cook", "--curve", "P-256", code=1).output
    assert "the authority of this database is on P-384" in said
    assert "--store" in said


def test_a_house_on_p384(tmp_path: Path) -> None:
    """Identity, role and revocation of lights on P-384, after another start of the tool, too."""
    house = House(tmp_path, 2, may_certify=True, profile=STRONG)
    one, other = house.uuids
    tool = house.start()
    made = [run(certify(tool.database, tool, each, curve=Curve.P384)) for each in house.uuids]
    tool.database.close()
    tool = house.start()
    made.append(run(give_role(tool.database, tool, one, "cook")))
    run(revoke(tool.database, tool, one))
    for each in made:
        leaf = read_octets(each.pem.encode())[0]
        assert curve_of(leaf.public_key()) is Curve.P384
    crl = crl_of(house, 1)
    assert crl is not None
    assert [crl.has(read_octets(each.pem.encode())[0]) for each in made] == [True, False, True]
    with pytest.raises(OperationRefusedError, match="on P-384"):
        run(certify(tool.database, tool, other, curve=Curve.P256))
    tool.database.close()


@pytest.mark.parametrize("role", [None, "cook"])
def test_crash_at_every_moment(tmp_path: Path, role: str | None) -> None:
    """After the next start the device has one certificate, which is recorded, and works."""
    at = 0
    usage = "oic.sec.cred.cert" if role is None else "oic.sec.cred.rolecert"
    while True:
        at += 1
        house = House(tmp_path / f"{at}", 1, may_certify=True)
        (device,) = house.uuids
        tool = house.start(at)
        try:
            if role is None:
                run(certify(tool.database, tool, device))
            else:
                run(give_role(tool.database, tool, device, role))
        except Crash:
            tool.database.close()
        else:
            tool.database.close()
            break
        tool = house.start()
        (begun,) = tool.database.operations.unfinished() or [None]
        assert resume_all(tool) == []
        there = house.lights[device].database.cred.credentials
        given = [each for each in there if each.usage == usage]
        if begun is not None:
            assert len(given) == 1
        serials = {each.serial for each in tool.database.certificates.of(device)}
        for each in given:
            assert each.public is not None
            octets = each.public.data
            text = octets if isinstance(octets, bytes) else str(octets).encode()
            assert f"{read_octets(text)[0].serial_number:x}" in serials
        assert house.state(device) == 3
        tool.database.close()
    assert at > 15


def test_refused(tmp_path: Path) -> None:
    """A device that does not show its signing request gets none, and nothing remains to be done."""
    house = House(tmp_path, 1)
    tool = house.start()
    with pytest.raises(OnboardingError, match=r"4\.01"):
        run(certify(tool.database, tool, house.uuids[0]))
    assert tool.database.operations.unfinished() == []
    assert tool.database.certificates.all() == []
    tool.database.close()
