"""Puts the function libraries together: signatures from the contract, helpers from ``lib``, bodies from ``fn``.

Every Lua file is a module of its own that names what it needs with ``require("name")``; only files of ``lib``
can be required. The assembled text has a ``require`` of the same meaning, so each file also reads alone. Both libraries
draw on the same ``lib``; each holds those of its files that it needs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Final

from ff_core.contract import CONTRACT_VERSION, EXTENSION_FUNCTIONS, EXTENSION_LIBRARY, FUNCTIONS, LIBRARY
from ff_core.contract.model import Arg, Function, Table

BUILD_FUNCTION: Final = "ffx_build"
"""Our own function beside the contract's: it answers the digest of the build, so that old ones are seen."""

EXTENSION_BUILD_FUNCTION: Final = "ffx_ext_build"
"""The same of the extension library."""

_BUILD_FUNCTIONS: Final = {LIBRARY: BUILD_FUNCTION, EXTENSION_LIBRARY: EXTENSION_BUILD_FUNCTION}

_REQUIRE = re.compile(r'\brequire\("([a-z_]+)"\)')

_PRELUDE = """\
local modules, loaded = {}, {}
local function require(name)
  if loaded[name] == nil then
    loaded[name] = modules[name]()
  end
  return loaded[name]
end
"""


class AssemblyError(Exception):
    """A Lua file is missing, or requires what is not there or itself; the text names file, line and chain."""


def assemble(replaced: Mapping[str, str] | None = None, library: str = LIBRARY) -> str:
    """The text of a library, ready for FUNCTION LOAD.

    `replaced` gives another source for files of ``lib/``, by name: tests put their clock there.
    Raises AssemblyError.
    """
    functions = FUNCTIONS if library == LIBRARY else EXTENSION_FUNCTIONS
    files = {**_files("lib"), **(replaced or {})}
    bodies = {function.name: _body(function) for function in functions.values()}
    needed = {"register"}
    for function in functions.values():
        needed |= _walk((f"fn/{function.lua}",), bodies[function.name], files)
    needed |= _walk(("lib/register",), files["register"], files)
    parts = [_PRELUDE]
    parts += [f'modules["{name}"] = function()\n{files[name]}end\n' for name in sorted(needed)]
    parts.append('local register = require("register")\n')
    parts += [
        f'register("{function.name}", {_signature(function)}, function()\n{bodies[function.name]}end)\n'
        for function in functions.values()
    ]
    text = "\n".join(parts)
    build = hashlib.sha256(text.encode()).hexdigest()[:16]
    text += f'\nredis.register_function("{_BUILD_FUNCTIONS[library]}", function()\n  return "{build}"\nend)\n'
    return f"#!lua name={library}\n{text}"


def build_digest(library: str) -> str:
    """The digest that the assembled `library` answers to its build function."""
    return library.rsplit('return "', 1)[1].split('"', 1)[0]


def _files(folder: str) -> dict[str, str]:
    place = resources.files("ff_core.lua") / folder
    return {
        entry.name.removesuffix(".lua"): entry.read_text(encoding="utf-8")
        for entry in place.iterdir()
        if entry.name.endswith(".lua")
    }


def _body(function: Function) -> str:
    place = resources.files("ff_core.lua") / "fn" / f"{function.lua}.lua"
    if not place.is_file():
        raise AssemblyError(f"there is no fn/{function.lua}.lua for {function.name}")
    return place.read_text(encoding="utf-8").replace("@CONTRACT_VERSION@", CONTRACT_VERSION)


def _signature(function: Function) -> str:
    lists = {
        "keys": [f'"{key.name}"' for key in function.keys],
        "args": _forms(function.args),
        "rest_keys": [f'"{key.name}"' for key in function.rest_keys],
        "rest_args": [f'"{name}"' for name in function.rest_args],
    }
    return "\n".join(
        [
            "{",
            f"  required = {function.required},",
            *(f"  {name} = {{\n{_lines(entries)}  }}," for name, entries in lists.items()),
            *([f"  each = {{\n{_lines(_forms(function.each))}  }},"] if function.each else []),
            *([f"  table = {{\n{_lines(_rows(function.table))}  }},"] if function.table else []),
            "}",
        ]
    )


def _rows(table: Table) -> list[str]:
    return [
        f'count = "{table.count}"',
        f'layout = "{table.layout}"',
        f"columns = {{ {', '.join(_forms(table.columns))} }}",
        f"after = {{ {', '.join(_forms(table.after))} }}",
    ]


def _forms(args: Iterable[Arg]) -> list[str]:
    return [_table([arg.name, arg.kind.value, *([] if arg.default is None else [arg.default])]) for arg in args]


def _lines(entries: Iterable[str]) -> str:
    return "".join(f"    {entry},\n" for entry in entries)


def _table(texts: Iterable[str]) -> str:
    return "{ " + ", ".join(f'"{text}"' for text in texts) + " }"


def _walk(chain: tuple[str, ...], source: str, files: Mapping[str, str]) -> set[str]:
    """The files that a source needs, directly or by another."""
    needed: set[str] = set()
    for number, line in enumerate(source.splitlines(), 1):
        for wanted in _REQUIRE.findall(line):
            at = f"{' -> '.join(chain)}, line {number}"
            if wanted not in files:
                raise AssemblyError(f"{at}: there is no lib/{wanted}.lua")
            if f"lib/{wanted}" in chain:
                raise AssemblyError(f"{at}: lib/{wanted}.lua requires itself")
            needed |= {wanted} | _walk((*chain, f"lib/{wanted}"), files[wanted], files)
    return needed
