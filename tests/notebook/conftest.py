"""IPython with ``%ff``, connected to the server of this pytest process."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import valkey
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from ff_core.client import Client, connect
from ff_core.types import Suspended

Ff = Callable[[str], Any]


@pytest.fixture(autouse=True)
def _kernel_folders(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels that a test starts leave the user's folders alone."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(scratch / name.lower()))


@pytest.fixture(scope="session")
def ipython(scratch: Path) -> Iterator[InteractiveShell]:
    """The IPython of this process. It keeps no history, and leaves this process its own ``__main__``."""
    config = Config({"HistoryManager": {"enabled": False}})
    cells = ModuleType("cells")
    yield InteractiveShell.instance(config=config, ipython_dir=str(scratch / "ipython"), user_module=cells)
    InteractiveShell.clear_instance()


@pytest.fixture
def url(raw: valkey.Valkey, valkey_socket: Path) -> str:
    """An empty server with few partitions, so that a look at all of them is quick."""
    raw.hset(
        "ff:config:partitions",
        mapping={"num_flow_partitions": 4, "num_budget_partitions": 4, "num_quota_partitions": 4},
    )
    return f"unix://{valkey_socket}"


@pytest.fixture
def shell(ipython: InteractiveShell, url: str) -> Iterator[InteractiveShell]:
    before = set(ipython.user_ns)
    ipython.run_line_magic("load_ext", "ff_notebook")
    ipython.run_line_magic("ff", f"connect {url}")
    yield ipython
    ipython.run_line_magic("reload_ext", "ff_notebook")  # never says that it is not loaded
    ipython.run_line_magic("unload_ext", "ff_notebook")
    for name in set(ipython.user_ns) - before:
        del ipython.user_ns[name]


@pytest.fixture
def client(shell: InteractiveShell, url: str) -> Iterator[Client]:
    """Somebody else on the same server."""
    with connect(url) as other:
        yield other


@pytest.fixture
def ff(shell: InteractiveShell) -> Ff:
    """``ff("ls")`` is ``%ff ls``: the object that it answers."""
    return lambda line: shell.run_line_magic("ff", line)


@pytest.fixture
def cell(shell: InteractiveShell) -> Callable[[str], str]:
    """Runs a cell; answers all that a person would see of it."""

    def run(source: str) -> str:
        with capture_output() as seen:
            shell.run_cell(source)
        shown = [json.dumps(output.data, default=str) for output in seen.outputs]
        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join([seen.stdout, seen.stderr, *shown])).strip()

    return run


def faces(view: Any) -> str:
    """Everything that a view shows, in all its forms."""
    data, _ = view._repr_mimebundle_()
    return "\n".join([repr(view), *(str(form) for form in data.values())])


def everything_stored(raw: valkey.Valkey) -> dict[Any, Any]:
    """Every key with its serialised value."""
    return {key: raw.dump(key) for key in raw.scan_iter(count=1000)}


def suspended(client: Client, payload: Any = None, *, kind: str = "deploy", **options: Any) -> Suspended:
    """Work that somebody submitted, claimed and suspended."""
    client.submit(kind, payload)
    task = client.claim()
    assert task
    outcome = task.suspend(**{"timeout": "1h", **options})
    assert isinstance(outcome, Suspended)
    return outcome
