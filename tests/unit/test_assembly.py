"""Putting the function library together, without a server."""

import re
import subprocess
import sys
from importlib import import_module, resources
from types import ModuleType

import pytest

from ff_core.contract import EXTENSION_FUNCTIONS, EXTENSION_LIBRARY, FUNCTIONS, LIBRARY
from ff_core.contract.model import Function
from ff_core.lua import AssemblyError, assemble, build_digest


@pytest.fixture
def assembly() -> ModuleType:
    """The module, which the function of the same name hides."""
    return import_module("ff_core.lua.assemble")


def test_a_missing_file_is_named_with_line_and_chain():
    with pytest.raises(AssemblyError, match=r"^fn/\S+ -> .*lib/clock, line 2: there is no lib/nowhere.lua$"):
        assemble({"clock": '-- a clock\nlocal nowhere = require("nowhere")\n'})


def test_a_circle_is_named_with_line_and_chain():
    with pytest.raises(AssemblyError, match=r" -> lib/(\w+) -> lib/\w+, line 1: lib/\1.lua requires itself$"):
        assemble({"number": 'require("clock")\n', "clock": 'require("number")\n'})


def test_a_function_without_its_file_is_named(assembly: ModuleType, monkeypatch: pytest.MonkeyPatch):
    stray = Function("ff_stray", "execution/stray", "", "", (), (), {}, ())
    monkeypatch.setattr(assembly, "FUNCTIONS", {stray.name: stray})
    with pytest.raises(AssemblyError, match=r"^there is no fn/execution/stray.lua for ff_stray$"):
        assemble()


def test_the_digest_follows_the_text():
    assert build_digest(assemble()) == build_digest(assemble())
    assert build_digest(assemble({"clock": "return {}\n"})) != build_digest(assemble())


@pytest.mark.parametrize("library", [LIBRARY, EXTENSION_LIBRARY])
def test_the_module_prints_a_library(library: str):
    command = [sys.executable, "-m", "ff_core.lua", "--library", library]
    printed = subprocess.run(command, capture_output=True, check=True)
    assert printed.stdout.decode() == assemble(library=library)


def test_the_library_of_the_contract_is_printed_where_none_is_named():
    printed = subprocess.run([sys.executable, "-m", "ff_core.lua"], capture_output=True, check=True)
    assert printed.stdout.decode() == assemble()


def test_a_library_holds_no_file_that_it_does_not_need():
    assert 'modules["candidate"]' in assemble(library=EXTENSION_LIBRARY)
    assert 'modules["candidate"]' not in assemble(library=LIBRARY)


def test_every_lua_file_is_used():
    """Only files that a function of either library needs, directly or by another, have a place."""
    functions = FUNCTIONS | EXTENSION_FUNCTIONS
    lua = resources.files("ff_core.lua")
    library = {entry.name.removesuffix(".lua"): entry.read_text() for entry in (lua / "lib").iterdir()}
    bodies = {
        f"{place.name}/{entry.name}": entry.read_text() for place in (lua / "fn").iterdir() for entry in place.iterdir()
    }
    assert bodies.keys() == {f"{function.lua}.lua" for function in functions.values()}
    used = {"register"}
    unread = [library["register"], *bodies.values()]
    while unread:
        new = set(re.findall(r'require\("([a-z_]+)"\)', unread.pop())) - used
        used |= new
        unread += [library[name] for name in new]
    assert used == library.keys()
