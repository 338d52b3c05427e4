"""Kytkös: who answers for what in regional cooperation, on which section of which act.

In a notebook, `kytkos.open(".").query("party-duties", party="Lopen kunta")` answers a query of
the library as a table; `kytkos.notebook` says what else there is. Nothing is loaded before.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kytkos.errors import KytkosError as KytkosError
    from kytkos.notebook import Kytkos as Kytkos
    from kytkos.notebook import open as open  # noqa: A004
    from kytkos.tables import Table as Table

_HOMES = {"Kytkos": "notebook", "KytkosError": "errors", "Table": "tables", "open": "notebook"}

if not TYPE_CHECKING:  # which would take any name, misspelt ones too

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
