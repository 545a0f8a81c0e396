"""The protocol engines that both sides use: DTLS 1.2 and CoAP, without sockets, clock or loop.

Not public: docs/api.md.
"""
