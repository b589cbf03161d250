"""`script/lock`: renew the locked lists, with hashes and without any address of where packages come from."""

import os
from collections.abc import Sequence
from typing import Final

from emergency.words import Words
from script.setup import browser_packages, progress, provision, python_packages
from script.setup.checkout import Checkout
from script.setup.commands import run as run_quietly
from script.setup.trouble import Trouble

PYTHON: Final = "3.11"
ADDRESSES: Final = ("index-url", "find-links", "://", '"resolved"')


def run(checkout: Checkout, arguments: Sequence[str]) -> int:
    """Renew every list; with `--upgrade`, to the newest versions that fit."""
    provision.for_command(checkout)
    for source in sorted(checkout.root.glob("requirements*.in"), key=_run_time_first):
        with progress.step(Words(f"锁定 {source.name}", f"Locking {source.name}")):
            _compile(checkout, source.name, arguments)
    with progress.step(Words("锁定浏览器程序库", "Locking browser libraries")):
        browser_packages.lock(checkout)
    return 0


def _run_time_first(source: os.PathLike[str]) -> tuple[bool, str]:
    """The tests' list is bound to the versions of the run-time list."""
    return os.path.basename(source) != "requirements.in", os.fspath(source)


def _compile(checkout: Checkout, source: str, arguments: Sequence[str]) -> None:
    target = source.removesuffix(".in") + ".txt"
    run_quietly(
        [
            *(checkout.python, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", PYTHON),
            *("--generate-hashes", "--no-header", "--no-emit-index-url", "--output-file", target, source),
            *arguments,
        ],
        log=checkout.setup_log,
        environ=os.environ | python_packages.mirror(checkout),
        cwd=checkout.root,
    )
    _refuse_addresses(checkout, target)


def _refuse_addresses(checkout: Checkout, target: str) -> None:
    text = (checkout.root / target).read_text(encoding="utf-8")
    found = next((address for address in ADDRESSES if address in text), None)
    if found:
        raise Trouble(
            Words(
                f"{target} 含有下载地址（{found}）：请勿提交，去掉本机的附加源后重试。",
                f"{target} names where packages come from ({found}): do not commit it; drop the extra sources "
                "of this machine and run this again.",
            )
        )
