"""`onboardee svr add`: access control entries, credentials, values.

Options say in words what the wire has as numbers: `--permission RU`, `--usage trustca`. What they
come to is made by `svrdb.editor`, which the wizard uses as well.

Secrets are read from files or standard input. An option that takes one exists for scripts of no
consequence, and its help says that other users see command lines.

An entry gets the lowest free id, as OCF lets a device choose (Security 13.3, 13.5), so that the
same commands make the same database.
"""

from dataclasses import dataclass
from typing import BinaryIO

import click

from onboardee.device.cli.lazy import Commands
from onboardee.device.cli.svr.changing import Change, changing
from onboardee.svrdb import CredentialType, Database, PrivateData, PublicData, RoleId
from onboardee.svrdb.editor import (
    INPUT_ENCODINGS,
    MalformedError,
    add_ace,
    add_credential,
    append,
    make_context,
    make_resource,
    make_subject,
    read_key,
    read_pin,
    read_private,
    read_public,
    read_resource,
    read_validity,
)
from onboardee.svrdb.editor.words import CONNECTIONS, KINDS, USAGES, permission

_FILE = click.File("rb")
"""A file, or standard input as `-`."""
_ENCODING = click.Choice(INPUT_ENCODINGS)
"""How a key or a certificate is written."""


@click.group("add", cls=Commands, epilog="Example: onboardee svr add ace --help")
def command() -> None:
    """Add an access control entry, a credential, or a value to an array."""


@command.command(
    "ace",
    epilog="Example: onboardee svr add ace --conntype auth-crypt --href /light/switch "
    "--permission RU --device light",
)
@click.option("--subject-uuid", help="For the peer with this UUID.")
@click.option("--subject-role", help="For peers with this role.")
@click.option("--authority", help="Who must have given the role.")
@click.option("--conntype", type=click.Choice([*CONNECTIONS]), help="For all who connect so.")
@click.option("--href", "hrefs", multiple=True, help="The path of a resource; may repeat.")
@click.option(
    "--wc",
    "wildcards",
    type=click.Choice(["*", "+", "-"]),
    multiple=True,
    help="All resources, discoverable secured ones, discoverable unsecured ones.",
)
@click.option("--rt", "types", multiple=True, help="Only resources of this type; may repeat.")
@click.option("--if", "interfaces", multiple=True, help="Only those with this interface.")
@click.option(
    "--resource",
    "resources",
    multiple=True,
    help="A resource with filters of its own: '/light;rt=TYPE,TYPE;if=INTERFACE'.",
)
@click.option("--permission", "granted", required=True, help="Some of CRUDN, or their sum.")
@click.option(
    "--validity",
    "times",
    multiple=True,
    help="When it applies: '20300101T080000Z/PT2H FREQ=DAILY'; may repeat.",
)
@click.option("--tag", help="A remark.")
@click.option("--aceid", type=click.IntRange(1), help="Its id; the lowest free one by default.")
@changing
def ace(  # noqa: PLR0913, PLR0917 - one for each option
    change: Change,
    subject_uuid: str | None,
    subject_role: str | None,
    authority: str | None,
    conntype: str | None,
    hrefs: tuple[str, ...],
    wildcards: tuple[str, ...],
    types: tuple[str, ...],
    interfaces: tuple[str, ...],
    resources: tuple[str, ...],
    granted: str,
    times: tuple[str, ...],
    tag: str | None,
    aceid: int | None,
) -> None:
    """Add an access control entry: who may do what with which resources.

    --rt and --if filter what --href and --wc name. In --permission C is create, R retrieve,
    U update, D delete, N notify.
    """

    def edit(database: Database) -> Database:
        # --rt and --if hold for all of these; --resource has its own.
        places = [make_resource(place, types, interfaces) for place in (*hrefs, *wildcards)]
        if (types or interfaces) and not places:
            raise MalformedError("--rt and --if need --href or --wc")
        return add_ace(
            database,
            subject=make_subject(
                uuid=subject_uuid,
                role=subject_role,
                authority=authority,
                connection=CONNECTIONS[conntype] if conntype else None,
            ),
            resources=[*places, *map(read_resource, resources)],
            permission=permission(granted),
            validity=[read_validity(text) for text in times],
            tag=tag,
            aceid=aceid,
        )

    change(edit)


@command.command(
    "cred",
    epilog="Example: onboardee svr add cred --cert-file root.pem --usage trustca --device light",
)
@click.option("--psk-file", type=_FILE, help="A symmetric key; - is standard input.")
@click.option("--psk", help="The same in hexadecimal (other users may see command lines).")
@click.option("--pin-file", type=_FILE, help="A PIN or password; - is standard input.")
@click.option("--cert-file", type=_FILE, help="Certificates: a chain as PEM, or one as DER.")
@click.option("--key-file", type=_FILE, help="The private key, PEM or DER without password.")
@click.option("--encoding", type=_ENCODING, default="auto", help="Of key, PIN or certificates.")
@click.option("--key-encoding", type=_ENCODING, default="auto", help="Of --key-file.")
@click.option(
    "--type",
    "kind",
    type=click.Choice([*KINDS]),
    metavar="KIND",
    help=f"Not what the file suggests: {', '.join(KINDS)}.",
)
@click.option("--usage", type=click.Choice([*USAGES]), help="What the certificates are for.")
@click.option("--subject-uuid", help="Whose it is: a UUID or *.")
@click.option("--role", help="The role that a symmetric key stands for.")
@click.option("--authority", help="Who gives the role.")
@click.option("--sender-id", help="Of --type oscore: 14 hexadecimal digits.")
@click.option("--recipient-id", help="The same, of whom it receives from.")
@click.option("--period", help="When it is valid: 20300101T000000Z/20310101T000000Z.")
@click.option("--tag", help="A remark.")
@click.option("--credid", type=click.IntRange(1), help="Its id; the lowest free one by default.")
@changing
def cred(  # noqa: PLR0913, PLR0917 - one for each option
    change: Change,
    psk_file: BinaryIO | None,
    psk: str | None,
    pin_file: BinaryIO | None,
    cert_file: BinaryIO | None,
    key_file: BinaryIO | None,
    encoding: str,
    key_encoding: str,
    kind: str | None,
    usage: str | None,
    subject_uuid: str | None,
    role: str | None,
    authority: str | None,
    sender_id: str | None,
    recipient_id: str | None,
    period: str | None,
    tag: str | None,
    credid: int | None,
) -> None:
    """Add a credential: a symmetric key, a PIN, certificates with or without a private key.

    A symmetric key is 16 or 32 octets, raw, in hexadecimal or in base64. Certificates need a
    --usage: trustca and mfgtrustca are anchors, cert, rolecert and mfgcert what the device shows;
    these come with --key-file, or are for the device's own key (`/oic/sec/csr`).
    What is for OSCORE has a key and the ids of both sides, and is kept but never used.
    """
    sources = Sources(psk_file, psk, pin_file, cert_file, key_file, encoding, key_encoding)
    # A certificate of any usage could open something; there is no safe default.
    if cert_file and not usage:
        raise click.UsageError(f"--cert-file needs --usage: one of {', '.join(USAGES)}")
    if authority and not role:
        raise click.UsageError("--authority belongs to --role")
    number = sources.kind(kind)

    def edit(database: Database) -> Database:
        return add_credential(
            database,
            number,
            subject=subject_uuid,
            usage=USAGES[usage] if usage else None,
            public=sources.public(),
            private=sources.private(),
            role=RoleId(role=role, authority=authority) if role else None,
            oscore=make_context(sender_id, recipient_id),
            period=period,
            tag=tag,
            credid=credid,
        )

    change(edit)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the octets of a credential come from."""

    psk_file: BinaryIO | None
    """A symmetric key."""
    psk: str | None
    """The same, in hexadecimal."""
    pin_file: BinaryIO | None
    """A PIN or password."""
    cert_file: BinaryIO | None
    """Certificates, PEM or DER."""
    key_file: BinaryIO | None
    """A private key, PEM or DER."""
    encoding: str
    """Of the key, PIN or certificates; `auto` looks at them."""
    key_encoding: str
    """Of the private key."""

    def kind(self, wish: str | None) -> CredentialType:
        """Return the kind of the credential, as wished or as the source suggests."""
        certified = self.cert_file or self.key_file
        given = [each for each in (self.psk_file, self.psk, self.pin_file, certified) if each]
        # Two sources would leave open which one is the secret.
        if len(given) != 1:
            raise click.UsageError("give one of --psk-file, --psk, --pin-file and --cert-file")
        if wish:
            return KINDS[wish]
        if self.cert_file:
            return CredentialType.CERTIFICATE
        if self.key_file:
            raise click.UsageError("--key-file without --cert-file needs --type asymmetric")
        return CredentialType.PIN if self.pin_file else CredentialType.SYMMETRIC_PAIRWISE

    def public(self) -> PublicData | None:
        """Read the certificates. Raises `MalformedError`."""
        return None if self.cert_file is None else read_public(self.cert_file.read(), self.encoding)

    def private(self) -> PrivateData | None:
        """Read the secret, if there is one. Raises `MalformedError`."""
        if self.psk is not None:
            return PrivateData(data=read_key(self.psk.encode(), "hex"))
        if self.psk_file is not None:
            return PrivateData(data=read_key(self.psk_file.read(), self.encoding))
        if self.pin_file is not None:
            return PrivateData(data=read_pin(self.pin_file.read()))
        if self.key_file is not None:
            return read_private(self.key_file.read(), self.key_encoding)
        return None


@command.command(
    "value",
    epilog="Example: onboardee svr add value sp.supportedprofiles 1.3.6.1.4.1.51414.0.0.2.0 "
    "--device light",
)
@click.argument("path")
@click.argument("value")
@changing
def value(change: Change, path: str, value: str) -> None:
    """Add VALUE, JSON or plain text, at the end of the array at PATH."""
    change(lambda database: append(database, path, value))
