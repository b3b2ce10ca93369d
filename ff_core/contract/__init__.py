"""FlowFabric's wire contract as data: every function of the library described once."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from ff_core.contract import execution, lease, outcome, suspension
from ff_core.contract.model import Function

LIBRARY: Final = "flowfabric"
"""Name of the function library on the server."""

CONTRACT_VERSION: Final = "34"
"""What `ff_version` answers; another number is another contract."""

FUNCTIONS: Final = MappingProxyType(
    {
        function.name: function
        for function in (
            *execution.FUNCTIONS,
            *lease.FUNCTIONS,
            *outcome.FUNCTIONS,
            *suspension.FUNCTIONS,
        )
    }
)

__all__ = ["CONTRACT_VERSION", "FUNCTIONS", "LIBRARY", "Function"]
