"""`script/test`: everything that is checked before a change lands, in the order of what fails fastest.

With arguments it passes them to pytest and runs nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emergency.words import Words
from script.setup import browser_packages, commands, environment, progress, provision, system_packages
from script.setup.checkout import Checkout
from script.setup.trouble import Trouble

TYPED: Final = ("emergency", "contacts", "wsgi.py", "gunicorn.conf.py", "script", "migrations", "tests", "benchmarks")
LINT_IMPORTS: Final = "from importlinter.cli import lint_imports_command; lint_imports_command()"

Argv = list[str | Path]


@dataclass(frozen=True, slots=True)
class Check:
    """One tool: what it is called here, and how it is run; an empty `argv` means that there is nothing to check."""

    title: Words
    argv: Callable[[Checkout], Argv]


def run(checkout: Checkout, arguments: Sequence[str]) -> int:
    """Run the checks, pytest last, and return the exit code of the first that fails."""
    provision.for_tests(checkout)
    with environment.ready(checkout, database="postgres") as environ:
        environ = environ | _browser()
        if not arguments:
            for check in CHECKS:
                _pass(checkout, check, environ)
        return _loud(checkout, [checkout.python, "-m", "pytest", *arguments], environ)


def _pass(checkout: Checkout, check: Check, environ: Mapping[str, str]) -> None:
    argv = check.argv(checkout)
    if not argv:
        return
    progress.write(f"── {check.title.zh} / {check.title.en}\n")
    if _loud(checkout, argv, environ):
        raise Trouble(
            Words(
                f"{check.title.zh}未通过：请按上面的说明修改后重试。",
                f"{check.title.en} failed: mend what stands above, then run this again.",
            )
        )


def _loud(checkout: Checkout, argv: Argv, environ: Mapping[str, str]) -> int:
    return commands.run_aloud(argv, environ=environ, cwd=checkout.root)


def _browser() -> dict[str, str]:
    found = system_packages.browser()
    return {"CHROMIUM": found} if found else {}


def _lint(checkout: Checkout) -> Argv:
    return [checkout.python, "-m", "ruff", "check", "."]


def _format(checkout: Checkout) -> Argv:
    return [checkout.python, "-m", "ruff", "format", "--check", "."]


def _types(checkout: Checkout) -> Argv:
    return [checkout.python, "-m", "mypy", *(name for name in TYPED if (checkout.root / name).exists())]


def _imports(checkout: Checkout) -> Argv:
    return [checkout.python, "-c", LINT_IMPORTS]


def _browser_types(checkout: Checkout) -> Argv:
    compiler = checkout.root / "node_modules" / "typescript" / "bin" / "tsc"
    written = any((checkout.root / "static" / "js").rglob("*.js"))
    return [browser_packages.node(), compiler, "--project", "tsconfig.json"] if written else []


def _browser_tests(checkout: Checkout) -> Argv:
    tests = sorted((checkout.root / "tests" / "js").rglob("*.test.js"))
    return [browser_packages.node(), "--test", *tests] if tests else []


CHECKS: Final = (
    Check(Words("代码规则 ruff", "ruff check"), _lint),
    Check(Words("代码格式 ruff format", "ruff format"), _format),
    Check(Words("导入方向 lint-imports", "lint-imports"), _imports),
    Check(Words("类型 mypy", "mypy"), _types),
    Check(Words("浏览器代码类型 tsc", "tsc"), _browser_types),
    Check(Words("浏览器代码测试 node --test", "node --test"), _browser_tests),
)
