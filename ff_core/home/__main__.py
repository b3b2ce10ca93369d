"""``python -m ff_core.home HOME LOCK IDLE BINARY``: the keeper of HOME, started by `ff_core.home.server`.

LOCK is the inherited file descriptor that holds the role, IDLE the idle limit in seconds,
BINARY the program of the server.
"""

import os
import sys
from pathlib import Path

from ff_core.home.folder import Home
from ff_core.home.keeper import keep
from ff_core.home.server_process import ServerNotStarted

path, descriptor, idle_limit, binary = sys.argv[1:]
with os.fdopen(int(descriptor), "ab") as lock:
    try:
        keep(Home(Path(path)), lock, float(idle_limit), Path(binary))
    except ServerNotStarted as error:
        sys.exit(str(error))
