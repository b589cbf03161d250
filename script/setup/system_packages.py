"""What comes from the distribution: PostgreSQL with PostGIS, and for the tests a browser and Chinese glyphs."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from emergency.words import Words
from script.setup import cluster, commands
from script.setup.checkout import Checkout
from script.setup.trouble import Trouble

# Without this the package starts a cluster of its own at installation.
NO_OTHER_CLUSTER: Final = "/etc/postgresql-common/createcluster.d/lianfang.conf"

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
GLYPHS: Final = "fonts-noto-cjk"


def lacks_database() -> bool:
    """Whether PostgreSQL with PostGIS is still to be installed."""
    return cluster.newest_server() is None


def install_database(checkout: Checkout) -> None:
    """PostgreSQL and PostGIS; a server that is there already gets PostGIS beside it."""
    _refuse_without_apt("postgresql-postgis", "DATABASE_URL")
    if not any(cluster.SERVERS.glob("*/bin/postgres")):
        _no_other_cluster(checkout)
        _install(checkout, "postgresql")
    if cluster.newest_server() is None:
        versions = sorted(int(entry.parts[-3]) for entry in cluster.SERVERS.glob("*/bin/postgres"))
        _install(checkout, f"postgresql-{versions[-1]}-postgis-3")


def lacking_for_pages() -> list[str]:
    """The packages that the browser tests still need: Chromium, and the glyphs that its pages show."""
    lacking = [] if browser() else [BROWSERS[0]]
    if shutil.which("dpkg-query") and not _has(GLYPHS):
        lacking.append(GLYPHS)
    return lacking


def install_for_pages(checkout: Checkout, packages: Sequence[str]) -> None:
    """Install what `lacking_for_pages` found."""
    _refuse_without_apt(" ".join(packages), "CHROMIUM")
    if BROWSERS[0] in packages:
        _refuse_on_ubuntu()
    _install(checkout, *packages)


def browser() -> str | None:
    """The program that the browser tests drive; CHROMIUM names another."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def _has(package: str) -> bool:
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}", package], capture_output=True, text=True, check=False
    )
    return asked.stdout == "installed"


def _install(checkout: Checkout, *packages: str) -> None:
    """Install from fresh lists; where they cannot be renewed, from those at hand, which may do as well."""
    stale: Trouble | None = None
    try:
        _apt(checkout, "update", "-o", "APT::Update::Error-Mode=any")
    except Trouble as trouble:
        stale = trouble
    try:
        _apt(checkout, "install", "-y", "--no-install-recommends", *packages)
    except Trouble as trouble:
        raise stale or trouble from None


def _apt(checkout: Checkout, *arguments: str) -> None:
    argv = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments]
    commands.run(_as_root(argv), log=checkout.setup_log)


def _no_other_cluster(checkout: Checkout) -> None:
    write = 'mkdir -p "${0%/*}" && echo "create_main_cluster = false" > "$0"'
    commands.run(_as_root(["sh", "-c", write, NO_OTHER_CLUSTER]), log=checkout.setup_log)


def _as_root(argv: Sequence[str]) -> list[str]:
    if os.geteuid() == 0:
        return list(argv)
    # Without a terminal nobody can type a password.
    return ["sudo", *([] if sys.stdin.isatty() else ["-n"]), *argv]


def _refuse_on_ubuntu() -> None:
    """Ubuntu's package of the name only fetches a snap, which needs a running snapd."""
    if platform.freedesktop_os_release().get("ID") == "ubuntu":
        raise Trouble(
            Words(
                "Ubuntu 的 Chromium 是 snap：请运行 snap install chromium，或用 CHROMIUM 指明浏览器程序，然后重试。",
                "Chromium comes as a snap on Ubuntu: run snap install chromium, or name a browser by CHROMIUM, "
                "then run this again.",
            )
        )


def _refuse_without_apt(packages: str, instead: str) -> None:
    if not shutil.which("apt-get"):
        raise Trouble(
            Words(
                f"本机没有 apt-get：请自行安装 {packages}，或设置 {instead}，然后重试。",
                f"This machine has no apt-get: install {packages} yourself, or set {instead}, then run this again.",
            )
        )
    if os.geteuid() != 0 and not shutil.which("sudo"):
        raise Trouble(
            Words(
                f"安装 {packages} 需要管理员权限：请以 root 运行一次，或安装 sudo。",
                f"Installing {packages} needs an administrator: run this once as root, or install sudo.",
            )
        )
