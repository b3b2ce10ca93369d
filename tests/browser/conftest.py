"""JupyterLab in a browser: a server with configuration and data of its own, and notebooks to open in it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from waiting import wait_until

from ff_core.home.server import stop

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Without these awaits "run all cells" does nothing now and then. The command itself is not awaited: it may wait for us.
RUN_ALL_CELLS = """async () => {
  const app = window.jupyterapp;
  await app.restored;
  const context = app.shell.currentWidget.context;
  await context.ready;
  await context.sessionContext.ready;
  await context.sessionContext.session.kernel.info;
  app.commands.execute('notebook:run-all-cells');
  return true;
}"""
OPENED = "() => window.jupyterapp?.shell?.currentWidget?.context?.sessionContext"
SAVE = "async () => { await window.jupyterapp.commands.execute('docmanager:save'); return true; }"


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    url: str
    notebooks: Path
    home: Path
    """FF_HOME of its kernels."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_type_launch_args,
        "executable_path": shutil.which("chromium"),
        "headless": True,
        "args": CHROMIUM_FLAGS,
    }


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(url: str) -> bool:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=1)
    try:
        connection.request("GET", "/api")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


@pytest.fixture(scope="session")
def lab(scratch: Path) -> Iterator[Lab]:
    """JupyterLab on the loopback interface, without a token, as nothing else can reach it here."""
    root = Path(tempfile.mkdtemp(dir=scratch))
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTERLAB_SETTINGS_DIR")
    settings = {name: str(root / name.lower()) for name in (*folders, "JUPYTERLAB_WORKSPACES_DIR")}
    running = Lab(f"http://127.0.0.1:{free_port()}", root / "notebooks", root / "home")
    running.notebooks.mkdir()
    no_news = Path(
        settings["JUPYTERLAB_SETTINGS_DIR"], "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    )
    no_news.parent.mkdir(parents=True)
    no_news.write_text('{"fetchNews": "false"}')  # Lab asks once, in a window that covers what is to be clicked
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={running.url.rpartition(':')[2]}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={running.notebooks}",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FF_", "JUPYTER"))}
    with (root / "log").open("wb") as log:
        server = subprocess.Popen(
            command,
            env={**environment, **settings, "FF_HOME": str(running.home)},
            start_new_session=True,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: answers(running.url), "JupyterLab answers", timeout=60)
        yield running
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
        stop(running.home)


@pytest.fixture(scope="session")
def base_url(lab: Lab) -> str:
    """Where pages without a host are looked for. pytest-playwright's own fixture of this name warns under pytest 9."""
    return lab.url


@pytest.fixture
def run_notebook(lab: Lab, page: Page) -> Callable[[Path], Page]:
    """Opens a copy of a notebook in JupyterLab, and runs all its cells."""

    def run(notebook: Path) -> Page:
        shutil.copy(notebook, lab.notebooks)
        page.goto(f"/lab/tree/{notebook.name}?reset")
        page.wait_for_function(OPENED, timeout=60_000)
        page.evaluate(RUN_ALL_CELLS)
        return page

    return run
