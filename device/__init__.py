"""A simulated OCF device: a pure machine (`core`), with sockets at the rim (`net`)."""
