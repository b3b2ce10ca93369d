"""Which executions a scanner or a subscriber looks at (contract 01 §12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ff_core.types.ids import Namespace


@dataclass(frozen=True, slots=True)
class ScannerFilter:
    """Lets through the executions of one namespace, or with one tag, or both."""

    NOOP: ClassVar[ScannerFilter]
    """Lets everything through."""

    namespace: Namespace | None = None
    instance_tag: tuple[str, str] | None = None
    """Key and value of a tag."""

    def is_noop(self) -> bool:
        """Whether everything gets through."""
        return self.namespace is None and self.instance_tag is None

    def matches(self, core_namespace: str | None, tag_value: str | None) -> bool:
        """Whether an execution gets through by its namespace and its value of the tag; None is a missing one.

        Both are compared exactly. What the filter does not ask for need not be read.
        """
        if self.namespace is not None and core_namespace != self.namespace:
            return False
        return self.instance_tag is None or tag_value == self.instance_tag[1]


ScannerFilter.NOOP = ScannerFilter()
