"""Fleets: many devices from one file, when each of them starts, and what they cost.

A fleet file is YAML with `groups`; each group says of which profile it is, how many devices there
are, how they are called, and when they come and go. `model` is its form, `loading` finds and checks
it like a profile, `expanding` makes the devices of it, `schedule` says when each starts and which
of them restart, `costs` what they will need, `slices` divides them among processes and machines.
Nothing here runs a device: the command line does.
"""
