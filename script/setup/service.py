"""The service asked to do one thing after another while it is being set up."""

import json
import selectors
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from script.setup import progress
from script.setup.checkout import Checkout
from script.setup.commands import DOT_EVERY_S, failed


@dataclass(frozen=True, slots=True)
class Service:
    """A process that has the service loaded and takes commands."""

    commands: IO[str]
    answers: IO[str]
    log: Path

    def run(self, *arguments: str) -> str:
        """What the command prints; Trouble where it fails. What it says of trouble goes to the log."""
        begin = self.log.stat().st_size
        self.commands.write(json.dumps(arguments) + "\n")
        self.commands.flush()
        self._wait()
        answer = json.loads(self.answers.readline() or '{"code": 1, "said": ""}')
        if answer["code"]:
            raise failed(("flask", *arguments), answer["code"], self.log, begin)
        return str(answer["said"])

    def _wait(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.answers, selectors.EVENT_READ)
            while not selector.select(timeout=DOT_EVERY_S):
                progress.alive()


@contextmanager
def loaded(checkout: Checkout, environ: Mapping[str, str]) -> Iterator[Service]:
    """The service, for the commands of one start."""
    argv: list[str | Path] = [checkout.python, "-m", "script.setup.within"]
    with (
        checkout.setup_log.open("ab") as log,
        subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=checkout.root,
            env=environ,
            encoding="utf-8",
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Service(process.stdin, process.stdout, checkout.setup_log)
        except BaseException:
            process.terminate()
            raise
