"""What may happen now: onboarding states, access, ownership and the owner credential."""
