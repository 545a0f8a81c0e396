"""The audit: what an onboarding tool did right and wrong, rule by rule, with the clause.

The device sees everything a tool does, and has no opinion while it happens. Afterwards, and while
it goes on, a trace (`device.trace`) is cut into attempts to take ownership (`attempts`), each of
them is judged by every rule of one table (`table`), and the verdicts are written for people,
programs and continuous integration (`reports`). As all of it is made of a trace, it does not matter
whether that comes of this device, of a recording, or of somebody else's device in a capture with
its secrets.

A rule is a row (identifier, level, clause, sentence) and one small function over an attempt, in
`discovery`, `transfer`, `owner_sessions`, `access` or `protocol`. A report that says more than was
seen is a lie, so there are five verdicts: passed, failed, not reached, not observable, not
applicable. A device that is on for weeks is judged as it goes, in bounded memory (`live`).

Watching shows what a tool does when all goes well. Trials (`trial`, `trials`) show the rest:
devices with one fault each. How one went is found out with a tool that says itself whether it owns
the device (`claims`), or from what the device alone sees (`sighting`).
"""
