"""The function libraries that run inside Valkey: that of the contract (03 to 07) and our own beside it."""

from ff_core.lua.assemble import (
    BUILD_FUNCTION,
    EXTENSION_BUILD_FUNCTION,
    AssemblyError,
    assemble,
    build_digest,
)

__all__ = ["BUILD_FUNCTION", "EXTENSION_BUILD_FUNCTION", "AssemblyError", "assemble", "build_digest"]
