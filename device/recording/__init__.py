"""A run of a device, kept so that it can happen again: `run --record` and `onboardee replay`.

A device has no clock, no disk and no chance of its own, so its whole life is what happened to it:
the profile, the database in the beginning, the seed of its random octets, and then each datagram,
timer, press and answer of the disk, with the time. `Recorder` stands around a device
(`machine.layer`) and writes that down, and beside it what came of each step. `Replay` lets it
happen again, without network and without waiting, and compares octet by octet: where the program
was changed, it says at which step the two lives part.

The file is one line of JSON for the beginning and one for each step. Who has it can compute every
key of that device, so it is for its owner alone.
"""
