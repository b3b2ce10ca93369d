"""FlowFabric's wire contract as data: every function of the library described once."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from ff_core.contract import (
    admission,
    budget,
    dependency,
    edge,
    execution,
    extension,
    flow,
    lease,
    outcome,
    quota,
    stream,
    suspension,
)
from ff_core.contract.model import Function

LIBRARY: Final = "flowfabric"
"""Name of the function library on the server."""

EXTENSION_LIBRARY: Final = "flowfabric_ext"
"""Name of our own library beside it."""

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
            *flow.FUNCTIONS,
            *edge.FUNCTIONS,
            *dependency.FUNCTIONS,
            *stream.FUNCTIONS,
            *budget.FUNCTIONS,
            *quota.FUNCTIONS,
            *admission.FUNCTIONS,
        )
    }
)

EXTENSION_FUNCTIONS: Final = MappingProxyType({function.name: function for function in extension.FUNCTIONS})

__all__ = ["CONTRACT_VERSION", "EXTENSION_FUNCTIONS", "EXTENSION_LIBRARY", "FUNCTIONS", "LIBRARY", "Function"]
