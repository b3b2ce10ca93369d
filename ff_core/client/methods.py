"""Methods that make a call: how help, editors and notebooks show them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, TypeVar

M = TypeVar("M", bound=Callable[..., Any])


def shown_as(call: Callable[..., Any], *, passed: int) -> Callable[[M], M]:
    """Give a method the documentation of `call`, and those of its parameters that the method does not pass itself."""
    first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    left = list(inspect.signature(call).parameters.values())[passed:]
    signature = inspect.Signature([first, *left])

    def decorate(method: M) -> M:
        update_wrapper(method, call)
        method.__dict__["__signature__"] = signature
        return method

    return decorate
