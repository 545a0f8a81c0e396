"""`onboardee run devsim` in the place of plgd's simulator."""

from pathlib import Path
from urllib.parse import urlsplit

import cbor2
import pytest
from aiocoap import GET, Context, Message
from test_cli_run import onboardee, running

from onboardee.device.cli import hosting
from onboardee.device.cli.unit import PlannedDevice
from onboardee.device.simulation.profile import load


def certificates(folder: Path) -> Path:
    """Write a manufacturer's certificate as plgd's certificate tool does."""
    maker = load("sampleserver-mfg").ownership.manufacturer
    assert maker is not None
    folder.mkdir()
    for name, text in (
        ("mfgcrt.pem", maker.chain),
        ("mfgkey.pem", maker.key),
        ("cloudca.pem", maker.trust),
    ):
        assert text is not None
        (folder / name).write_text(text)
    return folder


async def test_lights_and_certificates(tmp_path: Path) -> None:
    """It has the lights that were asked for, and offers its certificate beside Just Works."""
    pki = certificates(tmp_path / "pki_certs")
    options = ("--name", "devsim-host", "--lights", "2", "--pki-certs", str(pki))
    with running("devsim", "--state-dir", str(tmp_path / "state"), *options) as (_, ready):
        place = next(each for each in ready["endpoints"] if each.startswith("coap:"))  # type: ignore[attr-defined]
        context = await Context.create_client_context()
        answers = {}
        try:
            for path in ("/light/2", "/oic/d", "/oic/sec/doxm"):
                message = Message(code=GET, uri=f"coap://{urlsplit(place).netloc}{path}")
                answers[path] = cbor2.loads((await context.request(message).response).payload)
        finally:
            await context.shutdown()
    assert answers["/light/2"] == {"state": False, "power": 0, "name": "Light"}
    assert answers["/oic/d"]["n"] == "devsim-host"
    assert answers["/oic/sec/doxm"]["oxms"] == [0, 2]


def test_several_are_called_as_those_of_cloud_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first has the name that its user waits for, the others that with their number."""
    found: list[PlannedDevice] = []
    monkeypatch.setattr(hosting, "run", lambda planned, _: found.extend(planned))
    several = ("--count", "3", "--name", "devsim-host", "--state-dir", str(tmp_path))
    onboardee("run", "devsim", *several)
    titles = ["devsim-host", "devsim-host-1", "devsim-host-2"]
    assert [each.profile.device.name for each in found] == titles
    assert [each.name for each in found] == ["devsim-host-1", "devsim-host-2", "devsim-host-3"]
    refused = onboardee("run", "devsim", "light", *several)
    assert "--name is for one device, and these are several" in refused.stderr


def test_what_is_wrong_is_said_with_its_option(tmp_path: Path) -> None:
    """No lights to number, no certificate in the folder, a folder that is none."""
    state = ("--state-dir", str(tmp_path / "state"))
    lights = onboardee("run", "light", "--lights", "2", *state)
    assert "--lights: the profile has no resource of type core.light" in lights.stderr
    empty = onboardee("run", "devsim", "--pki-certs", str(tmp_path), *state)
    assert "--pki-certs" in empty.stderr
    assert "mfgcrt.pem: No such file or directory" in empty.stderr
    folder = certificates(tmp_path / "pki")
    (folder / "mfgkey.pem").write_text("no key")
    wrong = onboardee("run", "devsim", "--pki-certs", str(folder), *state)
    assert f"--pki-certs: {folder}" in wrong.stderr
    assert {each.returncode for each in (lights, empty, wrong)} == {1}
