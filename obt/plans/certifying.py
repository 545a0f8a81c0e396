"""Certificates for devices of the database, and their revocation on all devices at once.

What issues certificates takes 5 MB of memory, so this is imported by those who need it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, Self
from uuid import UUID

from onboardee.obt.authority import Authority, SigningRequest
from onboardee.obt.database import (
    DeviceState,
    IssuedCertificate,
    Operation,
    PlanStep,
    ProvisioningDatabase,
    Result,
)
from onboardee.obt.database.authorities import StoredAuthority
from onboardee.obt.errors import ObtError
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.plans.errors import RefusedError
from onboardee.obt.plans.runner import carry_out
from onboardee.obt.plans.surroundings import OnProgress, Surroundings
from onboardee.pki.certificate import read_octets

NAME: Final = "home"
"""The authority that is used where none is named."""

Give = Callable[[OwnedDevice, "KeptAuthority"], Any]


class KeptAuthority(Authority):
    """An authority of the database: what it signs is recorded before anybody gets it."""

    _database: ProvisioningDatabase
    _name: str

    @classmethod
    def of(cls, database: ProvisioningDatabase, name: str = NAME) -> Self:
        """Return the authority of a name, made when it is asked for first."""
        stored = database.authorities.get(name)
        if stored is None:
            made = Authority.create(f"onboardee {name}")
            stored = StoredAuthority(name=name, chain=made.chain, private_key=made.private_key())
            database.authorities.add(stored)
        kept = cls.load(stored.chain, stored.private_key)
        kept.record_in(database, name)
        kept.go_on_from(stored.crl_number)
        for each in database.certificates.all():
            if each.revoked is not None:
                kept.revoke(each.pem, at=_time(each.revoked))
        return kept

    def record_in(self, database: ProvisioningDatabase, name: str) -> None:
        """Record from now on what is signed."""
        self._database, self._name = database, name

    def identity(self, request: SigningRequest) -> str:
        """Sign an identity certificate."""
        return self._record(super().identity(request), request.uuid, "identity")

    def role(self, request: SigningRequest, role: str, *, authority: str | None = None) -> str:
        """Sign a role certificate."""
        made = super().role(request, role, authority=authority)
        return self._record(made, request.uuid, "role", role, authority or "")

    def next_list(self) -> dict[str, Any]:
        """Return a new revocation list as it is sent; its number is never used again."""
        body = self.revocations().body
        self._database.authorities.set_crl_number(self._name, body["crlid"])
        return body

    def _record(
        self, pem: str, device: UUID, kind: str, role: str = "", role_authority: str = ""
    ) -> str:
        serial = read_octets(pem.encode())[0].serial_number
        self._database.certificates.add(
            IssuedCertificate(
                device=device,
                kind=kind,
                serial=f"{serial:x}",
                pem=pem,
                role=role,
                role_authority=role_authority,
            )
        )
        return pem


async def certify(
    database: ProvisioningDatabase, around: Surroundings, device: UUID
) -> IssuedCertificate:
    """Give a device an identity certificate, and the authority as a trust anchor.

    Raises:
        ObtError: if the device refused; what was signed for it is recorded nevertheless.

    """
    return await _give(
        database, around, device, "certify", lambda owned, by: owned.provision_identity(by)
    )


async def give_role(
    database: ProvisioningDatabase,
    around: Surroundings,
    device: UUID,
    role: str,
    *,
    role_authority: str | None = None,
) -> IssuedCertificate:
    """Give a device a certificate of a role that it may assert. Raises `ObtError`."""
    return await _give(
        database,
        around,
        device,
        "role",
        lambda owned, by: owned.provision_role(by, role, role_authority=role_authority),
    )


async def _give(
    database: ProvisioningDatabase, around: Surroundings, device: UUID, kind: str, give: Give
) -> IssuedCertificate:
    record = database.devices.require(device)
    with database.writing():
        operation = database.operations.begin(kind, (device,))
        try:
            async with await around.reach(record) as owned:
                pem = await give(owned, KeptAuthority.of(database))
        except ObtError as error:
            database.operations.end(operation.id, Result.FAILED, str(error))
            raise
        database.operations.end(operation.id, Result.DONE)
    return next(each for each in reversed(database.certificates.of(device)) if each.pem == pem)


async def revoke(
    database: ProvisioningDatabase,
    around: Surroundings,
    device: UUID,
    *,
    on_progress: OnProgress | None = None,
) -> Operation:
    """Withdraw all certificates of a device, on every device that trusts the authority.

    Raises:
        RefusedError: if it has none.
        UnfinishedError: if devices could not be told.

    """
    with database.writing():
        if not usable(database, device):
            raise RefusedError(f"{device} has no certificate of ours, or none that is not revoked")
        with database.transaction():
            steps = revocation_steps(database, device)
            operation = database.operations.begin("revoke", (device,), steps)
        return await carry_out(database, around, operation, on_progress)


def usable(database: ProvisioningDatabase, device: UUID) -> list[IssuedCertificate]:
    """Return the certificates of a device that are not revoked."""
    return [each for each in database.certificates.of(device) if each.revoked is None]


def revocation_steps(database: ProvisioningDatabase, device: UUID) -> list[PlanStep]:
    """Revoke what a device has, and return the steps that tell all devices with certificates.

    To be called in the transaction that records the steps.
    """
    for each in usable(database, device):
        database.certificates.revoke(each.id)
    body = KeptAuthority.of(database).next_list()
    holders = dict.fromkeys(each.device for each in database.certificates.all())
    return [
        PlanStep(action="set revocation list", device=each, body=body)
        for each in holders
        if each != device and _is_ours(database, each)
    ]


def _is_ours(database: ProvisioningDatabase, device: UUID) -> bool:
    record = database.devices.get(device)
    return record is not None and record.state is DeviceState.OWNED


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
