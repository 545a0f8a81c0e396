"""Certificates for devices of the database, and their revocation on all devices at once.

A certificate is recorded before the device gets it: one that nobody knows of could not be revoked.
Revoking is a plan over all devices that have certificates of ours, as each of them has to be told,
and as each keeps the list with the highest number, several plans that are unfinished do no harm.

What issues certificates takes 5 MB of memory, so this is imported by those who need it.
"""

from collections.abc import Mapping
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
    StepState,
)
from onboardee.obt.database.authorities import StoredAuthority
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.plans.errors import OperationRefusedError
from onboardee.obt.plans.runner import carry_out
from onboardee.obt.plans.surroundings import OnProgress, PlanSurroundings
from onboardee.pki.certificate import read_octets
from onboardee.pki.curves import Curve

NAME: Final = "home"
"""The authority that is used where none is named."""


class KeptAuthority(Authority):
    """An authority of the database: what it signs is recorded before anybody gets it."""

    _database: ProvisioningDatabase
    _name: str

    @classmethod
    def of(
        cls, database: ProvisioningDatabase, name: str = NAME, curve: Curve | None = None
    ) -> Self:
        """Return the authority of a name, made when it is asked for first, on P-256 unless told.

        It goes on where the last one ended: with the number of the last list, and with all that was
        revoked.

        Raises:
            OperationRefusedError: if it is there, and on another curve.

        """
        stored = database.authorities.get(name)
        if stored is None:
            made = Authority.create(f"onboardee {name}", curve=curve or Curve.P256)
            stored = StoredAuthority(name=name, chain=made.chain, private_key=made.private_key())
            database.authorities.add(stored)
        kept = cls.load(stored.chain, stored.private_key)
        if curve not in (None, kept.curve):
            raise OperationRefusedError(
                f"the authority of this database is on {kept.curve}: one on {curve} needs another "
                "database (--store)"
            )
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
        """Keep a certificate, and return it: it is in the database before a device has it."""
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
    database: ProvisioningDatabase,
    around: PlanSurroundings,
    device: UUID,
    *,
    curve: Curve | None = None,
    on_progress: OnProgress | None = None,
) -> IssuedCertificate:
    """Give a device an identity certificate, and the authority as a trust anchor.

    The authority is made when it is needed first, with its key on `curve`.

    Raises:
        OperationRefusedError: if the authority is there, and on another curve.
        UnfinishedError: if it may have the certificate, or not.

    """
    return await _give(database, around, device, "certify", {}, curve, on_progress)


async def give_role(  # noqa: PLR0913 - the last three have defaults
    database: ProvisioningDatabase,
    around: PlanSurroundings,
    device: UUID,
    role: str,
    *,
    role_authority: str | None = None,
    curve: Curve | None = None,
    on_progress: OnProgress | None = None,
) -> IssuedCertificate:
    """Give a device a certificate of a role that it may assert; raises as `certify` does."""
    body = {"role": role, "authority": role_authority}
    return await _give(database, around, device, "role", body, curve, on_progress)


async def _give(  # noqa: PLR0913, PLR0917 - what a plan of one step is made of
    database: ProvisioningDatabase,
    around: PlanSurroundings,
    device: UUID,
    kind: str,
    body: dict[str, str | None],
    curve: Curve | None,
    on_progress: OnProgress | None,
) -> IssuedCertificate:
    """Carry out a plan of one step, and return the certificate that it gave."""
    if database.devices.require(device).state is not DeviceState.OWNED:
        raise OperationRefusedError(f"{device} is not ours, or not any more", device)
    with database.writing():
        KeptAuthority.of(database, curve=curve)
        steps = [PlanStep(action="add certificate", device=device, body=body)]
        operation = database.operations.begin(kind, (device,), steps)
        await carry_out(database, around, operation, on_progress)
    return database.certificates.of(device)[-1]


async def add_certificate(
    database: ProvisioningDatabase, device: OwnedDevice, step: PlanStep
) -> None:
    """Carry out the step; if it was begun before, see first whether it has been done.

    A device that got the certificate before the interruption shows it among its credentials: then
    no second one is signed.
    """
    role, role_authority = step.body.get("role"), step.body.get("authority")
    if step.state is StepState.BEGUN:
        there = {
            "".join(text.split())
            for each in (await device.credentials()).credentials
            if isinstance(each.public, Mapping) and isinstance(text := each.public.get("data"), str)
        }
        signed = usable(database, step.device)
        if any(each.role == (role or "") and "".join(each.pem.split()) in there for each in signed):
            return
    authority = KeptAuthority.of(database)
    if role is None:
        await device.provision_identity(authority)
    else:
        await device.provision_role(authority, role, role_authority=role_authority)


async def revoke(
    database: ProvisioningDatabase,
    around: PlanSurroundings,
    device: UUID,
    *,
    on_progress: OnProgress | None = None,
) -> Operation:
    """Withdraw all certificates of a device, on every device that trusts the authority.

    Raises:
        OperationRefusedError: if it has none.
        UnfinishedError: if devices could not be told.

    """
    with database.writing():
        if not usable(database, device):
            raise OperationRefusedError(
                f"{device} has no certificate of ours to be revoked", device
            )
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
    """Tell whether a device can be told of revocations."""
    record = database.devices.get(device)
    return record is not None and record.state is DeviceState.OWNED


def _time(text: str) -> datetime:
    """Return the time that a record has."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
