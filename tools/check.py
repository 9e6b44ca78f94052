"""Run the project's checks: `python tools/check.py [part …]`, all parts when none is named.

Every part runs even after one has failed, each under a header and with its time. The last line adds up the
pytest runs in pytest's own form, so that what calls this can read it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import chromium
import page

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
OPENAPI = "frontend/openapi.json"
ADVICE = "frontend/src/features/runs/advice/texts.ts"
GENERATED = ("framework/netwright/**/*.pyi", OPENAPI, "frontend/src/api/generated.ts", ADVICE)
SLOWEST = ("--durations=40", "--durations-min=2")
OUTCOMES = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warning", "error")
COUNT = re.compile(rf"(\d+) ({'|'.join(OUTCOMES)})s?\b")


@dataclass
class Checks:
    """What the parts share: the environment they run in and what pytest counted."""

    environment: dict[str, str]
    outcomes: Counter[str] = field(default_factory=Counter)

    def call(self, *command: str, **extra: str) -> bool:
        """Run a command from the repository's root; True when it succeeded."""
        print(f"$ {' '.join(command)}".replace(PYTHON, "python"), flush=True)
        done = subprocess.run(command, cwd=ROOT, env={**self.environment, **extra}, check=False)
        return done.returncode == 0

    def call_npm(self, script: str) -> bool:
        """Run one of the page's npm scripts with the project's own Node.js."""
        return self.call(PYTHON, "tools/page.py", "run", script)

    def call_pytest(self, *arguments: str, **extra: str) -> bool:
        """Run pytest, let its output through, and count what its closing line says."""
        command = [PYTHON, "-m", "pytest", *arguments]
        print(f"$ {' '.join(command)}".replace(PYTHON, "python"), flush=True)
        closing = ""
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env={**self.environment, **extra},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                if line.startswith("=") and " in " in line:
                    closing = line
        for number, outcome in COUNT.findall(closing):
            self.outcomes[outcome] += int(number)
        return process.returncode == 0


def run_all(*steps: Callable[[], bool]) -> bool:
    """Run every step, whatever the ones before it said."""
    results = [step() for step in steps]
    return all(results)


def check_lint(checks: Checks) -> bool:
    """Ruff's rules, ruff's formatting, mypy --strict."""
    return run_all(
        lambda: checks.call(PYTHON, "-m", "ruff", "check", "."),
        lambda: checks.call(PYTHON, "-m", "ruff", "format", "--check", "."),
        lambda: checks.call(PYTHON, "-m", "mypy"),
    )


def check_kernels(checks: Checks) -> bool:
    """The kernels of native plans compile: they are then there for the tests."""
    return checks.call(PYTHON, "-m", "netwright.cli", "warm")


def check_python(checks: Checks) -> bool:
    """The framework's, the service's and the architecture's tests, with the kernels of native plans compiled before."""
    # Each of the two takes half of the modules in a row: what a module has trained once is not trained again.
    return check_kernels(checks) and checks.call_pytest(
        "-n", "2", "--dist", "worksteal", *SLOWEST, "tests", "--ignore=tests/e2e"
    )


def check_frontend(checks: Checks) -> bool:
    """The page: eslint, tsc --strict, vitest."""
    return run_all(
        lambda: checks.call_npm("lint"),
        lambda: checks.call_npm("typecheck"),
        lambda: checks.call_npm("test"),
    )


def read_generated() -> dict[Path, bytes]:
    """Every generated file that is committed, with its content."""
    return {path: path.read_bytes() for pattern in GENERATED for path in sorted(ROOT.glob(pattern))}


def write_openapi(checks: Checks) -> bool:
    """Write the service's description of itself; what is there stays when that fails."""
    command = [PYTHON, "-m", "netwright_studio.openapi"]
    print(f"$ python {' '.join(command[1:])} > {OPENAPI}", flush=True)
    done = subprocess.run(command, cwd=ROOT, env=checks.environment, stdout=subprocess.PIPE, check=False)
    if done.returncode == 0:
        (ROOT / OPENAPI).write_bytes(done.stdout)
    return done.returncode == 0


def generate(checks: Checks) -> bool:
    """Make the generated files anew: the stubs of nd and sym, the page's API types and the texts of advice."""
    stubs = checks.call(PYTHON, "-m", "netwright.ops.stubs")
    return (
        stubs
        and write_openapi(checks)
        and checks.call_npm("generate")
        and checks.call(PYTHON, "tools/advice_texts.py", ADVICE)
    )


def check_generated(checks: Checks) -> bool:
    """Generated files are what their sources make."""
    before = read_generated()
    if not generate(checks):
        return False
    after = read_generated()
    stale = [path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]
    for path in stale:
        print(f"{path.relative_to(ROOT)} was stale; it has been made anew: commit it")
    return not stale


def check_docs(checks: Checks) -> bool:
    """The documentation builds anew without a warning."""
    return checks.call(PYTHON, "tools/documentation.py", "--force")


def check_e2e(checks: Checks) -> bool:
    """The real server driven through the page by a real Chromium."""
    browser = chromium.find()
    if browser is None:
        print(f"no Chromium was found; run `make chromium`, or {chromium.REMEDY}")
        return False
    # Each of the two has a studio of its own, and takes module after module in the order that conftest.py gives.
    order = ("--dist", "loadfile", "--no-loadscope-reorder")
    return checks.call_pytest("-n", "2", *order, *SLOWEST, "tests/e2e", CHROMIUM=browser)


PARTS: dict[str, Callable[[Checks], bool]] = {
    "lint": check_lint,
    "kernels": check_kernels,
    "python": check_python,
    "frontend": check_frontend,
    "generated": check_generated,
    "docs": check_docs,
    "e2e": check_e2e,
}
# Not a check: `make generate`.
COMMANDS = {**PARTS, "generate": generate}


BESIDE = ("lint", "docs", "kernels")
"""They touch nothing that the other parts make, and run beside the page's checks, which leave a core alone for long."""


@contextmanager
def beside(names: list[str], row: Callable[[str, bool, float], None]) -> Iterator[None]:
    """Run parts in a process of their own while the block runs; show what they said, and their rows, at its end."""
    if not names:
        yield
        return
    with tempfile.TemporaryFile("w+") as said:
        command = [PYTHON, str(Path(__file__).resolve()), *names]
        with subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT) as process:
            try:
                yield
            except BaseException:
                process.terminate()
                raise
        said.seek(0)
        text = said.read()
    print(text, end="", flush=True)
    told = {name: (word == "passed", float(seconds)) for name, word, seconds in TOLD.findall(text)}
    for name in names:
        row(name, *told.get(name, (False, 0.0)))


TOLD = re.compile(r"^━━ (\w+): (passed|FAILED) in ([\d.]+) s$", re.MULTILINE)


def format_closing_line(outcomes: Counter[str], seconds: float) -> str:
    """The sum of the pytest runs as pytest writes it: `==== 3 failed, 120 passed in 61.20s ====`."""

    def words() -> Iterator[str]:
        for outcome in OUTCOMES:
            if number := outcomes[outcome]:
                plural = "s" if outcome in ("warning", "error") and number > 1 else ""
                yield f"{number} {outcome}{plural}"

    return f" {', '.join(words()) or 'no tests ran'} in {seconds:.2f}s ".center(80, "=")


def main(names: list[str]) -> int:
    """Run the named parts; the status is 1 when one failed."""
    unknown = [name for name in names if name not in COMMANDS]
    if unknown:
        print(f"error: no part {', '.join(unknown)}; there are {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    started = time.monotonic()
    rows: list[tuple[str, bool, float]] = []
    with tempfile.TemporaryDirectory(prefix="netwright-check-") as home:
        # Nobody's own data folder is touched by a test.
        checks = Checks({**os.environ, "NETWRIGHT_HOME": home})
        # The tests start some hundred processes: with nothing compiled each takes a second longer to begin.
        checks.environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def run(name: str) -> None:
            print(f"\n━━ {name}: {COMMANDS[name].__doc__}", flush=True)
            begun = time.monotonic()
            try:
                passed = COMMANDS[name](checks)
            except page.PageError as error:
                print(f"error: {error}")
                passed = False
            rows.append((name, passed, time.monotonic() - begun))
            print(f"━━ {name}: {'passed' if passed else 'FAILED'} in {rows[-1][2]:.1f} s", flush=True)

        if names:
            for name in names:
                run(name)
        else:
            with beside(list(BESIDE), lambda name, passed, seconds: rows.append((name, passed, seconds))):
                for name in ("generated", "frontend"):
                    run(name)
            for name in PARTS:
                if name not in {done for done, _, _ in rows}:
                    run(name)
    if len(rows) > 1:
        print()
        for name, ok, took in rows:
            print(f"{'passed' if ok else 'FAILED'}  {took:7.1f} s  {name}")
    if checks.outcomes:
        print(format_closing_line(checks.outcomes, time.monotonic() - started))
    return 0 if all(passed for _, passed, _ in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
