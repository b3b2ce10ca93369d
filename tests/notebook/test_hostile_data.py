"""Whoever may submit work writes into other people's notebooks: nothing of it may act, mislead or flood."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from notebook.conftest import Ff, faces, suspended

from ff_core.client import Client
from ff_notebook.frames import executions
from ff_notebook.text import LIMIT, clean, message, one_line
from ff_notebook.views.view import View

MARKUP = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>&lt;b&gt;"
CONTROLS = "\x1b[31mred\x1b]8;;http://x\x07\r\nnext\u2028line\u202egnp.exe\u2066\u200f\x00\x9b\ud800"
HOSTILE = MARKUP + CONTROLS.replace("\ud800", "")
TAGS = {"style", "div", "table", "thead", "tbody", "tr", "th", "td", "span", "p", "b", "dl", "dt", "dd", "pre"}


class Elements(HTMLParser):
    """All elements and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.fixture(params=[MARKUP, HOSTILE], ids=["markup", "markup and controls"])
def views(client: Client, ff: Ff, request: pytest.FixtureRequest) -> list[View]:
    """Every view of work whose every text is hostile."""
    hostile = request.param
    client.submit(hostile[:100], {"text": hostile}, lane="a", tags={"team.name": hostile})
    client.submit("failed", hostile, lane="b", tags={"x.y": hostile})
    task = client.claim("b")
    assert task
    task.progress(10, hostile)
    task.fail(hostile, "permanent")
    waiting = suspended(client, hostile, kind=hostile[:100])
    inbox = ff("inbox")
    client.approve(waiting.details.waitpoint_id, comment=hostile, by=hostile)
    shown = [ff(f"show {id_}") for id_ in ff("ls").df["id"]]
    return [inbox, ff("claim"), ff("status"), *shown, ff("fail {}")]


def texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(key)
            yield from texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


def harmless(text: str) -> bool:
    return not any(char in text for char in "\x00\x07\r\x1b\x9b\u2028\u202e\u2066\u200f\ud800")


def test_markup_stays_text(views: list[View], ff: Ff):
    pages = [view._repr_mimebundle_()[0]["text/html"] for view in views]
    for page in [*pages, ff("ls")._repr_html_()]:
        elements = Elements(page)
        assert elements.found <= TAGS
        assert elements.attributes <= {"class", "title", "style"}


def test_controls_reach_nobody(views: list[View], ff: Ff):
    assert all(harmless(faces(view)) for view in views)
    assert harmless(repr(ff("ls")) + ff("ls")._repr_html_())


def test_controls_do_not_reach_the_browser(client: Client, ff: Ff):
    waiting = suspended(client, {"text": HOSTILE}, kind=HOSTILE[:100])
    inbox = ff("inbox").widget()
    assert all(map(harmless, texts(inbox.rows)))
    client.approve(waiting.details.waitpoint_id, comment=HOSTILE, by=HOSTILE)
    card = ff("claim").widget()
    ff("progress 10 " + json.dumps(HOSTILE))
    assert all(map(harmless, texts(card.card)))


def test_a_frame_keeps_what_was_stored(client: Client):
    client.submit(HOSTILE[:100])
    frame = executions(client.list_executions().items)
    assert frame["kind"][0] == HOSTILE[:100]


def test_an_error_is_one_clean_line():
    said = message(ValueError(f"first\nsecond {CONTROLS}"))
    assert said.startswith("first second [31mred")
    assert "\n" not in said
    assert harmless(said)


def test_what_is_too_long_is_cut_and_says_so(client: Client, ff: Ff):
    suspended(client, {"text": "x" * 20_000})
    inbox = ff("inbox")
    row = inbox.widget().rows[0]
    assert len(row["payload"]) <= LIMIT
    show = ff(f"show {inbox.pending[0].execution_id}")
    assert "characters in all" in show.html()
    assert len(repr(show)) < LIMIT + 1_000
    assert len(show.html()) < LIMIT + 3_000


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a\r\nb\rc\x0bd", "a\nb\nc\nd"),
        ("tab\tstays", "tab\tstays"),
        ("emoji 👩‍💻 and עברית stay", "emoji 👩‍💻 and עברית stay"),
        ("x" * 10, "xxxxx… (10 characters in all)"),
    ],
)
def test_cleaning_takes_only_what_harms(text: str, shown: str):
    assert clean(text, limit=5 if set(text) == {"x"} else LIMIT) == shown


def test_a_line_is_cut_with_an_ellipsis():
    assert one_line("ab  \n cd", 4) == "ab …"
