"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# The first text that hypothesis makes in a fresh clone takes seconds, as it builds its tables of
# characters then; and on a small computer that does other things too, any example may be slow.
settings.register_profile("onboardee", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("onboardee")
