"""What `deploy/` has for container engines and Kubernetes, held against the program."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from onboardee.device.cli import main
from onboardee.device.cli.ping import command as ping
from onboardee.device.cli.run import command as run
from onboardee.device.fleet.loading import load_fleet
from onboardee.device.fleet.slices import parsed_slice

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BASE = DEPLOY / "kubernetes" / "base"
LARGE = DEPLOY / "kubernetes" / "ten-by-a-thousand"


def documents(path: Path) -> list[Any]:
    """Return the YAML documents of a file."""
    return list(yaml.safe_load_all(path.read_text()))


def stateful_set(path: Path) -> dict[str, Any]:
    """Return the specification in a file, which may be a patch."""
    found: dict[str, Any] = documents(path)[0]
    assert found["kind"] == "StatefulSet"
    spec: dict[str, Any] = found["spec"]
    return spec


def devices_of(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the container that runs devices."""
    found: dict[str, Any] = spec["template"]["spec"]["containers"][0]
    return found


def environment(container: dict[str, Any], pod: str) -> dict[str, str]:
    """Return the variables of a pod, with its name where Kubernetes puts it."""
    return {
        each["name"]: each.get("value", pod).replace("$(POD)", pod) for each in container["env"]
    }


@pytest.mark.parametrize(
    ("manifest", "fleet"),
    [(BASE / "statefulset.yaml", BASE), (LARGE / "pods.yaml", LARGE)],
)
def test_the_pods_run_the_whole_fleet_and_are_ready_with_their_part(
    manifest: Path, fleet: Path
) -> None:
    """Each device of the file is in one pod, which is ready when all of its devices run."""
    spec = stateful_set(manifest)
    devices = load_fleet(str(fleet / "fleet.yaml")).devices
    found: list[str] = []
    for ordinal in range(spec["replicas"]):
        settings = environment(devices_of(spec), f"fleet-{ordinal}")
        part = parsed_slice(settings["ONBOARDEE_SLICE"]).part(devices)
        assert len(part) == int(settings["DEVICES"])
        found += [each.name for each in part]
    assert found == [each.name for each in devices]


def test_the_probes_are_commands_of_the_program() -> None:
    """Ready with so many devices, and alive if any of them answers."""
    container = devices_of(stateful_set(BASE / "statefulset.yaml"))
    live = container["livenessProbe"]["exec"]["command"]
    assert live == ["onboardee", ping.name]
    for name in ("startupProbe", "readinessProbe"):
        shell, option, line = container[name]["exec"]["command"]
        assert (shell, option) == ("sh", "-c")
        words = line.replace("$DEVICES", "5").split()
        assert words[:2] == ["exec", "onboardee"]
        told = CliRunner().invoke(main, [*words[2:], "--state-dir", "/nonexistent"])
        assert (told.exit_code, "0 of 5 devices run" in told.output) == (1, True)


def test_pods_have_no_rights_and_take_options_that_run_has() -> None:
    """Nothing of the image has to be written but /state, and no service sets ONBOARDEE_PORT."""
    spec = stateful_set(BASE / "statefulset.yaml")
    pod, container = spec["template"]["spec"], devices_of(spec)
    rights = container["securityContext"]
    assert (rights["readOnlyRootFilesystem"], rights["allowPrivilegeEscalation"]) == (True, False)
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["enableServiceLinks"]
    options = {option for each in run.params for option in each.opts}
    assert {each for each in container["args"] if each.startswith("--")} <= options
    mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    image = (ROOT / "Dockerfile").read_text()
    assert f"VOLUME {mounts['state']}" in image
    assert f"ONBOARDEE_FLEET={mounts['fleet']}/fleet.yaml" in image


def test_every_setting_is_one_that_the_program_reads() -> None:
    """In the image, Compose and Kubernetes: a misspelt one would be ignored in silence."""
    known = {each.envvar for each in run.params if isinstance(each.envvar, str)}
    known.add("ONBOARDEE_STATE_DIR")
    places = [ROOT / "Dockerfile", *DEPLOY.rglob("*.yaml"), DEPLOY / "try-podman"]
    used = {name for each in places for name in re.findall(r"ONBOARDEE_\w+", each.read_text())}
    assert used <= known
    assert known - used == {"ONBOARDEE_WORKERS"}


def test_compose_has_a_tool_beside_the_devices_on_each_network() -> None:
    """A profile for each, restricted as far as that goes, and the tool waits for the devices."""
    services = documents(DEPLOY / "compose.yaml")[0]["services"]
    networks = {each["profiles"][0] for each in services.values()}
    assert networks == {"host", "macvlan", "bridge"}
    for network in networks:
        devices, owner = services[f"devices-{network}"], services[f"owner-{network}"]
        assert owner["depends_on"] == {f"devices-{network}": {"condition": "service_healthy"}}
        for each in (devices, owner):
            assert (each["read_only"], each["cap_drop"]) == (True, ["ALL"])
        assert devices.get("networks") == owner.get("networks")
        obt, name, *words = owner["command"]
        group = main.get_command(click.Context(main), obt)
        assert isinstance(group, click.Group)
        own = group.get_command(click.Context(group), name)
        assert own is not None
        own.make_context(name, list(words), resilient_parsing=True)


def test_a_stateful_set_becomes_pods_that_podman_can_play(tmp_path: Path) -> None:
    """Each has its name, claims and slice; services, which podman has not, are left out."""
    manifests = [*documents(BASE / "statefulset.yaml"), *documents(BASE / "service.yaml")]
    done = subprocess.run(
        [sys.executable, str(DEPLOY / "as_pods.py")],
        input=yaml.safe_dump_all(manifests),
        capture_output=True,
        text=True,
        check=True,
    )
    found = list(yaml.safe_load_all(done.stdout))
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [
        ("PersistentVolumeClaim", "state-fleet-0"),
        ("Pod", "fleet-0"),
        ("PersistentVolumeClaim", "state-fleet-1"),
        ("Pod", "fleet-1"),
    ]
    pod = found[-1]["spec"]
    assert environment(pod["containers"][0], "")["ONBOARDEE_SLICE"] == "fleet-1/2"
    claims = [each["persistentVolumeClaim"] for each in pod["volumes"] if each["name"] == "state"]
    assert claims == [{"claimName": "state-fleet-1"}]
