"""A package of a project that has nothing to do with onboardee."""

NAME = "svrdb of the foreign project"
