"""The caps on sizes. They have no exceptions."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON_FILE, PYTHON_FUNCTION = 600, 50
LUA_FILE, LUA_FUNCTION = 200, 80

LUA_FUNCTION_START = re.compile(r"^(?:local |return )?function\b")


def sources(ending: str) -> list[Path]:
    return [
        path
        for folder in ("ff_core", "ff_notebook", "tests")
        for path in (ROOT / folder).rglob(f"*{ending}")
        if ".ipynb_checkpoints" not in path.parts
    ]


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_no_file_is_longer_than_its_cap():
    caps = {".py": PYTHON_FILE, ".js": PYTHON_FILE, ".css": PYTHON_FILE, ".lua": LUA_FILE}
    long = [
        f"{path.relative_to(ROOT)}: {len(lines_of(path))} lines, cap {cap}"
        for ending, cap in caps.items()
        for path in sources(ending)
        if len(lines_of(path)) > cap
    ]
    assert not long


def test_no_python_function_is_longer_than_its_cap():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (node.end_lineno or node.lineno) - node.lineno + 1 > PYTHON_FUNCTION
    ]
    assert not long


def lua_functions(path: Path) -> list[tuple[int, int]]:
    """First line and length of every function that starts in the first column."""
    found: list[tuple[int, int]] = []
    start = 0
    for number, line in enumerate(lines_of(path), 1):
        if LUA_FUNCTION_START.match(line):
            start = number
        elif line == "end" and start:
            found.append((start, number - start + 1))
            start = 0
    return found


def test_no_lua_function_is_longer_than_its_cap():
    functions = [(path, first, length) for path in sources(".lua") for first, length in lua_functions(path)]
    assert functions
    assert not [f"{path.relative_to(ROOT)}:{first}" for path, first, length in functions if length > LUA_FUNCTION]
