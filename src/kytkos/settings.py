"""`site.toml`: what the site of one county says of itself, and how it looks."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kytkos.errors import ProjectError, why_unread
from kytkos.terms import Place

LOGOS = (".svg", ".png", ".jpg", ".jpeg", ".webp")

_COLOUR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_NAME = re.compile(r"[a-z][a-z-]*")


@dataclass(frozen=True, slots=True)
class Settings:
    """The texts, the colours by the names of `site.css`, the logo, and the address to write to.

    `notes` tell what could not be used, and does not keep the site from being built.
    """

    texts: Mapping[str, Any] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    logo: Path | None = None
    contact: str = ""
    notes: tuple[str, ...] = ()

    def said(self, lang: str) -> dict[str, Any]:
        """Give the texts in a language; what is not in it, in Finnish."""
        return {key: _in(value, lang) for key, value in self.texts.items()}

    @property
    def style(self) -> str:
        """Write the colours as a rule of CSS; empty where the county has none of its own."""
        listed = "".join(f" --{name}: {value};" for name, value in self.colours.items())
        return f":root {{{listed} }}\n" if listed else ""


def read_settings(path: Path) -> Settings:
    """Read `site.toml`; a project without it has the texts of the program.

    Raises:
        ProjectError: the file is not TOML, or has a text, a colour or an address that is none.
    """
    if not path.is_file():
        return Settings()
    place = Place(path.name)
    try:
        texts = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(str(error), place=place) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"can't read the file: {why_unread(error)}", place=place) from error
    colours = texts.pop("colours", {})
    if not isinstance(colours, dict):
        raise ProjectError("`colours` is not a table", hint="[colours]", place=place)
    for name, value in colours.items():
        if not (_NAME.fullmatch(name) and isinstance(value, str) and _COLOUR.fullmatch(value)):
            hint = 'A name of site.css and six digits: focus = "#00347a".'
            raise ProjectError(f"the colour `{name}` is `{value}`", hint=hint, place=place)
    named = texts.pop("logo", "")
    logo = (path.parent / str(named)).resolve() if named else None
    notes = []
    if logo and not (logo.is_file() and logo.suffix.lower() in LOGOS):
        notes.append(f"{path.name}: no logo: `{named}` is no picture ({', '.join(LOGOS)})")
        logo = None
    for key, value in texts.items():
        every = value.values() if isinstance(value, dict) else [value]
        if not all(isinstance(text, str) for text in every):
            hint = f'{key} = "…", or a text for each language: {key}.fi = "…".'
            raise ProjectError(f"`{key}` is no text", hint=hint, place=place)
    contact = str(texts.get("contact", ""))
    if contact and not contact_link(contact):
        hint = "An address as name@example.org or https://example.org/contact."
        raise ProjectError(f"the contact is `{contact}`", hint=hint, place=place)
    return Settings(texts, colours, logo, contact, tuple(notes))


def contact_link(contact: str) -> str:
    """Make a link of an address to write to; empty where it is none.

    >>> contact_link("someone@example.org")
    'mailto:someone@example.org'
    """
    if re.fullmatch(r"[^\s@<>\"?&:/]+@[^\s@<>\"?&:/]+", contact):
        return f"mailto:{contact}"
    return contact if re.match(r"https://[^\s<>\"]+$", contact) else ""


def _in(value: Any, lang: str) -> Any:
    return value.get(lang, value.get("fi", "")) if isinstance(value, dict) else value
