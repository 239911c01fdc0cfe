"""What the README and the pages show is true: blocks run, names, options and files exist."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import hybrid
from hybrid.cli import app
from hybrid.cli import commands as cli
from hybrid.core import codes as codes_of_exit
from hybrid.core.launcher import is_launched
from hybrid.loop.result import Result
from tests.docs.blocks import DOCUMENTS, ROOT, Block, blocks, commands, spans
from tests.launch import launch
from tests.report.made import run_of

README = ROOT / "README.md"
DOCS = ROOT / "docs"
CALLS_PAGE, COMMANDS_PAGE, START_PAGE = (
    DOCS / f"{n}.md" for n in ("calls", "command-line", "start")
)
APART = ("architecture", "conformance")
"""Pages of other commands than ours."""
PAGES = [README, *sorted(path for path in DOCS.glob("*.md") if path.stem not in APART)]

WITH_BLOCKS = [page for page in PAGES if blocks(page, "python") or commands(page)]

LATER = ("calibrate",)
"""Commands that take too long for a test of the documents; those that run them are elsewhere."""

NEEDS = r"# needs: (\w+)\n"
"""First line of a block that compares with another library."""

RANKS = r"# (?:ranks: (\d+)|starts ranks)\n"
"""First line of a block that needs several ranks, or starts them."""

FILES = r"[\w./*-]+\.(py|md|cpp|hpp|toml|sbatch|json|txt|\*)|[\w./-]+/"
"""What a path between backquotes looks like."""

SMALL = """
problem = {{ kind = "pauli", terms = [["{z}", 1.0], ["{x}", 0.5]] }}
ansatz = {{ kind = "hardware_efficient", layers = 1 }}
optimizer = {{ name = "L-BFGS-B", max_iterations = 2 }}
run = {{ seed = 7 }}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the examples and the files that the pages take to be there."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "water.toml").write_text(SMALL.format(z="ZZZ", x="XXX"))
    (tmp_path / "FILE.toml").write_text(SMALL.format(z=15 * "Z", x=15 * "X"))
    (tmp_path / "chain.py").write_text(blocks(START_PAGE, "python")[0].text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _in_order(page: Path) -> list[Block]:
    """Return what a reader would type, in order: blocks of Python, and lines at a shell."""
    lines = [
        Block("", line, block.line + place)
        for block in blocks(page, "")
        for place, line in enumerate(block.text.splitlines())
    ]
    return sorted([*blocks(page, "python"), *lines], key=lambda block: block.line)


def test_pages_have_blocks() -> None:
    names = {page.stem for page in WITH_BLOCKS}
    assert names >= {"README", "start", "coming-from", "extend", "command-line", "split", "report"}
    assert len(commands(COMMANDS_PAGE)) > 8


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda path: path.stem)
def test_a_page(page: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each block in the state that those before it left; a page begins with an empty folder."""
    if page.name == "report.md":
        for name in ("water", "chain"):
            run_of(folder / f"{name}.db")
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in _in_order(page):
        needed = re.match(NEEDS, block.text)
        if block.language == "" and block.text.startswith("hybrid "):
            _type(block.text)
        elif "hybrid.ranks(" in block.text and is_launched():
            continue  # a rank starts no ranks
        elif block.language and not re.match(RANKS, block.text) and not needed:
            _run(page, block, names)
    assert capsys.readouterr().err == ""


COMPARED = [
    (page, package)
    for page in WITH_BLOCKS
    for package in sorted({m for b in blocks(page, "python") for m in re.findall(NEEDS, b.text)})
]


@pytest.mark.parametrize(("page", "package"), COMPARED, ids=[f"{p.stem}-{n}" for p, n in COMPARED])
def test_a_page_beside_another_library(page: Path, package: str, folder: Path) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page, "python"):
        needed = re.match(NEEDS, block.text)
        if not needed or needed[1] == package:
            _run(page, block, names)


@pytest.mark.launches
@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda path: path.stem)
def test_blocks_and_commands_of_several_ranks(page: Path, folder: Path) -> None:
    for block in blocks(page, "python"):
        ranks = re.match(RANKS, block.text)
        if ranks:
            command = ["-m", "hybrid", "-c"] if ranks[1] else ["-c"]
            ended = launch(int(ranks[1] or 0), *command, block.text)
            assert ended.code == 0, ended.err
    for words in commands(page):
        if words[0] == "mpiexec" and words[-2] not in LATER:
            command = words[3:] if words[3] == "python" else ["python", "-m", *words[3:]]
            ended = launch(int(words[2]), *command[1:])
            assert ended.code == 0, ended.err


LINES = [
    words
    for page in PAGES
    for language in ("", "sh")
    for block in blocks(page, language)
    for line in block.text.splitlines()
    for words in [line.partition("#")[0].split()]
    if "hybrid" in words and words[words.index("hybrid") - 1] != "-m"
]


@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_command_lines_are_understood(words: list[str]) -> None:
    arguments = words[words.index("hybrid") + 1 :]
    group: Any = cli.command()
    context = group.make_context("hybrid", [], resilient_parsing=True)
    name, command, rest = group.resolve_command(context, arguments)
    command.make_context(name, list(rest))


def test_water(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = blocks(README, "python")
    names: dict[str, Any] = {"__name__": "__main__"}
    _run(README, block, names)
    assert abs(names["result"].value - -75.0125782) < 1.6e-3
    assert capsys.readouterr().out == f"{names['result']}\n"


def test_the_readme_fits_two_screens() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= 100


def test_measured_ratios_are_those_of_the_benchmarks() -> None:
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text("utf-8")
    table = re.findall(r"^\| (.+?) \| (.+?) \| (\d+) \|$", README.read_text("utf-8"), re.MULTILINE)
    assert len(table) > 4
    for workload, against, ratio in table:
        (row,) = [r for r in results.splitlines() if r.startswith(f"| {workload} | {against} |")][
            :1
        ]
        median = re.search(r"\*\*([\d.]+)\*\*", row)
        assert median is not None
        assert round(float(median[1])) == int(ratio), row


def test_targets_of_make() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", text, re.MULTILINE))
    for page in PAGES:
        named = [s.split()[1] for s in spans(page) if re.fullmatch(r"make [a-z]+", s)]
        typed = [words[1] for words in commands(page) if words[0] == "make"]
        assert {*named, *typed} <= targets
    assert {"demo", "test", "docs", "package"} <= targets


def test_extras_of_pip() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = extras["optional-dependencies"]
    table = re.findall(r"^\| `([a-z0-9-]+)` \|", START_PAGE.read_text("utf-8"), re.MULTILINE)
    assert table == list(extras)
    (installed,) = [words for words in commands(START_PAGE) if words[0] == "pip"]
    assert set(re.findall(r"[a-z]+", installed[-1])) <= set(extras)


def test_all_extras_are_in_all_but_those_in_conflict() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = extras["optional-dependencies"]
    (everything,) = extras["all"]
    inside = set(re.search(r"\[(.*)\]", everything)[1].split(","))
    assert inside == set(extras) - {"all", "mpi-ft"}


CALLS = re.findall(r"^\| `hybrid\.(\w+)\((.*?)\)` \|", CALLS_PAGE.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize(("name", "shown"), CALLS, ids=[name for name, _ in CALLS])
def test_the_table_of_calls(name: str, shown: str) -> None:
    """Arguments of the table are those of the call: the first ones in order, others by name."""
    parameters = inspect.signature(getattr(hybrid, name)).parameters
    for place, each in enumerate(part.strip() for part in shown.split(",")):
        argument, equals, default = each.partition("=")
        if argument in ("...", ""):
            continue
        assert argument in parameters
        if not equals:
            assert list(parameters)[place] == argument
        elif default:
            assert parameters[argument].default == ast.literal_eval(default)


def test_the_table_of_calls_is_whole() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    for name in hybrid.__all__:
        assert name == "__version__" or f"`hybrid.{name}" in text or f"@hybrid.{name}" in text, name


def test_the_reference_is_whole() -> None:
    text = (DOCS / "api.md").read_text("utf-8")
    for name in hybrid.__all__:
        assert name == "__version__" or f":: hybrid.{name}\n" in text, name


def test_fields_of_a_result() -> None:
    lines = CALLS_PAGE.read_text("utf-8").splitlines()
    (row,) = [line for line in lines if "a `Result` with" in line]
    named = re.findall(r"`(\w+)`", row.partition("a `Result` with")[2])
    assert set(named) <= set(Result.__dataclass_fields__)


def test_lists_of_optimizers_and_simulators() -> None:
    text = " ".join(CALLS_PAGE.read_text("utf-8").split())
    for name in (*hybrid.optimizers.names(), *hybrid.simulators.names()):
        assert name in text, name


def test_exit_codes() -> None:
    codes = re.search(r"Exit codes: (.*?)\.", COMMANDS_PAGE.read_text("utf-8"), re.DOTALL)
    assert codes is not None
    told = [int(number) for number in re.findall(r"\b(\d+) ", codes[1])]
    assert told == list(codes_of_exit.MEANINGS)
    helped = re.findall(r"^(\d+): ", cli.HELP, re.MULTILINE)
    assert [int(number) for number in helped] == told


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_options_exist(page: Path) -> None:
    group: Any = cli.command()
    every = [group, *group.commands.values()]
    known = {o for c in every for p in c.params for o in (*p.opts, "--help")}
    known |= {"--install-completion", "--show-completion"}
    for span in spans(page):
        if not span.startswith(("mpiexec --", "apptainer ")):
            assert set(re.findall(r"(?<![\w-])--[a-z-]+", span)) <= known, span


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_files_exist(document: Path) -> None:
    """Paths are those from the root, or the ends of paths in the package or beside the document."""
    shown = [word.strip(",") for block in blocks(document, "") for word in block.text.split()]
    shown = [word for word in shown if word.startswith("hybrid/")]
    named = [each for each in (*spans(document), *shown) if re.fullmatch(FILES, each)]
    links = re.findall(r"\]\(([\w./-]+)\)", document.read_text("utf-8"))
    for span in (*named, *links):
        found = [*ROOT.glob(span), *(ROOT / "hybrid").rglob(span)]
        assert found or (document.parent != ROOT and [*document.parent.rglob(span)]), span


def test_the_text_for_language_models_names_the_pages() -> None:
    text = (DOCS / "llms.txt").read_text("utf-8")
    named = {name.removesuffix(".html") for name in re.findall(r"^- ([\w-]+\.html)", text, re.M)}
    assert named == {page.stem for page in DOCS.glob("*.md")} - {"index", "speed"}


def _type(line: str) -> None:
    words = line.partition("#")[0].split()
    if words[1] not in LATER:
        fewer = ["--max-iterations", "2"] if "run" in words and "examples/" in line else []
        assert app.command_line([*words[1:], *fewer]) == 0, line


def _run(page: Path, block: Block, names: dict[str, Any]) -> None:
    """Run a block, its errors at its lines in the page."""
    code = "\n" * (block.line - 1) + block.text
    exec(compile(code, str(page), "exec"), names)
