"""A simulated OCF device: a machine without sockets (`machine`), with sockets at the rim (`net`).

Not public, but for what `onboardee` and `onboardee.testing` name: docs/api.md. What each room is
for, and where to find and add things, is in docs/architecture.md.
"""
