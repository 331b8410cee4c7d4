"""Stand-ins for the outside services, each a real server on loopback that behaves as the provider publishes."""

# Seconds that an unused connection stays open, as at most web servers. The clients give theirs up before that
# (after 5 and 15 s): a server that closed first could do so while a request is on its way, which nobody can repeat.
IDLE = 75
