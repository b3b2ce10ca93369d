"""The form in which a function of the library is described: once, as data.

From a `Function` come the request encoder (`Function.call`), the reply reader, the argument check that runs
before the Lua body (``lua/lib/signature.lua`` reads the same data), and the contract tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from ff_core import keys as catalogue
from ff_core.contract.reply import decode_reply
from ff_core.types import StreamFrame

T = TypeVar("T")

Word = str | bytes | int | float


class Kind(StrEnum):
    """How an argument is read (contract 03a §1.2)."""

    TEXT = "text"
    NUMBER = "number"
    """Any number of Lua; anything else, the empty text included, is refused with `invalid_input`."""
    OPTIONAL = "optional"
    """Empty or missing means none; other text that is no number is refused with `invalid_input`."""
    LENIENT = "lenient"
    """Whatever is no number counts as 0."""
    WHOLE = "whole"
    """A number without a fraction, of either sign and no larger than 2^53."""


class Layout(StrEnum):
    """How a counted list stands among the arguments."""

    ROWS = "rows"
    """The first row, then the second."""
    COLUMNS = "columns"
    """The first value of every row, then the second of every row."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer of a library function: its status and the fields behind it, by name."""

    status: str
    names: tuple[str, ...]
    fields: tuple[str, ...]
    frames: tuple[StreamFrame, ...] = ()
    """Entries of a stream, where the function reads one."""

    def text(self, name: str) -> str:
        """The field called `name`; KeyError when this status has no such field."""
        if name not in self.names:
            raise KeyError(f"a reply with status {self.status} has no field {name}")
        return self.fields[self.names.index(name)]

    def integer(self, name: str) -> int:
        """The field called `name` as a whole number (ms, counts); a fraction is rounded up (01 §7.3)."""
        return math.ceil(float(self.text(name)))

    @property
    def rest(self) -> tuple[str, ...]:
        """The fields behind the named ones."""
        return self.fields[len(self.names) :]


@dataclass(frozen=True, slots=True)
class Arg:
    """One place of ARGV. `default` stands for a missing trailing argument, never for an empty one."""

    name: str
    kind: Kind = Kind.TEXT
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """One place of KEYS: its name in the Lua body and the catalogue entries that may stand there."""

    name: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A counted list behind the named arguments: the count, that many rows, then more named arguments."""

    count: str
    columns: tuple[Arg, ...]
    layout: Layout
    after: tuple[Arg, ...] = ()

    def words(self, rows: Sequence[Sequence[Word]]) -> list[Word]:
        """The count and the rows as they are sent. Raises ValueError for rows of another width."""
        if any(len(row) != len(self.columns) for row in rows):
            raise ValueError(f"a row needs {[column.name for column in self.columns]}")
        lines = rows if self.layout is Layout.ROWS else list(zip(*rows, strict=True))
        return [str(len(rows)), *(_word(value) for line in lines for value in line)]


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """One command to send and how to read what comes back. Ops yield these; drivers send them."""

    words: tuple[Word, ...]
    read: Callable[[Any], T]
    function: str | None = None
    """Name of the library function; a call that finds it missing is repeated after loading the library."""


def _envelope(function: Function, raw: object) -> Reply:
    status, fields = decode_reply(raw, function.name)
    return Reply(status, function.replies.get(status, ()), fields)


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the library (contract 03 to 07)."""

    name: str
    lua: str
    """Its file below ``lua/fn``, without the ending."""
    about: str
    source: str
    """The contract section that fixes it."""
    keys: tuple[Key, ...]
    args: tuple[Arg, ...]
    replies: Mapping[str, tuple[str, ...]]
    """Status -> names of the fields that follow it."""
    errors: tuple[str, ...]
    rest_keys: tuple[Key, ...] = ()
    """Keys repeated for every group of trailing arguments."""
    rest_args: tuple[str, ...] = ()
    """Names of the arguments of one trailing group."""
    required_keys: int | None = None
    """How many of KEYS must be there, where a shorter form is legal."""
    table: Table | None = None
    """The counted list behind the arguments, where there is one."""
    each: tuple[Arg, ...] = ()
    """The arguments of one of the calls that this one makes, where it makes many."""
    reader: Callable[[Function, object], Reply] = _envelope
    """Reads the answer; few functions have one outside the envelope."""
    required: int = field(init=False)

    def __post_init__(self) -> None:
        """Settle how many keys a call must have."""
        required = len(self.keys) if self.required_keys is None else self.required_keys
        object.__setattr__(self, "required", required)

    def call(
        self,
        ids: Mapping[str, Word],
        args: Mapping[str, Word | None],
        *,
        choose: Mapping[str, str] | None = None,
        rest: Sequence[tuple[Mapping[str, Word], Sequence[Word]]] = (),
        rows: Sequence[Sequence[Word]] = (),
        each: Sequence[Mapping[str, Word | None]] = (),
    ) -> Request[Reply]:
        """The request for these ids (letters of the key catalogue) and named arguments.

        An argument that is left out or None is sent empty. `choose` names the catalogue entry for a key that
        has several. `rest` holds one entry a trailing group: ids of its keys and its arguments. `rows` are
        those of `table`; `each` holds the named arguments of one call after the other.
        Raises KeyError for an argument the function does not have: a mistake in the program.
        """
        after = self.table.after if self.table else ()
        unknown = args.keys() - {arg.name for arg in (*self.args, *after)}
        if unknown:
            raise KeyError(f"{self.name} has no argument {sorted(unknown)}")
        names = [self._key_text(key, ids, choose or {}) for key in self.keys]
        values = [_word(args.get(arg.name)) for arg in self.args]
        for more_ids, more_args in rest:
            names += [self._key_text(key, {**ids, **more_ids}, {}) for key in self.rest_keys]
            values += more_args
        if self.table:
            values += [*self.table.words(rows), *(_word(args.get(arg.name)) for arg in after)]
        values += [_word(call.get(arg.name)) for call in each for arg in self.each]
        words = ("FCALL", self.name, len(names), *names, *values)
        return Request(words, self.read, self.name)

    def read(self, raw: object) -> Reply:
        """The reply as a value; a refusal is raised as its error (contract 08)."""
        return self.reader(self, raw)

    @staticmethod
    def _key_text(key: Key, ids: Mapping[str, Word], choose: Mapping[str, str]) -> str:
        pattern = choose.get(key.name, key.patterns[0])
        if pattern not in key.patterns:
            raise KeyError(f"{pattern} cannot stand for key {key.name}: {key.patterns}")
        return catalogue.key(pattern, **{letter: str(value) for letter, value in ids.items()})


def _word(value: Word | None) -> Word:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, int) else value  # the client library takes no subclass of int


def keys(*names: str) -> tuple[Key, ...]:
    """Key places named after their catalogue entry; ``place=entry|other`` gives a name and its choices."""
    places: list[Key] = []
    for name in names:
        place, _, entries = name.partition("=")
        places.append(Key(place, tuple(entries.split("|")) if entries else (place,)))
    return tuple(places)


def args(*names: str) -> tuple[Arg, ...]:
    """Argument places from short forms: ``name``, ``name:number``, ``name:optional=1000`` with a default."""
    places: list[Arg] = []
    for name in names:
        head, given, default = name.partition("=")
        word, _, kind = head.partition(":")
        places.append(Arg(word, Kind(kind or "text"), default if given else None))
    return tuple(places)
