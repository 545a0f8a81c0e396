"""What a device is and does apart from security: its profile and the values it holds."""
