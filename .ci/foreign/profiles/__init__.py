"""A package of a project that has nothing to do with onboardee."""

NAME = "profiles of the foreign project"
