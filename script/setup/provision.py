"""Brings the machine to what the service needs; what is there already costs a look at a stamp."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from emergency.words import Words
from script.setup import browser_packages, environment, progress, python_packages, system_packages
from script.setup.checkout import Checkout
from script.setup.trouble import full_disk

# The environment takes some 700 MB with the tests' packages; a running service asks little.
ROOM_FIRST_MB: Final = 1500
ROOM_LATER_MB: Final = 200


def for_command(checkout: Checkout) -> None:
    """What a single command needs: the database and the packages of the service."""
    with _one_at_a_time(checkout):
        _check_room(checkout)
        _database(checkout)
        _python(checkout, python_packages.BUILD, python_packages.RUN)


def for_server(checkout: Checkout) -> None:
    """What the service needs: the above and what its pages load."""
    for_command(checkout)
    with _one_at_a_time(checkout):
        if not browser_packages.vendored(checkout):
            with progress.step(Words("浏览器程序库", "Browser libraries")):
                browser_packages.install(checkout)


def for_tests(checkout: Checkout) -> None:
    """What the tests need: all of it, a browser, and the tools that check."""
    for_command(checkout)
    with _one_at_a_time(checkout):
        _python(checkout, python_packages.TEST)
        if not (browser_packages.vendored(checkout) and browser_packages.checkable(checkout)):
            with progress.step(Words("浏览器程序库与检查工具", "Browser libraries and the tools that check")):
                browser_packages.install_checkers(checkout)
        packages = system_packages.lacking_for_pages()
        if packages:
            with progress.step(Words("Chromium 与中文字体", "Chromium and Chinese glyphs")):
                system_packages.install_for_pages(checkout, packages)


def _database(checkout: Checkout) -> None:
    if environment.given(os.environ, "DATABASE_URL"):
        return
    if system_packages.lacks_database():
        with progress.step(Words("安装 PostgreSQL 与 PostGIS", "Installing PostgreSQL and PostGIS")):
            system_packages.install_database(checkout)


def _python(checkout: Checkout, *lists: str) -> None:
    if python_packages.missing(checkout, *lists):
        with progress.step(Words("Python 软件包", "Python packages")):
            python_packages.install(checkout, *lists)


def _check_room(checkout: Checkout) -> None:
    needed_mb = ROOM_FIRST_MB if python_packages.missing(checkout, python_packages.RUN) else ROOM_LATER_MB
    if shutil.disk_usage(checkout.root).free < needed_mb * 1_000_000:
        raise full_disk(checkout.root, needed_mb)


@contextmanager
def _one_at_a_time(checkout: Checkout) -> Iterator[None]:
    with (checkout.locks / "setup").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say(Words("另一条命令正在安装，请稍候……", "Another command is installing; waiting for it ..."))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
