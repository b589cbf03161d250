"""A PostgreSQL cluster of one's own, to be stopped `-m immediate` in the middle of the work, as no shared one may be."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from emergency import db
from emergency.cli import migrate
from script.setup import cluster
from script.setup.checkout import Checkout
from script.setup.cluster import Cluster


@dataclass(frozen=True, slots=True)
class OwnCluster:
    """One cluster with one migrated database."""

    cluster: Cluster
    engine: Engine

    def crash(self) -> None:
        """Stop it as a fallen machine would: nothing is finished, nothing is written out."""
        stopped = cluster._tool(self.cluster, "pg_ctl", "stop", "-D", str(self.cluster.data), "-m", "immediate", "-w")
        assert stopped.returncode == 0, stopped.stderr

    def recover(self) -> None:
        """Start it again; it replays what was committed."""
        cluster._start(self.cluster)


@contextmanager
def own_cluster() -> Iterator[OwnCluster]:
    """A new cluster in a folder that every user may pass through; nothing is left of it."""
    with tempfile.TemporaryDirectory(prefix="lianfang-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        checkout = Checkout(Path(made).resolve())
        checkout.prepare()
        ours = cluster.locate(checkout)
        try:
            with cluster.in_use(ours, checkout):
                engine = db.engine(ours.url())
                migrate.upgrade(engine)
                yield OwnCluster(ours, engine)
                engine.dispose()
        finally:
            for folder in (cluster.state_folder(checkout), cluster.socket_folder(checkout)):
                shutil.rmtree(folder, ignore_errors=True)
