"""script/server as an operator meets it: started, stopped in every way, and started again."""

import json
import os
import re
import signal
import socket

import pytest

from script.setup import cluster
from tests.setup.trial import Trial, wait_for

pytestmark = pytest.mark.setup


def test_starts_from_nothing_says_where_and_leaves_nothing_running_after_term(served: Trial) -> None:
    server = served.start()
    assert served.ready()
    assert f"http://127.0.0.1:{served.port}" in served.said()
    for name, password in json.loads(served.checkout.logins.read_text(encoding="utf-8")).items():
        assert re.search(rf"  {name} +{re.escape(password)} ", served.said()), name
        assert password not in served.checkout.setup_log.read_text(encoding="utf-8")
    assert served.checkout.logins.stat().st_mode & 0o777 == 0o600
    assert served.end(server, signal.SIGTERM) == 0
    assert served.left_running() == []


def test_second_start_keeps_keys_and_logins_and_ctrl_c_stops_it(served: Trial) -> None:
    kept = _kept(served)
    server = served.start()
    assert served.ready()
    assert _kept(served) == kept
    assert served.end(server, signal.SIGINT) == 0
    assert served.left_running() == []


def test_after_kill_9_the_children_end_by_themselves_and_a_new_start_works(served: Trial) -> None:
    killed = served.start()
    served.end(killed, signal.SIGKILL)
    wait_for(lambda: not any("-m" in line for line in served.left_running()), lambda: "\n".join(served.left_running()))
    server = served.start()
    assert served.ready()
    assert served.end(server, signal.SIGTERM) == 0
    assert served.left_running() == []


def test_a_new_start_right_after_kill_9_waits_for_the_port(served: Trial) -> None:
    served.end(served.start(), signal.SIGKILL)
    server = served.start()
    assert served.ready()
    assert served.end(server, signal.SIGTERM) == 0
    assert served.left_running() == []


def test_a_process_that_was_killed_is_said_aloud_and_started_again(served: Trial) -> None:
    server = served.start()
    os.kill(served.pid_of("gunicorn"), signal.SIGKILL)
    wait_for(lambda: "(web) ended (SIGKILL)" in served.said(), served.said)
    wait_for(served.ready, served.said)
    assert "网页（web）退出（SIGKILL）" in served.said()
    assert served.end(server, signal.SIGTERM) == 0


def test_a_taken_port_is_one_sentence_and_starts_nothing(served: Trial) -> None:
    for port in (served.port, served.port + 1):
        with socket.socket() as other:
            # The servers before this test have just closed it.
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", port))
            other.listen()
            said = served.refused()
        assert f"端口 {port} 已被占用" in said
        assert f"Port {port} is taken" in said
        assert served.left_running() == []


def test_a_second_server_in_the_same_checkout_is_told_where_the_first_is(served: Trial) -> None:
    server = served.start()
    said = served.refused()
    assert "已在运行" in said
    assert f"is being served already (pid {server.pid}, http://127.0.0.1:{served.port})" in said
    assert served.ready()
    assert served.end(server, signal.SIGTERM) == 0


def test_stopping_the_server_leaves_the_database_to_others_who_use_it(served: Trial) -> None:
    ours = served.cluster()
    with cluster.in_use(ours, served.checkout):
        server = served.start()
        assert served.end(server, signal.SIGTERM) == 0
        assert any("postgres" in line for line in served.left_running())
        assert served.flask("--version").returncode == 0
        assert any("postgres" in line for line in served.left_running())
    assert served.left_running() == []


def test_arguments_are_refused_with_the_way_to_say_them(served: Trial) -> None:
    said = served.refused("--port", "8010")
    assert "PORT=8010 script/server" in said
    assert served.left_running() == []


def test_a_command_that_does_not_exist_is_a_usage_error_and_stops_the_database(served: Trial) -> None:
    ended = served.flask("no-such-command")
    assert ended.returncode == 2
    assert "no-such-command" in ended.stderr
    assert served.left_running() == []


def _kept(trial: Trial) -> list[str]:
    files = [trial.checkout.secrets / "secret_key", trial.checkout.secrets / "contacts_key", trial.checkout.logins]
    return [path.read_text(encoding="utf-8") for path in files]
