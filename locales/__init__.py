"""The words: the languages, their catalogues, and how a message is put into one of them."""

from locales.catalogue import Catalogue, Catalogues, load_catalogues
from locales.languages import LANGUAGES, Language, closest
from locales.render import Rendered, render, render_text

__all__ = [
    "LANGUAGES",
    "Catalogue",
    "Catalogues",
    "Language",
    "Rendered",
    "closest",
    "load_catalogues",
    "render",
    "render_text",
]
