"""`onboardee obt certificates`: what our authority has signed, for whom, and what it revoked.

It is read from the database; no device is asked, and no private key is shown.

With `--json` it is a list of objects with the certificate itself in PEM, as `openssl x509` reads
it. Times are those of `ProvisioningDatabase.now`; a serial number is in hexadecimal digits, as
certificates are shown elsewhere.
"""

import click

from onboardee.device.cli.obt.invocation import Invocation, as_json, columns, pass_invocation


@click.command("certificates", epilog="Example: onboardee obt certificates --json")
@as_json
@pass_invocation
def command(invocation: Invocation) -> None:
    """List the certificates that were issued, without asking anybody."""
    with invocation.database() as database:
        found = database.certificates.all()
    values = [
        {
            "device": each.device,
            "kind": each.kind,
            "role": each.role,
            "role_authority": each.role_authority,
            "serial": each.serial,
            "issued": each.issued,
            "revoked": each.revoked,
            "certificate": each.pem,
        }
        for each in found
    ]
    rows = [
        [
            str(each.device),
            f"{each.kind} {each.role}".rstrip(),
            each.serial,
            each.issued,
            f"revoked {each.revoked}" if each.revoked else "",
        ]
        for each in found
    ]
    invocation.show(values, columns(rows))
