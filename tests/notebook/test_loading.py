"""Loading the extension and taking it away."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from IPython.core.interactiveshell import InteractiveShell
from notebook.conftest import Ff

import ff_notebook
from ff_notebook.session import SESSION

HEAVY = ("pandas", "ipywidgets", "pydantic", "valkey", "ff_core.client")


def test_loading_the_extension_imports_nothing_that_takes_time():
    loading = (
        "import ff_notebook, ff_notebook.magics, sys; print(*[name for name in sys.argv[1:] if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", loading, *HEAVY], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_loading_says_nothing_and_starts_nothing(cell: Callable[[str], str]):
    cell("%unload_ext ff_notebook")
    assert cell("%load_ext ff_notebook") == ""
    assert "not connected" in cell("%ff status")
    assert SESSION.connected is None


def test_loading_again_changes_nothing(shell: InteractiveShell):
    matchers = list(shell.Completer.custom_matchers)
    shell.run_line_magic("reload_ext", "ff_notebook")
    ff_notebook.load_ipython_extension(shell)
    assert shell.Completer.custom_matchers == matchers


def test_unloading_takes_the_magic_the_completion_and_the_connection_away(shell: InteractiveShell):
    shell.run_line_magic("unload_ext", "ff_notebook")
    assert shell.find_line_magic("ff") is shell.find_cell_magic("ff") is None
    assert shell.Completer.custom_matchers == []
    assert SESSION.connected is None


def test_every_name_of_the_package_is_there():
    assert all(getattr(ff_notebook, name).__doc__ for name in ff_notebook.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'submitt'"):
        getattr(ff_notebook, "submitt")  # noqa: B009


def test_a_fault_of_the_program_keeps_its_traceback(
    ff: Ff, cell: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ff_notebook.commands.connection.mode", lambda: 1 / 0)
    seen = cell("%ff status")
    assert "Traceback" in seen
    assert "ZeroDivisionError" in seen
