"""A package of a project that has nothing to do with onboardee."""

NAME = "device of the foreign project"
