"""The rim: sockets, multicast memberships, and the event loop that pumps them into devices."""
