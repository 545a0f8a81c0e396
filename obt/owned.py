"""A device that is ours: certificates, revocations, security profile, reset.

These are the rarer operations of an owner, on top of those of `managing`. A device makes its key
pair itself and shows a request for it (`/oic/sec/csr`); what is signed here goes back together with
the authority's root as its trust anchor. A reset is asked for once: the session ends with it, and
what ends first, the session or the answer, differs from device to device.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from onboardee.obt import model
from onboardee.obt.access import timed
from onboardee.obt.cbor import Body
from onboardee.obt.errors import OnboardingError, PayloadError, SessionEndedError
from onboardee.obt.managing import ManagedDevice
from onboardee.obt.model import CRED, CRL, CSR, DOXM, MAINTENANCE, PSTAT, Rule, State

if TYPE_CHECKING:
    # X.509 takes 5 MB of memory, and most owners do without
    from onboardee.obt.authority import Authority, SigningRequest

MANAGE: Final = int(model.Permission.RETRIEVE | model.Permission.UPDATE)
"""The permission of who keeps a security resource."""


def _manage(subject: model.Subject, href: str) -> Rule:
    """Return the rule by which somebody keeps one security resource."""
    return Rule(subject=subject, targets=(model.Target(href=href),), permission=MANAGE)


def _permits(rules: Iterable[Rule], subject: model.Subject, href: str) -> bool:
    """Tell whether one of the rules names the path; what wildcards cover is not looked at."""
    return any(
        rule.subject == subject
        and rule.permission & MANAGE == MANAGE
        and any(target.href == href for target in rule.targets)
        for rule in rules
    )


ROLES_RULE: Final = _manage(model.Subject(connection="auth-crypt"), model.ROLES)
"""With it everybody with a session may assert roles; IoTivity-Lite's tool always adds it."""


class OwnedDevice(ManagedDevice):
    """Operations of the owner, over sessions with the owner credential or with certificates.

    With `identity`, whose UUID should be the owner's, sessions are opened with certificates.
    """

    @timed
    async def provision_identity(self, authority: "Authority") -> str:
        """Give the device an identity certificate, and the authority as a trust anchor.

        Return the certificate.
        """
        await self._require_certificates()
        async with self.provisioning():
            await self._trust(authority)
            certificate = authority.identity(await self._signing_request(authority))
            await self._add_certificate(model.IDENTITY_CERTIFICATE, certificate)
            await self.add_rules([ROLES_RULE])
        return certificate

    @timed
    async def provision_role(
        self, authority: "Authority", role: str, *, role_authority: str | None = None
    ) -> str:
        """Give the device a certificate of a role that it may assert; return the certificate."""
        await self._require_certificates()
        async with self.provisioning():
            await self._trust(authority)
            request = await self._signing_request(authority)
            certificate = authority.role(request, role, authority=role_authority)
            await self._add_certificate(model.ROLE_CERTIFICATE, certificate)
            await self.add_rules([ROLES_RULE])
        return certificate

    @timed
    async def revoke(self, authority: "Authority") -> None:
        """Tell the device which certificates of the authority are revoked."""
        await self.set_revocations(authority.revocations().body)

    @timed
    async def set_revocations(self, body: Body) -> None:
        """Give the device a revocation list, as `Revocations.body` has it.

        The list has no `rowneruuid`, so that the owner too needs a rule to write it.
        """
        subject = model.Subject(uuid=str(self.ownership.owner))
        async with self.provisioning():
            if not _permits((await self.rules()).rules, subject, CRL):
                await self.add_rules([_manage(subject, CRL)])
            link = await self.connect()
            await self.dialogue().post("set the revocation list", link, CRL, body)

    @timed
    async def signing_request(self) -> model.Csr:
        """Read the certificate signing request, unchecked."""
        return await self._get("read the signing request", CSR, model.Csr)

    @timed
    async def security_profile(self) -> model.SecurityProfile:
        """Read the security profiles."""
        return await self._get("read the security profile", model.SP, model.SecurityProfile)

    @timed
    async def set_security_profile(self, name: str) -> None:
        """Choose one of the security profiles that the device supports."""
        body = {"currentprofile": name}
        async with self.provisioning():
            link = await self.connect()
            await self.dialogue().post("set the security profile", link, model.SP, body)

    async def _require_certificates(self) -> None:
        """Check that the device knows certificates at all. Raises `OnboardingError`."""
        kinds = (await self.doxm()).credential_types
        if not kinds & model.CERTIFICATE:
            step = f"read who owns the device (GET {DOXM})"
            raise OnboardingError(step, expected="the bit 8 in sct", came=f"sct is {kinds}")

    async def _trust(self, authority: "Authority") -> None:
        """Make the authority's root a trust anchor of the device."""
        await self._add_certificate(model.TRUST_ANCHOR, authority.root)

    async def _add_certificate(self, usage: str, pem: str) -> None:
        """Give the device a certificate for one use (`credusage`)."""
        purpose = f"add a certificate ({usage.rpartition('.')[2]})"
        body = {"creds": [model.certificate(usage, pem)]}
        await self.dialogue().post(purpose, await self.connect(), CRED, body)

    async def _signing_request(self, authority: "Authority") -> "SigningRequest":
        """Read the signing request, and check that it is the device's own, on an apt curve.

        Raises `OnboardingError`.
        """
        from onboardee.obt.authority import read_request  # noqa: PLC0415

        purpose, uuid = "read the signing request", self.ownership.device
        csr = await self._get(purpose, CSR, model.Csr)
        try:
            return read_request(csr.request, csr.encoding, uuid, authority.curves)
        except PayloadError as error:
            expected = f"a signing request for uuid:{uuid}"
            step = f"{purpose} (GET {CSR})"
            raise OnboardingError(step, expected=expected, came=str(error)) from error

    @timed
    async def reset(self) -> None:
        """Give the device up: ask for state RESET, from which it comes back without owner.

        It ends the session with the reset, so that an end instead of an answer is success too.
        """
        body, link = await self._reset_body(), await self.connect()
        try:
            await self.dialogue().post_once("enter RESET", link, PSTAT, body)
        except OnboardingError as error:
            if not isinstance(error.__cause__, SessionEndedError):
                raise
        finally:
            self.close()

    async def _reset_body(self) -> Body:
        return {"dos": {"s": int(State.RESET)}}

    @timed
    async def factory_reset(self) -> None:
        """Ask for the same in the maintenance resource, as far as a rule permits it."""
        purpose, link = "reset to factory state", await self.connect()
        dialogue = self.dialogue()
        response = await dialogue.post_once(purpose, link, MAINTENANCE, {"fr": True})
        step = f"{purpose} (POST {MAINTENANCE})"
        answer = dialogue.decoded(step, response, dict[str, object])
        if answer.get("fr") is not False:
            raise OnboardingError(step, expected="fr: false", came=f"it is {answer.get('fr')}")
        self.close()


async def pair(one: OwnedDevice, other: OwnedDevice) -> None:
    """Give two devices a key that they share."""
    key = one.dialogue().transport.entropy.token(16)
    async with one.provisioning(), other.provisioning():
        await one.add_pairwise_key(other.ownership.device, key)
        await other.add_pairwise_key(one.ownership.device, key)


async def unpair(one: OwnedDevice, other: OwnedDevice) -> None:
    """Delete what two devices know of each other."""
    async with one.provisioning(), other.provisioning():
        await one.delete_credentials_of(other.ownership.device)
        await other.delete_credentials_of(one.ownership.device)
