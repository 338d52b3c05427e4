"""The records of a table as templates use them: narrowed, grouped, each thing once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter

from kytkos.terms import Term

Record = Mapping[str, Term | None]


class Rows(list[Record]):
    """Records that a template narrows again and again, so that each way to do it is kept."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        super().__init__(records)
        self._narrowed: dict[str, defaultdict[str | None, Rows]] = {}

    def where(self, variable: str, value: object) -> "Rows":
        """Give the records where a variable has a value, or with None, where it has none."""
        groups = self._narrowed.get(variable)
        if groups is None:
            groups = self._narrowed[variable] = defaultdict(Rows)
            for record in self:
                term = record[variable]
                groups[None if term is None else term.value].append(record)
        return groups.get(None if value is None else str(value), _NONE)


_NONE = Rows()


def by(records: Iterable[Record], *variables: str) -> list[tuple[Record, Rows]]:
    """Group records by the values of some variables, in the order they come.

    Gives pairs of the first record of a group, and all of the group.
    """
    groups: defaultdict[object, Rows] = defaultdict(Rows)
    key = itemgetter(*variables)
    for record in records:
        groups[key(record)].append(record)
    return [(group[0], group) for group in groups.values()]


def distinct(records: Iterable[Record], *variables: str) -> Rows:
    """Give the first record for each combination of values, without those all unbound."""
    first: dict[object, Record] = {}
    key = itemgetter(*variables)
    for record in records:
        first.setdefault(key(record), record)
    return Rows(record for record in first.values() if any(record[v] for v in variables))


def where(records: Iterable[Record], variable: str, value: object) -> Rows:
    """Give the records where a variable has a value, or with None, where it has none."""
    rows = records if isinstance(records, Rows) else Rows(records)
    return rows.where(variable, value)


def bound(records: Iterable[Record], variable: str) -> Iterator[Term]:
    """Give the terms in a variable, where it is bound."""
    return (term for record in records if (term := record[variable]))
