"""The root of all errors: how a class gets its wire code, its bucket and its text."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Bucket(StrEnum):
    """What kind of thing went wrong (contract 08 §2)."""

    NOT_FOUND = "not_found"
    VALIDATION = "validation"
    CONTENTION = "contention"
    CONFLICT = "conflict"
    STATE = "state"
    BUG = "bug"
    TRANSPORT = "transport"
    UNAVAILABLE = "unavailable"
    RESOURCE_EXHAUSTED = "resource_exhausted"
    TIMEOUT = "timeout"
    STREAM = "stream"


class ErrorClass(StrEnum):
    """What the caller should do about it (contract 08 §2)."""

    RETRYABLE = "retryable"
    """Try again after a short wait; in a claim loop, skip this candidate."""
    TERMINAL = "terminal"
    """Give up this call."""
    COOPERATIVE = "cooperative"
    """Stop the work in an orderly way."""
    INFORMATIONAL = "informational"
    """Take it as "already done" or "not now"."""
    BUG = "bug"
    """Report it."""


_classes: dict[str, type[FlowFabricError]] = {}

CODES: Final = MappingProxyType(_classes)
"""Wire code -> its class. Class statements fill it, so it is complete once `ff_core.errors` is imported."""


class FlowFabricError(Exception):
    """Something went wrong in FlowFabric.

    A class states its wire code, its bucket and the names of its details in the class statement; the bucket
    and what to do are inherited. Its docstring is its text: what happened, then what to do.
    """

    code: str = ""
    """The word on the wire; empty where the library has none."""
    bucket: Bucket
    error_class: ErrorClass
    detail_names: tuple[str, ...] = ()
    """What the details mean, in order; more may follow them."""

    def __init_subclass__(
        cls,
        *,
        code: str = "",
        bucket: Bucket | None = None,
        error_class: ErrorClass | None = None,
        details: tuple[str, ...] = (),
    ) -> None:
        """Enter the class under its code; a code belongs to one class only."""
        super().__init_subclass__()
        if bucket is not None:
            cls.bucket = bucket
        if error_class is not None:
            cls.error_class = error_class
        cls.code = code
        cls.detail_names = details
        if code and _classes.setdefault(code, cls) is not cls:
            raise TypeError(f"{cls.__name__} claims code {code}, which belongs to {_classes[code].__name__}")

    def __init__(self, *details: object) -> None:
        super().__init__(*details)

    @property
    def details(self) -> tuple[str, ...]:
        """What the library or the raiser said besides the code, in wire order."""
        return tuple(str(detail) for detail in self.args)

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed a little later."""
        return self.error_class is ErrorClass.RETRYABLE

    def __str__(self) -> str:
        text = " ".join((self.__doc__ or self.code).split())
        details = self._readable_details()
        return f"{text} ({details})" if details else text

    def _readable_details(self) -> str:
        names = self.detail_names
        named = [f"{name}: {value}" for name, value in zip(names, self.details, strict=False) if value]
        return "; ".join([*named, *self.details[len(names) :]])
