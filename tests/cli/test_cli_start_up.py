"""What `onboardee run` imports on its way to `device.ready`."""

import json
import re
import subprocess
import sys
from pathlib import Path

NOT_NEEDED = (
    "onboardee.obt",
    "onboardee.device.testing",
    "onboardee.device.web",
    "onboardee.pki.certificate",
    "onboardee.pki.chains",
    "onboardee.svrdb.formats",
    "onboardee.wire.coap.client",
    "onboardee.wire.coap.discovery",
    "onboardee.device.resources.secure.dpairing",
    "onboardee.device.security.direct_pairing",
    "onboardee.wire.dtls.client",
    "onboardee.wire.dtls.client_handshake",
    "cryptography.x509",
    "ctypes",
    "difflib",
    "dateutil",
    "ifaddr",
    "importlib.metadata",
    "importlib.resources",
    "_ssl",
    "prompt_toolkit",
    "starlette",
    "tempfile",
    "uvicorn",
    "zipfile",
)


def test_a_device_imports_nothing_that_it_does_not_use(tmp_path: Path) -> None:
    """A light at this machine's own address starts without clients, certificates and archives."""
    arguments = ["run", "light", "--state-dir", str(tmp_path / "light"), "--host", "127.0.0.1"]
    process = subprocess.Popen(
        # -S: what else is installed beside us may import anything by itself
        [sys.executable, "-X", "importtime", "-S", "-c", _PROGRAM, *arguments, "--log-format=json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    process.terminate()
    _, told = process.communicate(timeout=20)
    assert first["event"] == "device.ready"
    imported = set(re.findall(r"\| +([\w.]+)$", told.decode(), re.MULTILINE))
    assert "onboardee.device.machine.device" in imported
    unnecessary = [
        name
        for name in sorted(imported)
        if any(name == each or name.startswith(f"{each}.") for each in NOT_NEEDED)
    ]
    assert not unnecessary


_PROGRAM = f"""
import sys
sys.path[:] = {sys.path!r}
from onboardee.device.cli import main
main()
"""
