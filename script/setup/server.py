"""`script/server`: everything on one machine, from nothing to a served map, kept running until told to stop."""

import fcntl
import http.client
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from emergency.words import Words
from script.setup import banner, commands, environment, progress, provision, service
from script.setup.checkout import Checkout
from script.setup.processes import PROCESSES, Process
from script.setup.supervisor import Child, Supervisor
from script.setup.trouble import Stopped, Trouble

# A start that was killed leaves its web process a moment to close its port.
PORT_PATIENCE_S: Final = 6.0
READY_PATIENCE_S: Final = 120.0
ASK_EVERY_S: Final = 0.3
GIVE_UP_AFTER_DEATHS: Final = 3
LOG_KEPT_BYTES: Final = 10_000_000
BEGUN: Final = "── script/server"


def run(checkout: Checkout, arguments: Sequence[str]) -> int:
    """Start, say where and how to look, and keep everything running until a signal."""
    if arguments:
        raise Trouble(
            Words(
                "script/server 不带参数：端口等设置用环境变量（如 PORT=8010 script/server）。",
                "script/server takes no arguments: settings are environment variables (PORT=8010 script/server).",
            )
        )
    port = environment.port(os.environ)
    with _only_one(checkout, port):
        _claim_ports(port)
        provision.for_server(checkout)
        with ExitStack() as stack:
            with progress.step(Words("数据库", "Database")):
                environ = stack.enter_context(environment.ready(checkout))
            _serve(checkout, environ)
    return 0


@contextmanager
def _only_one(checkout: Checkout, port: int) -> Iterator[None]:
    """One start a checkout; the lock goes with the process, however it ends."""
    with (checkout.locks / "server").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            raise Trouble(
                Words(
                    f"本目录的服务已在运行（{holder}）：请直接打开它，或先在其窗口按 Ctrl-C。",
                    f"This checkout is being served already ({holder}): open it, or stop it with Ctrl-C first.",
                )
            ) from None
        lock.truncate(0)
        lock.write(f"pid {os.getpid()}, http://127.0.0.1:{port}\n")
        lock.flush()
        yield


def _claim_ports(port: int) -> None:
    deadline = time.monotonic() + PORT_PATIENCE_S
    for number in (port, port + 1):
        while not _free(number):
            if time.monotonic() > deadline:
                raise Trouble(
                    Words(
                        f"端口 {number} 已被占用：请停掉占用它的程序，或换一个端口（PORT={port + 10} script/server）。",
                        f"Port {number} is taken: stop what uses it, or choose another (PORT={port + 10} script/server).",
                    )
                )
            time.sleep(ASK_EVERY_S)


def _free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except PermissionError as refused:
            raise Trouble(
                Words(
                    f"无权使用端口 {port}：请选 1024 以上的端口（PORT=8000 script/server）。",
                    f"Port {port} is not for this user: choose one above 1024 (PORT=8000 script/server).",
                )
            ) from refused
        except OSError:
            return False
    return True


def _serve(checkout: Checkout, environ: Mapping[str, str]) -> None:
    port = int(environ["PORT"])
    with Supervisor(environ, checkout.root) as supervisor:
        logins = _prepare(checkout, environ, supervisor)
        _start(checkout, port, supervisor, [each for each in PROCESSES if each.needs_data])
        _wait_until_ready(supervisor, port, log=checkout.logs / "web.log")
        print(banner.text(environ["PUBLIC_URL"], port + 1, checkout.logins, logins), flush=True)
        with suppress(Stopped):
            supervisor.watch(until=lambda: False)
        progress.say(Words("正在停止……", "Stopping ..."))


def _prepare(checkout: Checkout, environ: Mapping[str, str], supervisor: Supervisor) -> list[list[str]]:
    """Migrate, load the reference basin, and make the demo logins: rows of name, password, role and desk."""
    with service.loaded(checkout, environ) as loaded:
        with progress.step(Words("数据库结构", "Database structure")):
            loaded.run("db", "upgrade")
        _start(checkout, int(environ["PORT"]), supervisor, [each for each in PROCESSES if not each.needs_data])
        with progress.step(Words("参考流域数据", "Reference basin")):
            loaded.run("reference", "load")
        with progress.step(Words("演示账号", "Demo logins")):
            said = loaded.run("demo", "logins", "--file", str(checkout.logins))
    return [line.split("\t") for line in said.splitlines() if "\t" in line]


def _start(checkout: Checkout, port: int, supervisor: Supervisor, wanted: Sequence[Process]) -> None:
    for process in wanted:
        log = checkout.logs / f"{process.name}.log"
        _begin(log)
        supervisor.add(Child(process.name, process.title, process.argv(checkout, port), log))
    progress.write(f"· 启动 / Starting: {', '.join(process.name for process in wanted)}\n")


def _wait_until_ready(supervisor: Supervisor, port: int, *, log: Path) -> None:
    deadline = time.monotonic() + READY_PATIENCE_S
    supervisor.watch(until=lambda: _ready(port) or time.monotonic() > deadline or _hopeless(supervisor))
    if not _ready(port):
        last = commands.telling_line(log.read_text(encoding="utf-8", errors="replace").rpartition(BEGUN)[2])
        raise Trouble(
            Words(
                f"网页没有就绪（{last}）：请按 {log} 末尾的说明处理后重试。",
                f"The web does not become ready ({last}): follow the last lines of {log}, then run this again.",
            )
        )


def _hopeless(supervisor: Supervisor) -> bool:
    return any(child.deaths >= GIVE_UP_AFTER_DEATHS for child in supervisor.children if child.name == "web")


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _begin(log: Path) -> None:
    """Mark the new start in `log`; one that has grown long is put aside, and one such is kept."""
    if log.exists() and log.stat().st_size > LOG_KEPT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with log.open("a", encoding="utf-8") as begun:
        begun.write(f"{BEGUN} {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n")
