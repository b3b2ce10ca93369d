"""Putting delayed work whose time has come back into its queue (contract 03a §2, 03b §6.7)."""

from __future__ import annotations

from collections.abc import Sequence

from ff_core.contract.execution import PROMOTE_DELAYED
from ff_core.keys import key
from ff_core.ops.command import ranked_up_to, server_time
from ff_core.ops.op import Op, send, send_all
from ff_core.ops.scope import Scope
from ff_core.types import LaneId

BATCH = 50
"""How many executions of one queue are promoted at a time."""


def promote_due(scope: Scope, lanes: Sequence[LaneId]) -> Op[int]:
    """Promote what is due on these lanes; answers how many executions came back.

    The original leaves this to its engine alone. Here a worker that finds nothing does it for its own lanes, so a delay
    or a retry comes back where no engine runs.
    """
    now = yield from send(server_time())
    queues = [(lane, tag) for lane in lanes for tag in scope.flow_tags()]
    due = yield from send_all(ranked_up_to(key("lane_delayed", T=tag, L=lane), now, BATCH) for lane, tag in queues)
    replies = yield from send_all(
        PROMOTE_DELAYED.call({"E": member, "L": lane}, {"execution_id": member, "now_ms": now})
        for (lane, _), members in zip(queues, due, strict=True)
        for member, _ in members
    )
    return sum(reply.text("outcome") == "promoted" for reply in replies)
