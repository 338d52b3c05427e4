"""What a user can put right.

    KytkosError                 exit code 2, no traceback
    ├── ProjectError            a folder that is no project, or lacks a part
    ├── DataError               a data or ontology file that can't be read
    │   └── BrokenFileError     what it says all the same (module `syntax`)
    ├── ShapesError             shapes that can't be loaded
    ├── QueryError              a query that is not there, can't be parsed or bound
    ├── EndpointError           a server that does not answer, or not what was asked
    ├── SourceError             a source document that can't be read
    └── OutputError             a target that can't be written

Any other exception is a mistake of ours and keeps its traceback.
"""

from collections.abc import Iterable, Mapping

from kytkos.terms import Place, Term, printable

_WORDS = {"fi": ("virhe", "vihje"), "sv": ("fel", "tips"), "en": ("error", "hint")}


class KytkosError(Exception):
    """Something a user can put right: what is wrong, where, and what to do."""

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        place: Place | None = None,
        translations: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place
        self.translations = translations or {}  # message and hint by language

    def text(self, lang: str) -> str:
        """Write it in a language where it was translated, else in English."""
        lang = lang if lang in self.translations else "en"
        message, hint = self.translations.get(lang, (self.message, self.hint))
        error, advice = _WORDS[lang]
        where = f"{self.place}: " if self.place else ""
        return f"{where}{error}: {message}" + (f"\n\n{advice}: {hint}" if hint else "")

    def __str__(self) -> str:
        return self.text("en")


class ProjectError(KytkosError):
    """A folder that is no project, or lacks a part."""


class DataError(KytkosError):
    """A data or ontology file that can't be read."""


class ShapesError(KytkosError):
    """Shapes that can't be loaded; `about` is the node at fault, a predicate of it and a value."""

    about: tuple[str, str, Term | None] | None = None
    line: int = 0  # in the value, which is a text of several lines

    def at(self, node: str, predicate: str = "", value: Term | None = None) -> "ShapesError":
        """Tell of which node, predicate and value it is, unless that is known."""
        self.about = self.about or (node, predicate, value)
        return self


class QueryError(KytkosError):
    """A query that is not there, can't be parsed or can't be bound."""


class EndpointError(KytkosError):
    """A server that does not answer, or not what it was asked."""


class SourceError(KytkosError):
    """A source document that can't be read."""


class OutputError(KytkosError):
    """A target that can't be written."""


def why_unread(error: OSError | UnicodeDecodeError) -> str:
    """Say in a few words why a file could not be read."""
    if isinstance(error, UnicodeDecodeError):
        return f"not in UTF-8 (line {error.object.count(10, 0, error.start) + 1})"
    return error.strerror or str(error)


def shortened(text: str, most: int = 100) -> str:
    """Shorten what a person gave, and show what does not print, for a message.

    >>> shortened("a\\nb")
    'a\\\\nb'
    """
    shown = printable(text[:most])
    return f"{shown}…" if len(text) > most else shown


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the nearest of the known words, or all of them where none is near.

    >>> did_you_mean("measure", ["measures", "bodies"])
    'Did you mean `measures`?'
    """
    import difflib

    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"There are: {', '.join(names)}." if names else ""
