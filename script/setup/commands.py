"""Runs other programs: quietly, into a log, with a dot every few seconds, and with one sentence when one fails."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from emergency.words import Words
from script.setup import progress
from script.setup.trouble import Stopped, Trouble, full_disk

DOT_EVERY_S: Final = 3

# What apt, pip, uv and npm say when nobody answers.
NO_NETWORK: Final = (
    "temporary failure in name resolution",
    "temporary failure resolving",
    "could not resolve",
    "failed to resolve",
    "name or service not known",
    "dns error",
    "network is unreachable",
    "no route to host",
    "connection refused",
    "connection timed out",
    "operation timed out",
    "error sending request",
    "failed to establish a new connection",
    "unable to connect",
    "could not connect",
    "cannot initiate the connection",
    "enotfound",
    "eai_again",
    "etimedout",
    "econnrefused",
    "econnreset",
    "enetunreach",
)
WRONG_HASH: Final = ("require-hashes", "hash mismatch", "do not match the hashes", "eintegrity")
NO_SPACE: Final = ("no space left on device", "enospc", "you don't have enough free space", "disk quota exceeded")

# "E: Unable to locate ...", "ERROR: ...", the end of a traceback; then what servers write behind a time.
COMPLAINTS: Final = (re.compile(r"^[A-Za-z_][\w.]*: "), re.compile(r"\b(FATAL|PANIC|ERROR)\b"))


def run(
    argv: Sequence[str | Path], *, log: Path, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> None:
    """Run `argv` to its end, its output appended to `log`; Trouble says what to do if it fails."""
    with log.open("ab") as output:
        output.write(f"\n$ {shlex.join(map(str, argv))}\n".encode())
        output.flush()
        begin = output.tell()
        with subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environ, cwd=cwd
        ) as process:
            code = _wait(process)
    if code:
        raise reason_in(_since(log, begin), log) or failed(argv, code, log, begin)


def run_aloud(argv: Sequence[str | Path], *, environ: Mapping[str, str], cwd: str | Path) -> int:
    """Run `argv` on this terminal and return its exit code."""
    with subprocess.Popen(argv, env=environ, cwd=cwd) as process:
        try:
            return process.wait()
        except Stopped as stopped:
            # Ctrl-C at a terminal reaches the program by itself; a second one would break into its tidying up.
            if stopped.signal_number != signal.SIGINT or not sys.stderr.isatty():
                process.send_signal(stopped.signal_number)
            process.wait()
            raise


def reason_in(output: str, log: Path) -> Trouble | None:
    """What the output of a package tool points to, if it is something that a person can mend."""
    said = output.lower()
    if any(phrase in said for phrase in NO_NETWORK):
        return Trouble(
            Words(
                f"连不上软件源：请检查网络或代理（pip、npm、apt 已配置的镜像会被沿用），然后重试（详见 {log}）。",
                "The package source cannot be reached: check the network or proxy "
                f"(mirrors configured for pip, npm and apt are used), then run this again (details: {log}).",
            )
        )
    if any(phrase in said for phrase in WRONG_HASH):
        return Trouble(
            Words(
                f"下载的软件包与锁定的校验值不符：请换一个镜像后重试（详见 {log}）。",
                f"A downloaded package does not match its locked hash: choose another mirror, "
                f"then run this again (details: {log}).",
            )
        )
    return None


def failed(argv: Sequence[str | Path], code: int, log: Path, begin: int) -> Trouble:
    """That `argv` ended with `code`, having written into `log` from `begin` on."""
    output = _since(log, begin)
    if any(phrase in output.lower() for phrase in NO_SPACE):
        return full_disk(Path(os.getcwd()), 1500)
    words = [Path(str(word)).name for word in argv]
    name = " ".join((words[2:] if words[1:2] == ["-m"] else words)[:3])
    last = telling_line(output) or f"exit {code}"
    return Trouble(
        Words(
            f"{name} 失败（{last}）：请按 {log} 末尾的说明处理后重试。",
            f"{name} failed ({last}): follow the last lines of {log}, then run this again.",
        )
    )


def telling_line(output: str) -> str:
    """The line of a failed program's output that says most: its last complaint, or else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for complaint in COMPLAINTS:
        told = [line for line in lines if complaint.search(line)]
        if told:
            return told[-1]
    return lines[-1] if lines else ""


def _wait(process: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return process.wait(timeout=DOT_EVERY_S)
        except subprocess.TimeoutExpired:
            progress.alive()
        except BaseException:
            process.terminate()
            raise


def _since(log: Path, begin: int) -> str:
    with log.open("rb") as written:
        written.seek(begin)
        return written.read().decode("utf-8", errors="replace")
