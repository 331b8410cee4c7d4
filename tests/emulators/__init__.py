"""Stand-ins for the outside services, each a real server on loopback that behaves as the provider publishes."""
