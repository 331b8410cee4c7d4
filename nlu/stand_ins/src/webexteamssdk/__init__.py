"""A stand-in for webexteamssdk (see nlu/stand_ins/README.md)."""

from kawan_stand_ins import named_in

__getattr__ = named_in(__name__)
