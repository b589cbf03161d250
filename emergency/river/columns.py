"""A batch of rows read column by column. What cannot be read is noted with its place and reads as absent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from emergency.river.draft import Bools, Floats, Ints
from emergency.river.layers import Troubles, finite, whole
from emergency.river.profiles import Field

Read = TypeVar("Read")
GREATEST: Final = 2.0**63


@dataclass(frozen=True, slots=True)
class Columns:
    """`values` by field; `names` are the file's own, `rows` the numbers of the features (from 0)."""

    values: Mapping[str, npt.NDArray[Any]]
    names: Mapping[str, str]
    fields: Mapping[str, Field]
    rows: Ints
    troubles: Troubles

    def __len__(self) -> int:
        return len(self.rows)

    def without(self, unwanted: Bools) -> "Columns":
        """The other rows."""
        kept = {field: values[~unwanted] for field, values in self.values.items()}
        return Columns(kept, self.names, self.fields, self.rows[~unwanted], self.troubles)

    def empty(self, field: str) -> Bools:
        """Where the file says nothing."""
        values = self.values.get(field)
        if values is None:
            return np.ones(len(self), dtype=bool)
        if values.dtype.kind == "f":
            return np.asarray(np.isnan(values))
        return np.array([value is None or value == "" for value in values.tolist()], dtype=bool)

    def require(self, field: str) -> None:
        """Note where the file says nothing."""
        self.note(field, self.empty(field), lambda _: "empty")

    def floats(self, field: str) -> Floats:
        """Finite numbers in our unit, NaN where absent."""
        values = self.values.get(field)
        if values is None:
            return np.full(len(self), np.nan)
        if values.dtype.kind in "iuf":
            found = values.astype(float)
            self.note(field, np.isinf(found))
            found[np.isinf(found)] = np.nan
        else:
            found = np.array([np.nan if cell is None else cell for cell in self.each(field, finite)], dtype=float)
        meant = self.fields[field]
        found = found * meant.factor if meant.factor != 1.0 else found
        return np.where(found > 0, found, np.nan) if meant.positive else found

    def ints(self, field: str) -> tuple[Ints, Bools]:
        """Whole numbers, also where the file keeps them as text or as floats that are still exact, and where they are
        known; 0 elsewhere."""
        values = self.values.get(field)
        if values is None:
            return np.zeros(len(self), dtype=np.int64), np.zeros(len(self), dtype=bool)
        if values.dtype.kind in "iu":
            return values.astype(np.int64), np.ones(len(self), dtype=bool)
        if values.dtype.kind == "f":
            known = (np.floor(values) == values) & (np.abs(values) < GREATEST)
            self.note(field, ~known & ~np.isnan(values))
            return np.where(known, values, 0).astype(np.int64), known
        cells = self.each(field, whole)
        known = np.array([cell is not None and abs(cell) < GREATEST for cell in cells], dtype=bool)
        return np.array([c if k else 0 for c, k in zip(cells, known, strict=True)], dtype=np.int64), known

    def texts(self, field: str) -> list[str | None]:
        """Texts without blanks around them, None where nothing is left."""
        values = self.values.get(field)
        if values is None:
            return [None] * len(self)
        if values.dtype.kind == "f" and np.array_equal(np.floor(values), values, equal_nan=True):
            return [None if value != value else str(int(value)) for value in values.tolist()]
        return [None if value is None or value != value else str(value).strip() or None for value in values.tolist()]

    def each(self, field: str, reader: Callable[[Any], Read]) -> list[Read | None]:
        """Every cell through `reader`, which is asked once per value; None where it is empty or cannot be read."""
        values = self.values.get(field)
        if values is None:
            return [None] * len(self)
        cells, empty = values.tolist(), self.empty(field).tolist()
        read = {(type(v), v): _read(v, reader) for v, e in zip(cells, empty, strict=True) if not e}
        found = [None if e else read[type(v), v] for v, e in zip(cells, empty, strict=True)]
        self.note(field, np.array([each is _BAD for each in found], dtype=bool))
        return [None if isinstance(each, _Bad) else each for each in found]

    def note(self, field: str, bad: Bools, shown: Callable[[Any], Any] = lambda value: value) -> None:
        """Note cells as unreadable."""
        for n in np.flatnonzero(bad).tolist():
            value = self.values[field][n] if field in self.values else None
            self.troubles.add(self.names.get(field, field), int(self.rows[n]), shown(value))


class _Bad:
    """What a cell reads as that cannot be read."""


_BAD: Final = _Bad()


def _read(value: Any, reader: Callable[[Any], Read]) -> Read | _Bad:
    try:
        return reader(value)
    except (ValueError, TypeError, OverflowError):
        return _BAD
