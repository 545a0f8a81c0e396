"""`onboardee obt certificates`: what our authority has signed, for whom, and what it revoked.

It is read from the database; no device is asked, and no private key is shown.
"""

import click

from onboardee.device.cli.obt.session import Session, as_json, columns, pass_session


@click.command("certificates", epilog="Example: onboardee obt certificates --json")
@as_json
@pass_session
def command(session: Session) -> None:
    """List the certificates that were issued, without asking anybody."""
    with session.database() as database:
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
    session.show(values, columns(rows))
