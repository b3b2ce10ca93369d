"""Finding a server and getting it ready."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path
from typing import Final

from ff_core.backend import Address
from ff_core.errors import InvalidInput
from ff_core.home.server import ensure
from ff_core.ops import keystore, setup
from ff_core.ops.op import Op
from ff_core.ops.scope import Scope
from ff_core.types import Namespace, PartitionCounts, WorkerId, WorkerInstanceId

HOME_PARTITIONS: Final = PartitionCounts(flow=8, budget=8, quota=8)
"""Of an embedded server: enough to keep the layout of a cluster, few enough to read them all at once."""

DEPLOYMENT_PARTITIONS: Final = PartitionCounts()
"""Of a server that has no counts yet (contract 01 §3.2)."""


def located(url: str | None, folder: Path | str | None) -> tuple[Address, PartitionCounts]:
    """The server that `url` names, or the embedded one, which is started if need be. Raises InvalidInput."""
    if url is None:
        return Address.of_socket(ensure(None if folder is None else Path(folder))), HOME_PARTITIONS
    if folder is not None:
        raise InvalidInput("a URL and a home were given; give the URL of a server or the home of an embedded one")
    return Address.of_url(url), DEPLOYMENT_PARTITIONS


def opened(namespace: str, default: PartitionCounts) -> Op[Scope]:
    """Check the server, load what it lacks, and answer what a client has to know of it."""
    if not namespace:
        raise InvalidInput("the namespace is empty; give a name, or leave it out for 'default'")
    counts = yield from setup.prepare(default)
    scope = Scope(Namespace(namespace), counts, WorkerId("python"), _instance())
    yield from keystore.seed(scope, os.environ.get("FF_WAITPOINT_HMAC_SECRET"))
    return scope


def _instance() -> WorkerInstanceId:
    return WorkerInstanceId(f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}")
