"""Budgets and quotas for tests."""

from typing import Any

from conformance.clocked import Server
from contract import driver
from contract.driver import EXECUTION, call

LIMITS = (("tokens", "100", "80"), ("cost", "50", ""))


def defined(server: Server) -> None:
    """A budget and a quota policy that nobody has used."""
    assert call(server, "ff_create_budget", rows=LIMITS)[:2] == [1, "OK"]
    assert call(server, "ff_create_quota_policy")[:2] == [1, "OK"]


def report(server: Server, *rows: tuple[str, str], **args: Any) -> list[Any]:
    """Report usage."""
    return call(server, "ff_report_usage_and_check", rows=rows, **args)


def spend(server: Server, *rows: tuple[str, str], **args: Any) -> list[Any]:
    """Report usage of the execution."""
    return call(server, "ff_record_spend", rows=rows, **args)


def spent(server: Server) -> None:
    """A budget that the execution has used."""
    defined(server)
    assert spend(server, ("tokens", "30"), ("cost", "10"), dedup_key=driver.key("usage_dedup")) == [1, "OK"]


def admitted(server: Server) -> None:
    """An execution that was admitted."""
    defined(server)
    assert call(server, "ff_check_admission_and_record") == ["ADMITTED"]


def blocked(server: Server) -> None:
    """An execution that waits for its budget."""
    driver.created(server)
    assert call(server, "ff_block_execution_for_admission") == [1, "OK", "blocked"]


def usage(server: Server) -> dict[str, int]:
    """What the budget has counted."""
    counted = server.hgetall(driver.key("budget_usage"))
    return {dimension.decode(): int(amount) for dimension, amount in counted.items()}


def admit(server: Server, execution: str = EXECUTION, **args: Any) -> list[Any]:
    """Ask for admission."""
    return call(server, "ff_check_admission_and_record", ids={"E": execution}, execution_id=execution, **args)
