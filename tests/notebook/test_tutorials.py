"""The tutorials run from top to bottom without a person, say nothing secret, and are stored without outputs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import valkey
from nbclient import NotebookClient

from ff_core.home.server import ensure, stop

TUTORIALS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb"))
TOKEN = re.compile(r"\b[A-Za-z0-9._-]+:[0-9a-f]{40}\b")


@pytest.fixture
def home(ff_home: Path) -> Iterator[Path]:
    yield ff_home
    stop(ff_home)


def stored_tokens(home: Path) -> list[str]:
    with valkey.Valkey(unix_socket_path=str(ensure(home)), decode_responses=True) as server:
        records = server.scan_iter(match="ff:wp:*", count=1000)
        return [str(server.hget(record, "waitpoint_token")) for record in records if server.type(record) == "hash"]


def test_there_are_tutorials():
    assert TUTORIALS


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_runs_and_what_it_saves_holds_no_token(tutorial: Path, home: Path):
    notebook = nbformat.read(tutorial, as_version=4)
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    saved = nbformat.writes(notebook)
    assert "widgets" not in notebook.metadata, "a widget's state was saved, which would hide the text when offline"
    assert not TOKEN.search(saved)
    tokens = stored_tokens(home)
    assert tokens, "the tutorial has suspended something"
    assert not [token for token in tokens if token in saved]


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_is_stored_without_outputs_and_ends_by_checking_itself(tutorial: Path):
    cells = json.loads(tutorial.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert not [cell for cell in code if cell["outputs"] or cell["execution_count"] is not None]
    assert "assert " in "".join(code[-1]["source"])
