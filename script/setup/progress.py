"""What the person at the terminal sees while waiting: one line a step, in both languages, with the time it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from emergency.words import Words


def say(words: Words) -> None:
    """One remark, Chinese first."""
    write(f"{words.zh}\n  {words.en}\n")


@contextmanager
def step(words: Words) -> Iterator[None]:
    """Announce what begins, and say how long it took."""
    started = time.monotonic()
    write(f"· {words.zh} / {words.en} ")
    try:
        yield
    except BaseException:
        write("×\n")
        raise
    write(f"✓ {time.monotonic() - started:.1f} s\n")


def alive() -> None:
    """A dot: still at it."""
    write(".")


def write(text: str) -> None:
    """To the terminal; a terminal that was closed is no reason to leave children running."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        pass
