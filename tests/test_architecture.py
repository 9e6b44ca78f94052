"""The house's rules: who imports whom, what is documented, what no file may hold."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from netwright.ops.operator import Operator
from netwright.ops.registry import all_operators

ROOT = Path(__file__).resolve().parent.parent
FRAMEWORK = ROOT / "framework" / "netwright"
BACKEND = ROOT / "backend" / "netwright_studio"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LONGEST_MODULE = 600

SERVICE_PACKAGES = {
    "fastapi",
    "starlette",
    "uvicorn",
    "sqlalchemy",
    "alembic",
    "pydantic_settings",
    "websockets",
    "multipart",
}
# What a part must not import. Names are prefixes of modules; a part is a module or a package and all in it.
FORBIDDEN: dict[str, set[str]] = {
    "netwright": {"netwright_studio", *SERVICE_PACKAGES},
    "netwright.errors": {"netwright"},
    "netwright.device": {"netwright.ops", "netwright.ndarray", "netwright.symbol", "netwright.gluon"},
    "netwright.ops": {
        "netwright.ndarray",
        "netwright.autograd",
        "netwright.symbol",
        "netwright.scheduler",
        "netwright.gluon",
        "netwright.optimizer",
        "netwright.graph",
        "netwright.train",
        "netwright.cli",
    },
    "netwright.kernels": {"netwright.gluon", "netwright.train", "netwright.cli"},
    "netwright.symbol": {"netwright.gluon", "netwright.train", "netwright.cli"},
    "netwright.scheduler": {"netwright.gluon", "netwright.train", "netwright.cli"},
    "netwright.gluon": {"netwright.train", "netwright.cli"},
    "netwright_studio.schemas": {
        "netwright_studio.api",
        "netwright_studio.app",
        "netwright_studio.store",
        "netwright_studio.runs.manager",
        "netwright_studio.runs.worker",
        "sqlalchemy",
    },
    "netwright_studio.runs.state": {
        "netwright",
        "netwright_studio.app",
        "netwright_studio.api",
        "netwright_studio.schemas",
        "netwright_studio.store",
    },
    "netwright_studio.store": {"netwright_studio.api", "netwright_studio.app", "fastapi", "starlette"},
    "netwright_studio.runs": {"netwright_studio.api", "netwright_studio.app", "fastapi", "starlette"},
    "netwright_studio.inference": {"netwright_studio.api", "netwright_studio.app"},
    "netwright_studio.api": {"netwright_studio.app"},
}


def find_modules(package: Path) -> list[Path]:
    return sorted(path for path in package.rglob("*.py") if "__pycache__" not in path.parts)


def name_module(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def find_imports(tree: ast.AST, module: str, *, is_package: bool) -> Iterator[str]:
    """Absolute names of what a module imports, in functions too; those under TYPE_CHECKING do not count."""
    for node in ast.iter_child_nodes(tree):
        if is_for_types_only(node):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.split(".")
                above = above[: len(above) - node.level + is_package]
                base = ".".join([*above, base] if base else above)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        else:
            yield from find_imports(node, module, is_package=is_package)


def is_within(name: str, part: str) -> bool:
    return name == part or name.startswith(part + ".")


def find_broken_rules(source: str, module: str, *, is_package: bool = False) -> list[str]:
    return sorted(
        {
            f"{module} imports {name}, which {part} must not"
            for name in find_imports(ast.parse(source), module, is_package=is_package)
            for part, forbidden in FORBIDDEN.items()
            if is_within(module, part)
            for other in forbidden
            if is_within(name, other)
        }
    )


@pytest.mark.parametrize(
    ("module", "source", "broken"),
    [
        ("netwright.train", "import netwright_studio.app", True),
        ("netwright.cli", "def serve():\n    from netwright_studio import app", True),
        ("netwright.io.mnist", "import fastapi", True),
        ("netwright.ops.loss", "from ..gluon import nn", True),
        ("netwright.ops.loss", "from .. import gluon", True),
        ("netwright.ops.loss", "from ..errors import ShapeError", False),
        ("netwright.ops.loss", "if TYPE_CHECKING:\n    from ..ndarray import NDArray", False),
        ("netwright_studio.store.runs", "from netwright_studio.api import runs", True),
        ("netwright_studio.app", "from netwright_studio.api import runs", False),
        ("netwright_studio.runs.worker", "from netwright import gluon", False),
    ],
)
def test_import_rules_tell_right_from_wrong(module: str, source: str, broken: bool) -> None:
    assert bool(find_broken_rules(source, module)) is broken


@pytest.mark.parametrize("package", [FRAMEWORK, BACKEND], ids=lambda path: path.name)
def test_imports_go_one_way(package: Path) -> None:
    modules = find_modules(package)
    assert modules
    broken = [
        rule
        for path in modules
        for rule in find_broken_rules(
            path.read_text(), name_module(path, package), is_package=path.name == "__init__.py"
        )
    ]
    assert not broken, "\n".join(broken)


def test_the_framework_stands_alone() -> None:
    """Importing the framework loads neither the studio nor any of the service's packages."""
    code = "import sys, netwright; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"netwright_studio", *SERVICE_PACKAGES}


def list_files() -> list[Path]:
    """Files that git tracks or would track."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [path for line in listing.splitlines() if (path := ROOT / line).is_file()]


# Written in pieces, or this file would be the first to break the rule.
HOSTS = [".".join(name) for name in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))]
UNWANTED = re.compile(
    "|".join([*map(re.escape, HOSTS), r'"resolved":\s*"http', r"registry\s*=\s*[\"']?http", r"index-url[ =]+http"])
)
HOME_FOLDER = re.compile(r"(?<![\w.$}-])/(?:root|Users|home/(?!netwright\b)\w+)/")


def test_no_file_names_a_registry_or_somebodys_folder() -> None:
    found = []
    for path in list_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for pattern in (UNWANTED, HOME_FOLDER):
            if (match := pattern.search(text)) and path != Path(__file__):
                found.append(f"{path.relative_to(ROOT)}: {match.group()}")
    assert not found, "\n".join(found)


def test_the_unwanted_is_recognised() -> None:
    assert UNWANTED.search(f"https://{HOSTS[0]}/simple")
    assert UNWANTED.search('  "resolved": "{}://example.test/a.tgz"'.format("https"))
    assert not UNWANTED.search("the packages on PyPI")
    assert HOME_FOLDER.search("open('/ro" + "ot/data.csv')")
    assert not HOME_FOLDER.search("/usr/share/datasets")


def normalise(requirement: str) -> str:
    name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def read_table(heading: str) -> set[str]:
    """Names in the first column of the table under a heading of docs/dependencies.md."""
    text = (ROOT / "docs" / "dependencies.md").read_text()
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    section = next(part for part in sections if part.startswith(heading))
    rows = re.findall(r"^\| (`[^|]+`) \|", section, flags=re.MULTILINE)
    return {normalise(name) for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_every_python_dependency_has_its_reason() -> None:
    project = PYPROJECT["project"]
    wanted = {normalise(requirement) for requirement in project["dependencies"]}
    assert read_table("Runtime") == wanted
    extras = {normalise(r) for group in project["optional-dependencies"].values() for r in group}
    assert read_table("Extras") == extras
    groups = {normalise(r) for group in PYPROJECT["dependency-groups"].values() for r in group}
    assert read_table("Development") == groups


def test_every_page_dependency_has_its_reason() -> None:
    package = json.loads((ROOT / "frontend" / "package.json").read_text())
    names = {*package["dependencies"], *package["devDependencies"]}
    assert read_table("The page") == {normalise(name) for name in names}


def test_locked_files_name_only_hashed_versions() -> None:
    for name in ("requirements.txt", "requirements-build.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^(\S+?)==\S+.*\\$", text, flags=re.MULTILINE)
        lines = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert len(pins) == len(lines), f"{name} has a line without ==version and hashes: run `make lock`"


def test_locks_cover_the_dependencies() -> None:
    locked = {normalise(line) for line in (ROOT / "requirements.txt").read_text().splitlines() if line[:1].isalpha()}
    missing = {normalise(requirement) for requirement in PYPROJECT["project"]["dependencies"]} - locked
    assert not missing, f"run `make lock`: requirements.txt lacks {missing}"


@pytest.mark.parametrize("package", [FRAMEWORK, BACKEND, ROOT / "tools"], ids=lambda path: path.name)
def test_modules_stay_short(package: Path) -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in find_modules(package)}
    long = [f"{path.relative_to(ROOT)}: {n} lines" for path, n in lengths.items() if n > LONGEST_MODULE]
    assert not long, f"split what is over {LONGEST_MODULE} lines: " + ", ".join(long)


@pytest.mark.parametrize("operator", all_operators(), ids=lambda operator: operator.name)
class TestOperator:
    def test_is_documented(self, operator: Operator) -> None:
        assert operator.summary, f"{operator.name}: its class has no docstring"
        assert operator.summary.endswith((".", "…")), f"{operator.name}: its docstring's first line is no sentence"
        assert len(operator.summary) <= 120, f"{operator.name}: its summary is longer than a line"

    def test_parameters_are_documented(self, operator: Operator) -> None:
        if not operator.in_palette:
            return
        silent = [name for name, field in operator.Params.model_fields.items() if not field.description]
        assert not silent, f"{operator.name}: the form has nothing to say about {', '.join(silent)}"

    def test_is_sampled(self, operator: Operator) -> None:
        assert list(operator.samples()), f"{operator.name}: no samples, so the generic tests pass it by"
