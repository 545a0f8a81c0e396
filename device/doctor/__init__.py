"""Why a tool does not find a device: this machine and its networks looked at, one thing at a time.

Each file looks at one thing and returns findings: what is well, what may hinder, what does hinder,
and what to type. What the kernel tells is read below a root directory, so that a test can show each
check a machine of its own; what has to be tried (a multicast to oneself, the time of a sync,
another host) is tried with real sockets and files. Nothing is changed, and nothing is sent but to
OCF's groups and to the host that was named.
"""
