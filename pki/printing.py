"""Certificates as people read them.

Names are those that a certificate has, and may be anybody's invention: who prints them to a
terminal makes them harmless there.
"""

from collections.abc import Sequence

from onboardee.pki.certificate import Certificate


def title(chain: Sequence[Certificate]) -> str:
    """Return whom the first certificate is about and its last day, and how many more there are."""
    first = chain[0]
    more = f" and {len(chain) - 1} more" if len(chain) > 1 else ""
    return f"{first.subject.rfc4514_string()} until {first.end:%Y-%m-%d}{more}"
