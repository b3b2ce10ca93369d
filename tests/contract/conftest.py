"""Servers that run the function library."""

import pytest
from conformance import clocked
from conformance.clocked import Server

from ff_core.contract import EXTENSION_LIBRARY, LIBRARY
from ff_core.lua import assemble


@pytest.fixture
def clocked_server(raw: Server) -> Server:
    """An empty server whose library goes by the tests' clock."""
    clocked.load(raw, clocked.library())
    return raw


@pytest.fixture
def extended_server(clocked_server: Server) -> Server:
    """The same with the extension library beside it, under the same clock."""
    clocked.load(clocked_server, clocked.library(EXTENSION_LIBRARY))
    return clocked_server


@pytest.fixture
def shipped_server(raw: Server) -> Server:
    """An empty server with the library as we ship it."""
    clocked.load(raw, assemble())
    return raw


@pytest.fixture
def shipped_pair(raw: Server) -> Server:
    """An empty server with both libraries as we ship them."""
    for library in (LIBRARY, EXTENSION_LIBRARY):
        clocked.load(raw, assemble(library=library))
    return raw
