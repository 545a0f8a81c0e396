"""Run in a fresh network namespace by `test_obt_walk`; walks through the menu, prints JSON."""

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

START = "from onboardee.device.cli import main; main()"
ONBOARDEE = [sys.executable, "-c", START]
# nobody waits for devices that may answer after two seconds, as these do at once
IMPATIENT = f"from onboardee.obt import discovery; discovery.ROUND_SECONDS = 0.5; {START}"
LIGHTS = 3
QUICK = "extends: light\ndiscovery: {doxm_delay: 0.05, other_delay: 0.05}\n"


def ip(arguments: str) -> None:
    """Run iproute2."""
    subprocess.run(["ip", *arguments.split()], check=True)


def walk(place: Path) -> dict[str, Any]:
    """Do all entries of the guide, in its order; return what each said."""
    store = place / "obt.db"

    def menu(*arguments: str, given: str | None = None) -> str:
        ran = subprocess.run(
            [sys.executable, "-c", IMPATIENT, "obt", "--store", str(store), "menu", *arguments],
            input=given,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    said: dict[str, Any] = {}
    said["11"] = menu("11", "--rounds", "1")
    said["20"] = menu("20")
    said["10"] = menu("10", "--rounds", "1")
    said["12"] = menu("12", "--rounds", "1")
    acl = "1\n/light/switch\nn\ny\ny\nn\ny\n"
    steps = f"30\n1\n2\n{acl}{acl}31\n2\n3\n1\n32\n1\n3\n{acl}34\n2\n99\n"
    said["30"] = menu(given=steps)
    steps = "60\n2\n61\n1\n40\n1\n2\n34\n1\n50\n3\n34\n2\n99\n"
    said["40"] = menu(given=steps)
    return said


def main() -> None:
    """Make a network, lights on it, and walk."""
    ip("link set lo up")
    ip("link add va type veth peer name vb")
    ip("link set va up")
    ip("link set vb up")
    ip("addr add 10.78.0.1/24 dev va")
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        profile = Path(place, "quick.yaml")
        profile.write_text(QUICK, encoding="ascii")
        settings = [*([str(profile)] * LIGHTS), "--log-format", "json"]
        lights = subprocess.Popen(
            [*ONBOARDEE, "run", *settings, "--state-dir", f"{place}/lights"],
            stdout=subprocess.PIPE,
            text=True,
        )
        stack.callback(lights.wait)
        stack.callback(lights.kill)
        assert lights.stdout is not None
        ready = 0
        while ready < LIGHTS:
            ready += json.loads(lights.stdout.readline())["event"] == "device.ready"
        sys.stdout.write(json.dumps(walk(Path(place))))


if __name__ == "__main__":
    main()
