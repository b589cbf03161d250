"""The private cluster: where it lies, who may start it, and that nothing short of a removed disk keeps it down."""

import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from script.setup import cluster
from script.setup.trouble import Trouble
from tests.setup import trial
from tests.setup.trial import Trial

pytestmark = pytest.mark.setup

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root's cluster runs as another user")


def test_lies_under_var_with_a_private_socket_and_no_port(fresh: Trial) -> None:
    ours = fresh.cluster()
    with cluster.in_use(ours, fresh.checkout):
        assert ours.folder == fresh.checkout.var / "postgres"
        assert stat.S_IMODE(ours.socket.stat().st_mode) == 0o700
        lines = (ours.data / "postmaster.pid").read_text().splitlines()
        # Line 6 is the first address that is listened on; line 5 the socket's folder.
        assert lines[4:6] == [str(ours.socket), ""]
    assert fresh.left_running() == []


def test_after_kill_9_of_the_postmaster_it_starts_again(fresh: Trial) -> None:
    ours = fresh.cluster()
    with cluster.in_use(ours, fresh.checkout):
        os.kill(int((ours.data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
    assert fresh.flask("--version").returncode == 0
    assert fresh.left_running() == []


def test_a_lock_file_that_names_another_program_is_said_and_never_deleted(
    fresh: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = fresh.cluster()
    with cluster.in_use(ours, fresh.checkout):
        pass
    lock = ours.data / "postmaster.pid"
    monkeypatch.setattr(cluster, "START_PATIENCE_S", 1.0)
    # PostgreSQL takes the number for its own only where the process belongs to its user.
    with subprocess.Popen(["sleep", "60"], user=ours.account) as other:
        lock.write_text(f"{other.pid}\n{ours.data}\n0\n5432\n{ours.socket}\n\n")
        with pytest.raises(Trouble) as raised, cluster.in_use(ours, fresh.checkout):
            pytest.fail("it came up beside another program")
        assert other.poll() is None
        other.terminate()
    assert f"的进程 {other.pid} 仍在" in raised.value.words.zh
    assert lock.exists()
    lock.unlink()


def test_a_making_that_was_killed_half_way_is_begun_anew(fresh: Trial) -> None:
    ours = fresh.cluster()
    (ours.folder / "data.making").mkdir()
    (ours.folder / "data.making" / "PG_VERSION").write_text("15\n")
    shutil.chown(ours.folder / "data.making", ours.account)
    assert fresh.flask("--version").returncode == 0
    assert (ours.data / "PG_VERSION").exists()


@root_only
def test_below_a_private_folder_the_data_goes_to_the_state_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    hidden = trial.copy_to(tmp_path / "clone")
    try:
        assert hidden.flask("--version").returncode == 0
        assert (cluster.state_folder(hidden.checkout) / "data" / "PG_VERSION").exists()
        assert not (hidden.checkout.var / "postgres").exists()
        assert hidden.flask("--version").returncode == 0
    finally:
        hidden.clear()


@root_only
def test_data_that_became_unreachable_is_said_and_never_replaced(fresh: Trial) -> None:
    assert fresh.flask("--version").returncode == 0
    fresh.root.chmod(0o700)
    ended = fresh.flask("--version")
    fresh.root.chmod(0o755)
    assert ended.returncode == 1
    assert "够不到数据库目录" in ended.stderr
    assert "cannot reach the database" in ended.stderr
    assert not cluster.state_folder(fresh.checkout).exists()


def test_a_very_long_path_works(open_folder: Path) -> None:
    long = open_folder.joinpath(*["a-folder-with-a-name-of-some-forty-letters"] * 6)
    long.mkdir(parents=True)
    far = trial.copy_to(long / "clone")
    try:
        assert len(str(far.root)) > 255
        assert far.flask("--version").returncode == 0
        assert len(str(cluster.socket_folder(far.checkout) / ".s.PGSQL.5432")) <= 107
    finally:
        far.clear()


def test_a_path_with_spaces_and_chinese_works(open_folder: Path) -> None:
    named = trial.copy_to(open_folder / "联防 应急 'quoted'")
    try:
        ended = named.flask("--version")
        assert ended.returncode == 0, ended.stderr
    finally:
        named.clear()


def test_with_database_url_no_cluster_is_made(fresh: Trial) -> None:
    ended = fresh.flask("--version", environ={"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"})
    assert ended.returncode == 0
    assert not (fresh.checkout.var / "postgres").exists()
