"""A person in JupyterLab: runs the quickstart, clicks Approve, sees the work completed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import valkey
from browser.conftest import SAVE, Lab
from playwright.sync_api import Page, expect
from waiting import wait_until

from ff_core.client import connect
from ff_core.home.server import ensure

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "01_quickstart.ipynb"
TOKEN = re.compile(r"\b[A-Za-z0-9._-]+:[0-9a-f]{40}\b")

pytestmark = pytest.mark.browser


def test_a_click_on_approve_completes_the_quickstart(lab: Lab, run_notebook: Callable[[Path], Page]):
    page = run_notebook(QUICKSTART)
    row = page.locator(".ff-row").first
    expect(row.get_by_role("button", name="Approve")).to_be_visible(timeout=60_000)
    # The cell behind the inbox is busy waiting for this very click.
    row.get_by_placeholder("Comment (optional)").fill("well written")
    row.get_by_role("button", name="Approve").click()
    expect(row).to_contain_text("Approved", timeout=20_000)
    expect(page.locator(".ff-claim .ff-said").last).to_contain_text("well written", timeout=20_000)

    with connect(home=lab.home) as client:
        (lane,) = [lane for lane in client.lanes() if lane.startswith("quickstart-")]
        wait_until(
            lambda: {run.public_state.value for run in client.list_executions(lane=lane).items} == {"completed"},
            "all executions of the quickstart are completed",
            timeout=60,
        )
        urgent = client.list_executions(lane=lane, tags={"team": "press"}).items[0]
        assert client.result(urgent.execution_id) == {"summary": "We are happy to announce."}

    # The last cell's asserts have passed when it has a number.
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.content.widgets.at(-1).model.executionCount > 0", timeout=60_000
    )
    page.evaluate(SAVE)
    saved = lab.notebooks / QUICKSTART.name
    wait_until(lambda: "We are happy to announce" in saved.read_text(encoding="utf-8"), "the notebook is saved")
    text = saved.read_text(encoding="utf-8")
    assert '"output_type": "error"' not in text
    assert not TOKEN.search(text)
    with valkey.Valkey(unix_socket_path=str(ensure(lab.home)), decode_responses=True) as server:
        records = [key for key in server.scan_iter(match="ff:wp:*", count=1000) if server.type(key) == "hash"]
        tokens = [token for token in (server.hget(record, "waitpoint_token") for record in records) if token]
    assert tokens
    assert not [token for token in tokens if str(token).partition(":")[2] in text]
