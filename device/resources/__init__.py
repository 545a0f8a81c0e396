"""What a device serves: core resources, security resources and those of its profile."""
