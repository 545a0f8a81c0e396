"""A package of a project that has nothing to do with onboardee."""

NAME = "obt of the foreign project"
