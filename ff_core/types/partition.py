"""Partitions: how many there are, which one an id falls into, and how one is written (contract 01 §3)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from ff_core.errors import InvalidInput
from ff_core.types.text import Text

_INDEX: Final = re.compile(r"\+?[0-9]+")
MAX_INDEX: Final = 0xFFFF


def parse_index(text: str) -> int | None:
    """An unsigned 16-bit decimal, with leading zeros and one plus at will (contract 01 §2.3)."""
    if not _INDEX.fullmatch(text):
        return None
    index = int(text)
    return index if index <= MAX_INDEX else None


def crc16(data: bytes) -> int:
    """CRC16/XMODEM, the one that Valkey takes its key slots from."""
    return binascii.crc_hqx(data, 0)


class PartitionFamily(StrEnum):
    """What is spread over a set of partitions."""

    FLOW = "flow"
    EXECUTION = "execution"
    """Another name for flow: an execution lives in the partition of its flow."""
    BUDGET = "budget"
    QUOTA = "quota"

    @property
    def prefix(self) -> str:
        """The letters of its hash tags."""
        return _PREFIXES[self]


_PREFIXES: Final = {
    PartitionFamily.FLOW: "fp",
    PartitionFamily.EXECUTION: "fp",
    PartitionFamily.BUDGET: "b",
    PartitionFamily.QUOTA: "q",
}
_FAMILIES: Final = {"fp": PartitionFamily.FLOW, "b": PartitionFamily.BUDGET, "q": PartitionFamily.QUOTA}


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition of a family."""

    family: PartitionFamily
    index: int

    @property
    def tag(self) -> str:
        """The hash tag in every key of the partition, such as ``{fp:7}``."""
        return f"{{{self.family.prefix}:{self.index}}}"

    @property
    def key(self) -> PartitionKey:
        """The reference to it that grants carry."""
        return PartitionKey(self.tag)


class PartitionKey(Text):
    """A reference to a partition as grants carry it. Any text; it is read on use (contract 01 §3.1)."""

    __slots__ = ()

    def parse(self) -> Partition:
        """The partition it names. Raises InvalidInput."""
        if len(self) < len("{}") or not (self.startswith("{") and self.endswith("}")):
            raise self._fault("MissingBraces", "has no braces around it")
        prefix, colon, index = self[1:-1].partition(":")
        if not colon:
            raise self._fault("MalformedBody", "has no colon")
        if prefix not in _FAMILIES:
            raise self._fault("UnknownFamilyPrefix", "does not begin with fp, b or q", prefix)
        number = parse_index(index)
        if number is None:
            raise self._fault("InvalidIndex", f"has no index from 0 to {MAX_INDEX}", index)
        return Partition(_FAMILIES[prefix], number)

    def _fault(self, name: str, what: str, part: str | None = None) -> InvalidInput:
        return InvalidInput(f"partition key {self!r} {what}; write it like {{fp:7}}", fault=name, carries=part)


@dataclass(frozen=True, slots=True)
class PartitionCounts:
    """How many partitions each family has. It never changes on a live data set (contract 01 §3.2)."""

    flow: int = 256
    budget: int = 32
    quota: int = 32

    def __post_init__(self) -> None:
        """Refuse counts that no server could have."""
        for count in (self.flow, self.budget, self.quota):
            if not 1 <= count <= MAX_INDEX:
                raise InvalidInput(f"a partition count of {count} is impossible; use 1 to {MAX_INDEX}")

    @classmethod
    def from_config(cls, fields: Mapping[str, str]) -> Self:
        """The counts of a server by its configuration hash; the default for what is missing or unusable."""
        stated = {
            name: parse_index(fields.get(f"num_{name}_partitions", "")) or default
            for name, default in (("flow", 256), ("budget", 32), ("quota", 32))
        }
        return cls(**stated)
