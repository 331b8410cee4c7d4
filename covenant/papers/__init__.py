"""The papers that people take away: made when they leave, from what is recorded then; none of them is kept.

A message names its paper as `kind` or `kind:argument`, for example `letter-pdf:7K3M9QXA`. Another module may add a
kind with `register`.
"""

from covenant.papers.makers import register_all
from covenant.papers.registry import Paper, described, make, named, register

__all__ = ["Paper", "described", "make", "named", "register"]

register_all()
