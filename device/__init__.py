"""A simulated OCF device: a pure machine (`core`), with sockets at the rim (`net`).

Not public, but for what `onboardee` and `onboardee.testing` name: docs/api.md.
"""
