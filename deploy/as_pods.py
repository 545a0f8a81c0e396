"""Turns a StatefulSet into the pods and claims that Kubernetes makes of it, for `podman kube play`.

    kubectl kustomize deploy/kubernetes/base | python deploy/as_pods.py | podman kube play -

Podman knows no StatefulSets and no services. Each pod gets its name and its claims, its own name in
place of `$(POD)`, which podman does not resolve, and no ports, which podman 4 takes for ports of
this machine; all other objects stay as they are. Reads YAML from standard input and writes it to
standard output.
"""

import copy
import sys
from collections.abc import Iterator
from typing import Any, Final

import yaml

Manifest = dict[str, Any]

UNKNOWN: Final = {"Service", "NetworkAttachmentDefinition"}
"""What podman cannot play."""


def played(manifest: Manifest) -> Iterator[Manifest]:
    """Yield what podman can play of an object."""
    if manifest["kind"] == "StatefulSet":
        for ordinal in range(manifest["spec"]["replicas"]):
            yield from _pod(manifest, f"{manifest['metadata']['name']}-{ordinal}")
    elif manifest["kind"] not in UNKNOWN:
        yield manifest


def _pod(of: Manifest, name: str) -> Iterator[Manifest]:
    """Yield the claims of a pod, and the pod."""
    template = copy.deepcopy(of["spec"]["template"])
    spec = template["spec"]
    for claim in of["spec"].get("volumeClaimTemplates", ()):
        own = f"{claim['metadata']['name']}-{name}"
        yield {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": own},
            "spec": claim["spec"],
        }
        volume = {"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": own}}
        spec["volumes"].append(volume)
    for container in spec["containers"]:
        container.pop("ports", None)
        container["env"] = [
            {"name": each["name"], "value": each.get("value", name).replace("$(POD)", name)}
            for each in container.get("env", ())
        ]
    yield {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], "name": name},
        "spec": {**spec, "hostname": name},
    }


def main() -> None:
    """Translate standard input."""
    manifests = [each for each in yaml.safe_load_all(sys.stdin) if each]
    yaml.safe_dump_all(
        (part for manifest in manifests for part in played(manifest)), sys.stdout, sort_keys=False
    )


if __name__ == "__main__":
    main()
