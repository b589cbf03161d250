"""What can go wrong while setting up, as one sentence that says what to do."""

import errno
from pathlib import Path

from emergency.words import Words


class Trouble(Exception):
    """Setting up cannot go on; `words` says what to do about it."""

    def __init__(self, words: Words):
        super().__init__(words.en)
        self.words = words


class Stopped(Exception):
    """A signal asked us to stop."""

    def __init__(self, signal_number: int):
        super().__init__(signal_number)
        self.signal_number = signal_number


def full_disk(where: Path, needed_mb: int) -> Trouble:
    """The disk under `where` has no room."""
    return Trouble(
        Words(
            f"{where} 所在磁盘空间不足：请腾出至少 {needed_mb} MB 后重试。",
            f"The disk under {where} is full: free at least {needed_mb} MB and run this again.",
        )
    )


def from_os(error: OSError) -> Trouble:
    """The operating system's complaint as a sentence."""
    where = error.filename or "."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full_disk(Path(str(where)), 500)
    return Trouble(
        Words(
            f"无法使用 {where}（{error.strerror}）：请检查其权限与所有者，并以上次运行的用户重试。",
            f"{where} cannot be used ({error.strerror}): check who owns it and run this as the user who ran it before.",
        )
    )
