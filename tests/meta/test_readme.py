"""The README tells the truth: its Python runs, from top to bottom, on a fresh embedded server."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ff_core.home.server import stop

README = Path(__file__).parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def server_ended() -> Iterator[None]:
    yield
    stop(Path(os.environ["FF_HOME"]))


def test_the_examples_run(server_ended: None):
    names: dict[str, object] = {}
    for block in blocks("python"):
        exec(compile(block, str(README), "exec"), names)  # noqa: S102
    assert names["runs"]


def test_every_link_into_the_repository_leads_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text(encoding="utf-8"))
    assert links
    assert not [link for link in links if not (README.parent / link).exists()]
