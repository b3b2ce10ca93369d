"""What is shown where: in a terminal, in a front end with widgets, and where nobody looks."""

from collections.abc import Callable

import nbformat
import pytest
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from notebook.conftest import Ff, suspended

import ff_notebook
from ff_core.client import Client
from ff_core.errors import InvalidInput

WIDGET = "application/vnd.jupyter.widget-view+json"


def shown(shell: InteractiveShell, view: object) -> dict[str, str]:
    formatter = shell.display_formatter
    assert isinstance(formatter, DisplayFormatter)
    data, _ = formatter.format(view)
    return data


def test_a_terminal_gets_text(ff: Ff, shell: InteractiveShell, client: Client, cell: Callable[[str], str]):
    suspended(client, {"document": 7})
    assert ff_notebook.mode() == "text"
    assert sorted(shown(shell, ff("inbox"))) == ["text/html", "text/plain"]
    seen = cell("%ff inbox")
    assert "deploy" in seen
    assert '{"document": 7}' in seen
    assert "%ff approve ID" in seen


@pytest.mark.parametrize("line", ["inbox", "claim"])
def test_a_live_front_end_gets_a_widget_with_text_and_html_behind_it(
    ff: Ff, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch, line: str
):
    ff("submit a")
    monkeypatch.setenv("FF_NOTEBOOK_MODE", "live")
    data = shown(shell, ff(line))
    assert sorted(data) == [WIDGET, "text/html", "text/plain"]
    assert "anywidget" not in data["text/plain"].lower()


def test_a_view_shown_twice_is_one_widget(ff: Ff, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FF_NOTEBOOK_MODE", "live")
    inbox = ff("inbox")
    assert shown(shell, inbox)[WIDGET] == shown(shell, inbox)[WIDGET]


def test_a_mode_that_does_not_exist_is_refused_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, cell: Callable[[str], str], ff: Ff
):
    monkeypatch.setenv("FF_NOTEBOOK_MODE", "txt")
    with pytest.raises(InvalidInput, match="did you mean text"):
        ff_notebook.mode()
    assert cell("%ff status").startswith("UsageError: FF_NOTEBOOK_MODE is 'txt'")


def test_where_nobody_looks_no_widget_is_made(url: str, client: Client):
    suspended(client)
    cells = ["%load_ext ff_notebook", f"%ff connect {url}", "import ff_notebook; ff_notebook.mode()", "%ff inbox"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    outputs = [cell["outputs"] for cell in notebook.cells]
    assert "'unattended'" in outputs[2][0]["data"]["text/plain"]
    assert sorted(outputs[3][0]["data"]) == ["text/html", "text/plain"]
    assert "widgets" not in notebook.metadata
