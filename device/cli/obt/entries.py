"""The entries of the menu, with the numbers of the provisioning guide and of later versions.

An entry is a number, IoTivity's own words, and the command behind it with the questions that are
asked where no arguments are given. Later versions of the client gave some numbers another meaning;
here each has the guide's.
"""

from dataclasses import dataclass
from typing import Final

from onboardee.device.cli.obt.asking import (
    BITS,
    DEVICE,
    METHOD,
    MODE,
    OTHER_DEVICE,
    PIN,
    PROFILE,
    ROLE,
    RULE,
    RULES,
    SUBJECT,
    Question,
)

EXIT: Final = 99
"""The number by which the menu is left."""
ONE_BY_ONE: Final = ("--all", "--parallel", "1")
"""As IoTivity's client does, so that its PINs are asked for in the order of the list."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu, and the command behind it.

    `fixed` are arguments that the entry always has; `questions` are asked in their order where the
    person gave no arguments.
    """

    number: int
    title: str
    """IoTivity's own words."""
    command: str
    """The command of `onboardee obt` behind it."""
    fixed: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


SECTIONS: Final[tuple[tuple[str, tuple[Entry, ...]], ...]] = (
    (
        "[A] DISCOVER DEVICES ON NETWORK",
        (
            Entry(10, "Discover All Un/Owned Devices on Network", "discover"),
            Entry(11, "Discover Only Unowned Devices on Network", "discover", ("--unowned",)),
            Entry(12, "Discover Only Owned Devices on Network", "discover", ("--owned",)),
            Entry(13, "Discover Multiple Ownership Transfer Enabled Devices on Network", "join"),
        ),
    ),
    (
        "[B] REGISTER/OWN ALL DISCOVERED UNOWNED DEVICES",
        (Entry(20, "Register/Own All Discovered Unowned Devices", "own", ONE_BY_ONE),),
    ),
    (
        "[C] PROVISION/LINK PAIRWISE THINGS",
        (
            Entry(30, "Provision/Link Pairwise Things", "link", (), (DEVICE, OTHER_DEVICE, RULES)),
            Entry(
                31,
                "Provision Credentials for Pairwise Things",
                "link",
                ("--credentials-only",),
                (DEVICE, OTHER_DEVICE, BITS),
            ),
            Entry(
                32,
                "Provision the Selected Access Control List(ACL)",
                "allow",
                (),
                (DEVICE, SUBJECT, RULE),
            ),
            Entry(33, "Provision Direct-Pairing Configuration", "let-pair", (), (DEVICE,)),
            Entry(
                34,
                "Check Linked Status of the Selected Device on PRVN DB",
                "linked",
                (),
                (DEVICE,),
            ),
            Entry(35, "Provision Certificate Credential", "certify", (), (DEVICE,)),
            Entry(36, "Provision Role Certificate", "role", (), (DEVICE, ROLE)),
            Entry(37, "Get the CSR of the Selected Device", "csr", (), (DEVICE,)),
            Entry(38, "Revoke the Certificates of the Selected Device", "revoke", (), (DEVICE,)),
            Entry(39, "Provision Security Profile Info", "profile", (), (DEVICE, PROFILE)),
        ),
    ),
    (
        "[D] UNLINK PAIRWISE THINGS",
        (Entry(40, "Unlink Pairwise Things", "unlink", (), (DEVICE, OTHER_DEVICE)),),
    ),
    (
        "[E] REMOVE THE SELECTED DEVICE",
        (
            Entry(50, "Remove the Selected Device", "remove", (), (DEVICE,)),
            Entry(51, "Remove Device with UUID", "remove", (), (DEVICE,)),
            Entry(52, "Reset the Selected Device", "reset", (), (DEVICE,)),
        ),
    ),
    (
        "[F] GET SECURITY RESOURCE FOR DEBUGGING ONLY",
        (
            Entry(
                60,
                "Get the Credential Resources of the Selected Device",
                "credentials",
                (),
                (DEVICE,),
            ),
            Entry(61, "Get the ACL Resources of the Selected Device", "rules", (), (DEVICE,)),
            Entry(62, "Get the CSR of the Selected Device", "csr", (), (DEVICE,)),
            Entry(63, "Get the SP of the Selected Device", "profile", (), (DEVICE,)),
        ),
    ),
    (
        "[G] UPDATE THE MULTIPLE OWNERSHIP TRANSFER RELATED VALUE",
        (
            Entry(70, "Change Multiple Ownership Transfer Mode", "share", (), (DEVICE, MODE)),
            Entry(71, "Provision Preconfigured PIN", "share", (), (DEVICE, PIN)),
            Entry(72, "Select Multiple Ownership Transfer Method", "share", (), (DEVICE, METHOD)),
        ),
    ),
)
"""The menu, with the words of IoTivity's client."""
ENTRIES: Final = tuple(entry for _, entries in SECTIONS for entry in entries)
"""All lines that have a command behind them."""


def overview() -> str:
    """Return the menu."""
    lines = []
    for title, entries in SECTIONS:
        lines += ["", f"** {title}", *(f"** {each.number}. {each.title}" for each in entries)]
    return "\n".join([*lines, "", "** [H] EXIT PROVISIONING CLIENT", f"** {EXIT}. Exit", ""])
