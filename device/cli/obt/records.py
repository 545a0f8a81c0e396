"""Records of the database as JSON and as lines for people, the same for all commands.

The names in these objects are an interface: programs read them, and docs/obt.md lists them. What
is added is added at the end, and nothing is renamed. Secrets have no place in them.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from onboardee.device.cli.obt.addresses import uri
from onboardee.obt.database import DeviceRecord, Operation, PairwiseCredential
from onboardee.obt.model import Rule


def device_value(record: DeviceRecord, links: Sequence[UUID]) -> dict[str, Any]:
    """Return a device.

    Without its key: what is printed may end up in a log.
    """
    return {
        "uuid": record.uuid,
        "name": record.name,
        "types": record.types,
        "state": record.state,
        "owner": record.owner,
        "has_key": record.key is not None,
        "method": None if record.method is None else record.method.name.lower(),
        "order": record.order,
        "secured": [uri("coaps", each) for each in record.secured],
        "plain": None if record.plain is None else uri("coap", record.plain),
        "former": record.former,
        "added": record.added,
        "seen": record.seen,
        "linked_with": links,
    }


def credential_value(record: PairwiseCredential) -> dict[str, Any]:
    """Return one side of a link."""
    return {
        "device": record.device,
        "peer": record.peer,
        "state": record.state,
        "credid": record.credid,
        "bits": record.bits,
        "changed": record.changed,
    }


def plain_rule(rule: Rule) -> Any:
    """Return a rule as it is sent."""
    return msgspec.to_builtins(rule)


def operation_value(operation: Operation) -> dict[str, Any]:
    """Return an operation."""
    return {
        "id": operation.id,
        "kind": operation.kind,
        "devices": operation.devices,
        "options": operation.options,
        "result": operation.result,
        "message": operation.message,
        "started": operation.started,
        "ended": operation.ended,
    }
