"""The private PostgreSQL cluster of a checkout: on a Unix socket, without password or port, shared by all who use it.

Whoever needs it holds a shared lock on `database-users`; the last to leave stops it. The kernel drops the lock of a
killed process, so what was left running is adopted by the next one and stopped with it.
"""

import fcntl
import os
import pwd
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from emergency.words import Words
from script.setup.checkout import Checkout
from script.setup.commands import telling_line
from script.setup.trouble import Trouble

ROLE: Final = "lianfang"
DATABASE: Final = "lianfang"
SERVERS: Final = Path("/usr/lib/postgresql")
EXTENSIONS: Final = Path("/usr/share/postgresql")

# After kill -9 of the postmaster its children hold the lock file for some 12 s.
START_PATIENCE_S: Final = 30.0
RETRY_S: Final = 0.5

SETTINGS: Final = """\
# Written at every start.
listen_addresses = ''
unix_socket_directories = '{socket}'
max_connections = 200
timezone = 'UTC'
log_timezone = 'UTC'
# Short queries by the thousand: compiling them costs more than it saves.
jit = off
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the cluster lies and who runs it. `account`: the operating system's user."""

    binaries: Path
    folder: Path
    socket: Path
    account: str

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the postmaster says."""
        return self.folder / "postgres.log"

    def url(self, database: str = DATABASE) -> str:
        """The address as the service takes it."""
        return f"postgresql+psycopg://{ROLE}@/{database}?host={self.socket}"


def newest_server() -> Path | None:
    """The newest installed PostgreSQL that has PostGIS beside it."""
    found = [int(entry.name) for entry in SERVERS.glob("*") if entry.name.isdigit() and _has_postgis(entry.name)]
    return SERVERS / str(max(found)) / "bin" if found else None


def locate(checkout: Checkout) -> Cluster:
    """Where this checkout's cluster is, or will be made."""
    account = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder = _folder(checkout, account)
    return Cluster(_server_for(folder), folder, socket_folder(checkout), account)


def socket_folder(checkout: Checkout) -> Path:
    """The run folder: short, since a socket's path may have 107 bytes; the same for every shell of this user."""
    if os.geteuid() == 0 and os.access("/run", os.W_OK):
        return Path("/run/lianfang") / checkout.mark
    return Path("/tmp") / f"lianfang-{os.geteuid()}-{checkout.mark}"


def state_folder(checkout: Checkout) -> Path:
    """Where the data goes when the cluster's user cannot reach the checkout."""
    if os.geteuid() == 0:
        return Path("/var/lib/lianfang") / checkout.mark
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "lianfang" / checkout.mark


@contextmanager
def in_use(cluster: Cluster, checkout: Checkout) -> Iterator[None]:
    """The cluster is up while the block runs; the last user of it to leave stops it."""
    with (checkout.locks / "database-users").open("a") as users:
        try:
            with _door(checkout):
                fcntl.flock(users, fcntl.LOCK_SH)
                _bring_up(cluster)
            yield
        finally:
            with _door(checkout):
                if _alone(users):
                    _bring_down(cluster)


@contextmanager
def _door(checkout: Checkout) -> Iterator[None]:
    """One at a time comes or goes, so that none starts what another is stopping."""
    with (checkout.locks / "database-door").open("a") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield


def _alone(users: TextIO) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


# Where


def _has_postgis(version: str) -> bool:
    control = EXTENSIONS / version / "extension" / "postgis.control"
    return (SERVERS / version / "bin" / "postgres").exists() and control.exists()


def _server_for(folder: Path) -> Path:
    """The server that made the data, or the newest where there is none yet."""
    try:
        version = (folder / "data" / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        newest = newest_server()
        if newest is None:
            raise _no_server("") from None
        return newest
    if not _has_postgis(version):
        raise _no_server(version)
    return SERVERS / version / "bin"


def _no_server(version: str) -> Trouble:
    package = f"postgresql-{version}-postgis-3" if version else "postgresql-postgis"
    return Trouble(
        Words(
            f"缺少 PostgreSQL {version} 与 PostGIS：请安装软件包 {package} 后重试，或设置 DATABASE_URL 使用已有数据库。",
            f"PostgreSQL {version} with PostGIS is missing: install the package {package} and run this again, "
            "or set DATABASE_URL to use a database that you have.",
        )
    )


def _folder(checkout: Checkout, account: str) -> Path:
    near, far = checkout.var / "postgres", state_folder(checkout)
    if (far / "data" / "PG_VERSION").exists():
        return far
    if _fit(near, account):
        return near
    if near.exists():
        raise Trouble(
            Words(
                f"用户 {account} 够不到数据库目录 {near}：请以上次运行的用户重试，或放开其上级目录的进入权限（chmod o+x）。",
                f"User {account} cannot reach the database in {near}: run this as the user who ran it before, "
                "or let others pass through the folders above it (chmod o+x).",
            )
        )
    if not _fit(far, account):
        raise Trouble(
            Words(
                f"无法为数据库准备目录 {far}：请确认其上级目录可写，或设置 DATABASE_URL 使用已有数据库。",
                f"No folder for the database can be made at {far}: make its parent writable, "
                "or set DATABASE_URL to use a database that you have.",
            )
        )
    return far


def _fit(folder: Path, account: str) -> bool:
    """Whether `folder` exists or can be made, `account` owns it alone, and can write in it; an unfit new one is removed.

    Some file systems (shared folders of virtual machines) ignore owners and modes; PostgreSQL refuses them.
    """
    try:
        _discard_empty(folder)
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            _make_folder(folder, account)
        found = folder.stat()
    except OSError:
        return False
    private = found.st_uid == pwd.getpwnam(account).pw_uid and not stat.S_IMODE(found.st_mode) & 0o077
    if private and _as(account, "test", "-w", str(folder)).returncode == 0:
        return True
    _discard_empty(folder)
    return False


def _make_folder(folder: Path, account: str) -> None:
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        user = pwd.getpwnam(account)
        os.chown(folder, user.pw_uid, user.pw_gid)


def _discard_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _prepare_socket_folder(cluster: Cluster) -> None:
    """Make the run folder; under /tmp anybody may have put something in its place."""
    if cluster.socket.parent == Path("/run/lianfang"):
        cluster.socket.parent.mkdir(exist_ok=True)
        cluster.socket.parent.chmod(0o755)
    if not os.path.lexists(cluster.socket):
        _make_folder(cluster.socket, cluster.account)
    found = os.lstat(cluster.socket)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != pwd.getpwnam(cluster.account).pw_uid:
        raise Trouble(
            Words(
                f"{cluster.socket} 被他人占用：请删除它后重试。",
                f"{cluster.socket} belongs to somebody else: remove it and run this again.",
            )
        )


# Up and down


def _bring_up(cluster: Cluster) -> None:
    if not _answers(cluster):
        _prepare_socket_folder(cluster)
        if not (cluster.data / "PG_VERSION").exists():
            _make(cluster)
        _configure(cluster)
        _start(cluster)
    _make_database(cluster)


def _bring_down(cluster: Cluster) -> None:
    # Only what answers is ours: by number alone pg_ctl might signal another program.
    if _answers(cluster):
        _tool(cluster, "pg_ctl", "stop", "-D", str(cluster.data), "-m", "fast", "-w", "-t", "60")


def _answers(cluster: Cluster) -> bool:
    return _tool(cluster, "pg_isready", "-q", "-h", str(cluster.socket)).returncode == 0


def _make(cluster: Cluster) -> None:
    """initdb beside the final place, so that one that was killed half-way is not taken for a cluster."""
    half = cluster.folder / "data.making"
    _as(cluster.account, "rm", "-rf", str(half))
    made = _tool(
        cluster, "initdb", "-D", str(half), "-U", ROLE, "-A", "peer", "-E", "UTF8", "--locale", "C.UTF-8", "-k"
    )
    if made.returncode:
        raise _refused("initdb", made.stdout + made.stderr, cluster)
    half.rename(cluster.data)


def _configure(cluster: Cluster) -> None:
    users = sorted({"root", cluster.account, os.environ.get("SUDO_USER") or "root"})
    _write(cluster, "postgresql.conf", SETTINGS.format(socket=cluster.socket))
    _write(cluster, "pg_hba.conf", f"local all all peer map={ROLE}\n")
    _write(cluster, "pg_ident.conf", "".join(f'{ROLE} "{user}" {ROLE}\n' for user in users))


def _write(cluster: Cluster, name: str, text: str) -> None:
    written = _as(cluster.account, "tee", str(cluster.data / name), given=text)
    if written.returncode:
        raise _refused("tee", written.stderr, cluster)


def _start(cluster: Cluster) -> None:
    deadline = time.monotonic() + START_PATIENCE_S
    while True:
        started = _tool(cluster, "pg_ctl", "start", "-D", str(cluster.data), "-l", str(cluster.log), "-w", "-t", "60")
        if started.returncode == 0 or _answers(cluster):
            return
        said = _tail(cluster)
        if "lock file" not in said:
            raise _refused("pg_ctl start", said or started.stdout + started.stderr, cluster)
        if time.monotonic() > deadline:
            raise _held(cluster)
        time.sleep(RETRY_S)


def _held(cluster: Cluster) -> Trouble:
    """Somebody has the number that the lock file names: an old postmaster, or by chance another program."""
    lock = cluster.data / "postmaster.pid"
    holder = lock.read_text().partition("\n")[0] if lock.exists() else "?"
    return Trouble(
        Words(
            f"{lock} 记录的进程 {holder} 仍在：若它是旧的 postgres，请结束它；若不是，请删除该文件，然后重试。",
            f"Process {holder}, named in {lock}, is still there: if it is an old postgres, end it; "
            "if it is not, remove that file; then run this again.",
        )
    )


def _make_database(cluster: Cluster) -> None:
    known = _sql(cluster, f"select 1 from pg_database where datname = '{DATABASE}'")
    if known.stdout.strip() != "1":
        known = _sql(cluster, f"create database {DATABASE}")
    if known.returncode:
        raise _refused("create database", known.stderr, cluster)


def _sql(cluster: Cluster, statement: str) -> subprocess.CompletedProcess[str]:
    return _tool(cluster, "psql", "-XAtq", "-h", str(cluster.socket), "-U", ROLE, "-d", "postgres", "-c", statement)


def _tail(cluster: Cluster) -> str:
    return _as(cluster.account, "tail", "-n", "4", str(cluster.log)).stdout


def _refused(what: str, said: str, cluster: Cluster) -> Trouble:
    last = telling_line(said)
    if "no space left" in said.lower():
        return Trouble(
            Words(
                f"{cluster.folder} 所在磁盘已满：请腾出空间后重试。",
                f"The disk under {cluster.folder} is full: free some space and run this again.",
            )
        )
    return Trouble(
        Words(
            f"数据库启动失败（{what}：{last}）：请查看 {cluster.log}，排除后重试。",
            f"The database does not start ({what}: {last}): look into {cluster.log}, mend it and run this again.",
        )
    )


def _tool(cluster: Cluster, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return _as(cluster.account, str(cluster.binaries / name), *arguments)


def _as(account: str, *argv: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run `argv` as `account`: PostgreSQL refuses root, and everybody but root is that account already."""
    switch = os.geteuid() == 0
    return subprocess.run(
        argv,
        input=given,
        capture_output=True,
        text=True,
        errors="replace",
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        user=account if switch else None,
        group=pwd.getpwnam(account).pw_gid if switch else None,
        extra_groups=[] if switch else None,
        check=False,
    )
