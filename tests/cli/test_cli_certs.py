"""`onboardee certs`, and a device that shows what it made."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from test_cli_run import onboardee, running

from onboardee.device.cli import main
from onboardee.pki.defects import Defect

UUID = "99999999-2222-4333-8444-555555555555"

PROFILE = """
device: {name: Lamp, types: [oic.d.light]}
platform: {manufacturer: somebody}
ownership:
  methods: [mfgcert]
  manufacturer: {chain: certs/chain.pem, key: certs/key.pem, trust: certs/root.pem}
"""


def test_a_laboratory_and_its_device(tmp_path: Path) -> None:
    """What was made is what a profile needs; a second time nothing is overwritten."""
    folder = tmp_path / "certs"
    assert onboardee("certs", "make", str(folder)).returncode == 0
    names = {"root.pem", "intermediate.pem", "chain.pem"}
    names |= {"root-key.pem", "intermediate-key.pem", "key.pem"}
    assert {path.name for path in folder.iterdir()} == names
    assert (folder / "key.pem").stat().st_mode & 0o077 == 0
    again = onboardee("certs", "make", str(folder))
    assert again.returncode == 1
    assert "root.pem" in again.stderr
    profile = tmp_path / "lamp.yaml"
    profile.write_text(PROFILE)
    assert onboardee("profiles", "check", str(profile)).returncode == 0
    with running(str(profile), "--state-dir", str(tmp_path / "state")) as (_, ready):
        assert ready["state"] == "RFOTM"


def test_an_identity(tmp_path: Path) -> None:
    """With a UUID the leaf is an identity."""
    assert onboardee("certs", "make", str(tmp_path / "a"), "--uuid", UUID).returncode == 0
    (leaf, _) = x509.load_pem_x509_certificates((tmp_path / "a" / "chain.pem").read_bytes())
    assert leaf.subject.rfc4514_string() == f"CN=uuid:{UUID}"


def test_wrong_certificates(tmp_path: Path) -> None:
    """A laboratory gets a certificate of each kind of mistake, its keys for their owner alone."""
    folder = tmp_path / "certs"
    make = ["certs", "make", str(folder)]
    made = CliRunner().invoke(main, [*make, "--broken", "expired"])
    assert made.exit_code == 0, made.output
    root, chain = (folder / "root.pem").read_text(), (folder / "chain.pem").read_text()
    again = CliRunner().invoke(main, [*make, "--broken", "wrong-key", "--broken", "self-signed"])
    assert again.exit_code == 0, again.output
    assert (folder / "root.pem").read_text() == root
    assert (folder / "wrong-key-chain.pem").read_text() == chain
    (leaf, _) = x509.load_pem_x509_certificates((folder / "expired-chain.pem").read_bytes())
    assert leaf.not_valid_after_utc.year == 2024
    assert (folder / "self-signed-key.pem").stat().st_mode & 0o077 == 0
    everything = CliRunner().invoke(main, ["certs", "make", str(tmp_path / "b"), "--broken", "all"])
    assert everything.exit_code == 0, everything.output
    assert len([*(tmp_path / "b").glob("*-chain.pem")]) == len(Defect)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--broken", "late"], "there is no late: one of all, expired"),
        (["--broken", "expired", "--uuid", UUID], "leave --uuid out"),
        (["--broken", "self-signed"], "self-signed-chain.pem: File exists"),
    ],
)
def test_wrong_certificates_that_cannot_be(tmp_path: Path, words: list[str], sentence: str) -> None:
    """A kind that there is not, and a laboratory that has what is asked for, are said."""
    make = ["certs", "make", str(tmp_path)]
    CliRunner().invoke(main, [*make, "--broken", "self-signed"])
    result = CliRunner().invoke(main, [*make, *words])
    assert result.exit_code in {1, 2}
    assert sentence in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ((", trust: certs/root.pem", ", issuer_key: certs/root-key.pem"), "did not sign"),
        ((", trust: certs/root.pem", ", issuer_key: certs/root.pem"), "issuer_key is no"),
        (("certs/key.pem", "certs/root-key.pem"), "does not belong"),
        (("certs/key.pem", "certs/missing.pem"), "missing.pem"),
        (("certs/chain.pem", "certs/key.pem"), "PEM"),
        (("  manufacturer:", "  #"), "mfgcert"),
    ],
)
def test_profiles_that_cannot_work(tmp_path: Path, change: tuple[str, str], sentence: str) -> None:
    """A key of another certificate, a missing file: said when the profile is loaded."""
    assert onboardee("certs", "make", str(tmp_path / "certs")).returncode == 0
    profile = tmp_path / "lamp.yaml"
    profile.write_text(PROFILE.replace(*change))
    finished = onboardee("profiles", "check", str(profile))
    assert finished.returncode == 1
    assert sentence in finished.stderr


def test_a_method_without_its_certificate(tmp_path: Path) -> None:
    """The light has no manufacturer's certificate to offer."""
    finished = onboardee("run", "light", "--otm", "mfgcert", "--state-dir", str(tmp_path))
    assert finished.returncode == 1
    assert "ownership.manufacturer" in finished.stderr


def test_a_device_without_certificates_does_not_load_the_library() -> None:
    """5 MB of memory are only spent where there is a certificate."""
    program = (
        "import sys\n"
        "from onboardee.device.testing.network import MemoryNetwork\n"
        "from onboardee.device.testing.setup import memory_device\n"
        "memory_device(MemoryNetwork())\n"
        "sys.exit('cryptography.x509' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
