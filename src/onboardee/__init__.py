"""Simulated OCF devices that real onboarding tools take ownership of."""
