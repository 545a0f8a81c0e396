"""Certificates from the tool's own authority, their record, and their revocation everywhere."""

import base64
from pathlib import Path

import pytest
from obt_home import Home
from obt_house import House, resume_all

from onboardee.obt import run
from onboardee.obt.plans import RefusedError, UnfinishedError, remove
from onboardee.obt.plans.certifying import KeptAuthority, certify, give_role, revoke
from onboardee.pki.certificate import read_octets
from onboardee.pki.revocations import RevocationList, read_der


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
    with pytest.raises(RefusedError, match="none that is not revoked"):
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
