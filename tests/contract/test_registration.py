"""What the server has after loading the library."""

from typing import Any

from conformance.clocked import Server

from ff_core.contract import CONTRACT_VERSION, FUNCTIONS, LIBRARY
from ff_core.lua import assemble, build_digest


def listed(server: Server) -> list[dict[bytes, Any]]:
    [library] = server.function_list(LIBRARY)
    functions = dict(zip(library[::2], library[1::2], strict=True))[b"functions"]
    return [dict(zip(entry[::2], entry[1::2], strict=True)) for entry in functions]


def test_the_server_registers_exactly_the_functions_of_the_contract(shipped_server: Server):
    names = {entry[b"name"].decode() for entry in listed(shipped_server)}
    assert names == FUNCTIONS.keys() | {"ffx_build"}


def test_no_function_carries_a_flag_so_all_are_write_calls(shipped_server: Server):
    assert [entry[b"flags"] for entry in listed(shipped_server)] == [[]] * (len(FUNCTIONS) + 1)


def test_the_version_is_a_bare_text_whatever_is_passed(shipped_server: Server):
    for words in ((0,), (1, "key"), (0, "arg")):
        assert shipped_server.execute_command("FCALL", "ff_version", *words) == CONTRACT_VERSION.encode()


def test_the_build_function_answers_the_digest_of_the_text(shipped_server: Server):
    assert shipped_server.execute_command("FCALL", "ffx_build", 0).decode() == build_digest(assemble())
