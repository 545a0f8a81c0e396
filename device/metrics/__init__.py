"""What monitoring wants to know of running devices, for Prometheus.

Two sources, each in a file of its own: `measures` counts events as they are told, like any other
subscriber, and `present` looks at the devices when somebody asks. `commits` is a layer around a
device that times what is stored. `serving` answers Prometheus in a thread, so that a slow scrape
delays no device; what it reads of the devices it lets the loop read. Without `run --metrics`
nothing of this is imported.
"""
