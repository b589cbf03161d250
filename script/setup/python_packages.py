"""The Python packages: pinned and hashed lists, installed into the environment once for each state of a list."""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from emergency.words import Words
from script.setup import commands
from script.setup.checkout import Checkout
from script.setup.trouble import Trouble

BUILD: Final = "requirements-build.txt"
RUN: Final = "requirements.txt"
TEST: Final = "requirements-test.txt"


def missing(checkout: Checkout, *lists: str) -> list[str]:
    """Those of `lists` that the environment does not hold as they now are."""
    return [name for name in lists if _stamp(checkout, name) != _digest(checkout, name)]


def install(checkout: Checkout, *lists: str) -> None:
    """Bring the environment to `lists`; uv, itself from the build list, does it in seconds where pip takes a minute."""
    for name in missing(checkout, *lists):
        argv = _by_pip(checkout) if name == BUILD else _by_uv(checkout)
        commands.run(
            [*argv, "--require-hashes", "-r", checkout.root / name],
            log=checkout.setup_log,
            environ=os.environ | mirror(checkout),
            cwd=checkout.root,
        )
        _stamp_file(checkout, name).write_text(_digest(checkout, name))


def mirror(checkout: Checkout) -> dict[str, str]:
    """The mirror that pip is configured with, for uv, which does not read pip's configuration."""
    if "UV_DEFAULT_INDEX" in os.environ or "UV_INDEX_URL" in os.environ:
        return {}
    asked = subprocess.run(
        [checkout.python, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    )
    address = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    return {"UV_DEFAULT_INDEX": address} if address else {}


def _by_pip(checkout: Checkout) -> list[str | Path]:
    if importlib.util.find_spec("pip") is None:
        commands.run([checkout.python, "-m", "ensurepip"], log=checkout.setup_log)
    return [checkout.python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]


def _by_uv(checkout: Checkout) -> list[str | Path]:
    return [
        checkout.python,
        "-m",
        "uv",
        "pip",
        "install",
        "--no-progress",
        "--compile-bytecode",
        "--python",
        checkout.python,
    ]


def _digest(checkout: Checkout, name: str) -> str:
    """The list and the interpreter: a distribution's upgrade brings another one, with an empty environment."""
    try:
        content = (checkout.root / name).read_bytes()
    except FileNotFoundError as lost:
        raise Trouble(
            Words(
                f"缺少 {name}：请恢复该文件（git checkout {name}）。", f"{name} is missing: restore it (git checkout)."
            )
        ) from lost
    return f"{hashlib.sha256(content).hexdigest()} {sys.version_info.major}.{sys.version_info.minor}"


def _stamp(checkout: Checkout, name: str) -> str:
    stamp = _stamp_file(checkout, name)
    return stamp.read_text() if stamp.exists() else ""


def _stamp_file(checkout: Checkout, name: str) -> Path:
    return checkout.venv / f".{name}.installed"
