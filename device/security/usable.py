"""Whether a credential may be used now (OCF Security 13.3)."""

from datetime import datetime

from onboardee.device.validity import applies_at
from onboardee.svrdb.model import Credential, TimePattern


def is_usable(credential: Credential, moment: datetime) -> bool:
    """Tell whether a credential was not revoked, and the moment lies in its period."""
    if credential.is_revoked:
        return False
    period = credential.period
    return period is None or applies_at((TimePattern(period=period),), moment)
