"""Suspended executions for tests: conditions as documents, suspend and signal calls with what they need."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any, Final

from conformance.clocked import Server
from contract import driver
from contract.driver import call, fcall, key

from ff_core.contract import FUNCTIONS

KID: Final = "k1"
SECRET: Final = bytes(range(32)).hex()
SUSPENSION: Final = "5095e000-0000-4000-8000-000000000001"
FIRST: Final = driver.IDS["W"]
NAME: Final = "approved"


def waitpoint(number: int) -> str:
    """Ids of further waitpoints."""
    return f"ca110000-0000-4000-8000-0000000001{number:02d}"


def signal(number: int) -> str:
    """Signal ids."""
    return f"51600000-0000-4000-8000-0000000001{number:02d}"


def plain(*names: str, mode: str = "any", minimum: int = 1) -> str:
    """A condition on signal names; none means any name."""
    return json.dumps(
        {
            "condition_type": "signal_set",
            "required_signal_names": list(names),
            "signal_match_mode": mode,
            "minimum_signal_count": minimum,
            "timeout_behavior": "fail",
            "allow_operator_override": True,
        }
    )


def composite(tree: dict[str, Any] | None, version: int = 1) -> str:
    """A condition on a tree."""
    return json.dumps(
        {
            "v": version,
            "composite": True,
            "condition_type": "composite",
            "required_signal_names": [],
            "signal_match_mode": "composite",
            "minimum_signal_count": 1,
            "tree": tree,
        }
    )


def single(waitpoint_key: str, name: str | None = None) -> dict[str, Any]:
    """A leaf of a tree; without a name any signal fills it."""
    matcher = {"kind": "Wildcard"} if name is None else {"kind": "ByName", "name": name}
    return {"kind": "Single", "waitpoint_key": waitpoint_key, "matcher": matcher}


def all_of(*members: dict[str, Any]) -> dict[str, Any]:
    """A node that needs all its members."""
    return {"kind": "AllOf", "members": list(members)}


def count(n: int, kind: str, *waitpoint_keys: str, name: str | None = None) -> dict[str, Any]:
    """A node that needs `n` distinct ones of a kind: Waitpoints, Signals or Sources."""
    matcher = None if name is None else {"kind": "ByName", "name": name}
    return {
        "kind": "Count",
        "n": n,
        "count_kind": f"Distinct{kind}",
        "matcher": matcher,
        "waitpoints": list(waitpoint_keys),
    }


def with_keystore(server: Server) -> None:
    """A partition that has a signing key."""
    server.hset(key("hmac_secrets"), mapping={"current_kid": KID, f"secret:{KID}": SECRET})


def working(server: Server) -> None:
    """One execution that w1 works on, on a partition with a signing key."""
    with_keystore(server)
    driver.claimed(server)


def suspend(
    server: Server,
    condition: str = plain(NAME),
    *,
    ids: dict[str, str] | None = None,
    extras: Sequence[tuple[str, str]] = (),
    choose: dict[str, str] | None = None,
    **args: Any,
) -> list[Any]:
    """The reply of ff_suspend_execution. `extras` are ids and keys of further waitpoints."""
    function = FUNCTIONS["ff_suspend_execution"]
    all_ids = driver.IDS | (ids or {})
    values = {arg.name: driver.ARGS[arg.name] for arg in function.args if arg.name in driver.ARGS} | {
        "suspension_id": SUSPENSION,
        "waitpoint_id": all_ids["W"],
        "waitpoint_key": "A",
        "reason_code": "waiting_for_approval",
        "requested_by": "worker",
        "resume_condition_json": condition,
        "resume_policy_json": "{}",
        "timeout_behavior": "fail",
        "lease_history_maxlen": "1000",
        "dedup_ttl_ms": "0",
        "extra_count": str(len(extras)),
        **args,
    }
    rest = [({"W": extra}, (extra, extra_key)) for extra, extra_key in extras]
    return fcall(server, *function.call(all_ids, values, choose=choose, rest=rest).words[1:])


def tokens(reply: list[Any]) -> dict[str, str]:
    """Waitpoint id -> token of a successful suspend call."""
    assert reply[0] == 1, reply
    return {reply[3]: reply[5]} | dict(zip(reply[7::3], reply[9::3], strict=True))


def suspended(server: Server, condition: str = plain(NAME), **more: Any) -> dict[str, str]:
    """One suspended execution; answers waitpoint id -> token."""
    working(server)
    return tokens(suspend(server, condition, **more))


def send(
    server: Server,
    token: str,
    name: str = NAME,
    *,
    to: str = FIRST,
    number: int = 0,
    function: str = "ff_deliver_signal",
    ids: dict[str, str] | None = None,
    **args: Any,
) -> list[Any]:
    """The reply to signal `number`, given to waitpoint `to`."""
    values = {
        "signal_id": signal(number),
        "waitpoint_id": to,
        "signal_name": name,
        "signal_category": "approval",
        "source_type": "operator",
        "source_identity": "ann",
        "payload_encoding": "json",
        "target_scope": "waitpoint",
        "dedup_ttl_ms": "86400000",
        "resume_delay_ms": "0",
        "signal_maxlen": "1000",
        "max_signals_per_execution": "10000",
        "waitpoint_token": token,
        **args,
    }
    choose = {"signal_dedup": "signal_dedup"} if values.get("idempotency_key") else None
    return call(server, function, ids={"W": to, "S": values["signal_id"], **(ids or {})}, choose=choose, **values)


def buffer(server: Server, token: str, name: str = NAME, **more: Any) -> list[Any]:
    """The same for a waitpoint that is not active yet."""
    return send(server, token, name, function="ff_buffer_signal_for_pending_waitpoint", **more)


def pending(server: Server, number: int = 1, **args: Any) -> str:
    """Opens waitpoint `number` before any suspension; answers its token."""
    point = waitpoint(number)
    values = {"waitpoint_id": point, "waitpoint_key": "A", "expires_at": "99999999999999", **args}
    reply = call(server, "ff_create_pending_waitpoint", ids={"W": point}, **values)
    assert reply[0] == 1, reply
    return reply[4]


def suspend_on_pending(server: Server, number: int = 1, condition: str = plain(NAME), **more: Any) -> list[Any]:
    """The reply of a suspend call that activates waitpoint `number`."""
    return suspend(server, condition, ids={"W": waitpoint(number)}, use_pending_waitpoint="1", waitpoint_key="", **more)


def resume(server: Server, *, to: str = FIRST, delay: int = 0) -> list[Any]:
    """The operator resumes the execution without a signal."""
    return call(server, "ff_resume_execution", ids={"W": to}, trigger_type="operator", resume_delay_ms=str(delay))


def expire(server: Server, *, to: str = FIRST) -> list[Any]:
    """What the timeout scanner calls."""
    return call(server, "ff_expire_suspension", ids={"W": to})


def close(server: Server, point: str, reason: str = "changed_my_mind") -> list[Any]:
    """Gives a waitpoint up."""
    return call(server, "ff_close_waitpoint", ids={"W": point}, waitpoint_id=point, reason=reason)


def rotate(server: Server, kid: str, secret: str = SECRET, grace: int = 60_000) -> list[Any]:
    """Installs a signing key."""
    return call(server, "ff_rotate_waitpoint_hmac_secret", new_kid=kid, new_secret_hex=secret, grace_ms=str(grace))


def claim_again(server: Server, epoch: int = 2) -> dict[str, Any]:
    """A worker goes on with the resumed execution; answers the lease arguments of its next suspend call."""
    lease = f"1ea5e000-0000-4000-8000-0000000001{epoch:02d}"
    assert call(server, "ff_issue_claim_grant")[0] == 1
    assert call(server, "ff_claim_resumed_execution", lease_id=lease)[:2] == [1, "OK"]
    return {
        "lease_id": lease,
        "lease_epoch": str(epoch),
        "suspension_id": f"5095e000-0000-4000-8000-0000000001{epoch:02d}",
    }


def digest(secret_hex: str, point: str, point_key: str, created_at: int | str) -> str:
    """The digest of a token, as Python makes it."""
    message = f"{point}|{point_key}|{created_at}".encode()
    return hmac.new(bytes.fromhex(secret_hex), message, hashlib.sha1).hexdigest()


def state_of(server: Server, point: str) -> str:
    """The state of one waitpoint."""
    return driver.fields(server, "waitpoint", "state", W=point)[0]


def public_state(server: Server) -> str:
    """The state of the execution."""
    return driver.fields(server, "exec_core", "public_state")[0]
