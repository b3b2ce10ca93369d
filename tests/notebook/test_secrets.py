"""A waitpoint's token never leaves the Python side."""

import json
import pickle
import re
from collections.abc import Callable

import nbformat
import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from ipywidgets import Widget
from nbclient import NotebookClient
from notebook.conftest import Ff, faces, suspended

from ff_core.client import Client

TOKEN = re.compile(r"\b[A-Za-z0-9._-]+:[0-9a-f]{40}\b")


@pytest.fixture
def token(client: Client) -> str:
    """The token of an open waitpoint."""
    return suspended(client, {"document": 7}).details.waitpoint_token.reveal()


def digest(token: str) -> str:
    """The part of a token that is secret."""
    return token.partition(":")[2]


def test_the_pattern_finds_a_token(token: str):
    assert TOKEN.search(f"<p>{token}</p>")


def test_no_view_shows_it(token: str, ff: Ff):
    views = [ff("inbox"), ff("status"), ff(f"show {ff('ls').df['id'][0]}")]
    seen = "\n".join([*map(faces, views), views[0].df.to_csv(), ff("ls").to_csv(), repr(ff("ls"))])
    assert not TOKEN.search(seen)
    assert digest(token) not in seen


def test_no_trait_and_no_saved_widget_state_holds_it(token: str, ff: Ff):
    inbox = ff("inbox").widget()
    inbox._handle_custom_msg({"op": "approve", "id": inbox.rows[0]["id"], "comment": ""}, [])  # noqa: SLF001
    claim = ff("claim").widget()
    state = json.dumps([inbox.get_state(), claim.get_state(), Widget.get_manager_state()], default=str)
    assert digest(token) not in state


def test_what_suspend_answers_shows_nothing_of_it(ff: Ff, shell: InteractiveShell, cell: Callable[[str], str]):
    ff("submit a")
    ff("claim")
    seen = cell("kept = %ff suspend\nkept, kept.value, vars(kept)")
    assert "REDACTED" in seen
    assert digest(shell.user_ns["kept"].value.details.waitpoint_token.reveal()) not in seen


def test_a_view_that_is_pickled_leaves_it_behind(ff: Ff, client: Client):
    ff("submit a")
    ff("claim")
    note = ff("suspend")
    token = note.value.details.waitpoint_token.reveal()
    assert digest(token).encode() not in pickle.dumps(note)


@pytest.mark.parametrize("line", ["approve {}", "reject {}", "show {}", "connect unix:///{}", "{}", "submit a {}"])
def test_a_token_in_the_wrong_place_is_not_repeated(line: str, token: str, ff: Ff):
    with pytest.raises(UsageError) as refused:
        ff(line.format(token))
    assert digest(token) not in str(refused.value)


def test_a_notebook_saved_by_a_kernel_holds_none(url: str, token: str):
    cells = [
        "%load_ext ff_notebook",
        f"%ff connect {url}",
        "%ff submit a --lane b",
        "%ff claim b",
        "%ff suspend",
        "%ff inbox",
        "%ff ls",
        "import ff_notebook; ff_notebook.inbox().df",
        "ff_notebook.inbox().pending",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    saved = nbformat.writes(notebook)
    assert saved.count("deploy") >= 3
    assert digest(token) not in saved
    assert not TOKEN.search(saved)
