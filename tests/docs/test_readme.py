"""What the README and the documents show is true: blocks run, names, options and files exist."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.cli import app
from hybrid.cli import commands as cli
from hybrid.core import codes as codes_of_exit
from hybrid.loop.result import Result
from tests.docs.blocks import DOCUMENTS, ROOT, Block, blocks, commands, spans
from tests.launch import launch

README = ROOT / "README.md"
PYTHON = {block.text.split("\n", 1)[0]: block for block in blocks(README, "python")}
HYBRID = [words for words in commands(README) if "hybrid" in words]
LATER = ("calibrate",)
"""Commands that take too long for a test of the documents; those that run them are elsewhere."""

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
    """A folder with the examples and the files that the README takes to be there."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "water.toml").write_text(SMALL.format(z="ZZZ", x="XXX"))
    (tmp_path / "FILE.toml").write_text(SMALL.format(z=15 * "Z", x=15 * "X"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_blocks_are_found() -> None:
    assert list(PYTHON) == [
        "import hybrid",
        "from qiskit import QuantumCircuit",
        "class Mine(hybrid.Workload):",
        LAYER,
        PYTHON_OF_SHARDS,
    ]
    assert len(HYBRID) == 13


LAYER = 'layer = hybrid.torch.QuantumLayer(circuit, features=["x[0]", "x[1]"])'
PYTHON_OF_SHARDS = (
    "hybrid.expectation(circuit, observable, points, gradient=True, shards=4)"
    "  # any number of groups"
)


def test_water(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _run(PYTHON["import hybrid"])
    result = found["result"]
    assert abs(result.value - -75.0125782) < 1.6e-3
    assert capsys.readouterr().out == f"{result}\n"


def test_qiskit(capsys: pytest.CaptureFixture[str]) -> None:
    _run(PYTHON["from qiskit import QuantumCircuit"], {"hybrid": hybrid})
    assert capsys.readouterr().out == "[1. 1.]\n"


def test_a_workload_of_ones_own() -> None:
    circuit = real_amplitudes(2, reps=3)
    random = np.random.default_rng(7)
    brought = {
        "hybrid": hybrid,
        "circuit": circuit,
        "observable": SparsePauliOp("ZZ"),
        "data": random.normal(size=(1000, 8)),
        "labels": random.choice([-1.0, 1.0], size=1000),
        "rows": lambda point, samples: point + samples,
        "loss": lambda values, labels: ((values - labels) ** 2).sum() / 1000,
    }
    made = _run(PYTHON["class Mine(hybrid.Workload):"], brought)["Mine"]()
    result = hybrid.minimize(made, "SPSA", seed=7, max_iterations=2)
    assert 0.0 < result.value < 4.0


def test_a_layer_and_its_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from tests.torch.models import circuit

    monkeypatch.chdir(tmp_path)
    torch.manual_seed(7)
    x = torch.rand(40, 8)
    brought = {"hybrid": hybrid, "torch": torch, "circuit": circuit(2), "x": x, "y": x[:, :1]}
    result = _run(PYTHON[LAYER], brought)["result"]
    assert (result.steps, (tmp_path / "model.db").exists()) == (4, True)


SHARDS = """
import hybrid, numpy as np
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp
circuit, observable = real_amplitudes(15, reps=1), SparsePauliOp(15 * "Z")
points = np.full((2, 30), 0.1)
problem = hybrid.VQE(circuit, observable)
minimize = hybrid.minimize
hybrid.minimize = lambda *given, **settings: minimize(*given, **settings, max_iterations=1)
{block}
print("done")
"""


@pytest.mark.launches
def test_shards() -> None:
    ended = launch(6, "-m", "hybrid", "-c", SHARDS.format(block=PYTHON[PYTHON_OF_SHARDS].text))
    assert (ended.code, ended.out) == (0, "done\n"), ended.err


@pytest.mark.parametrize("words", HYBRID, ids=" ".join)
def test_command_lines_are_understood(words: list[str]) -> None:
    arguments = words[words.index("hybrid") + 1 :]
    group: Any = cli.command()
    context = group.make_context("hybrid", [], resilient_parsing=True)
    name, command, rest = group.resolve_command(context, arguments)
    command.make_context(name, list(rest))


def test_command_lines_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the order of the README, each in the state that those before it left."""
    for words in HYBRID:
        if words[0] == "hybrid" and words[1] not in LATER:
            fewer = ["--max-iterations", "2"] if "examples/water.toml" in words else []
            assert app.command_line([*words[1:], *fewer]) == 0, words
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "nothing was run" in shown.out


@pytest.mark.launches
def test_command_lines_of_several_ranks(folder: Path) -> None:
    for words in HYBRID:
        if words[0] == "mpiexec" and words[4] not in LATER:
            ended = launch(int(words[2]), "-m", *words[3:])
            assert ended.code == 0, ended.err


def test_targets_of_make() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = [span.split()[1] for span in spans(README) if re.fullmatch(r"make [a-z]+", span)]
    typed = [words[1] for words in commands(README) if words[0] == "make"]
    assert {"demo", "test"} <= {*named, *typed} <= targets


def test_extras_of_pip() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = extras["optional-dependencies"]
    table = re.findall(r"^\| `([a-z0-9-]+)` \|", README.read_text("utf-8"), re.MULTILINE)
    assert table == list(extras)
    (installed,) = [words for words in commands(README) if words[0] == "pip"]
    assert set(re.findall(r"[a-z]+", installed[-1])) <= set(extras)


CALLS = re.findall(r"^\| `hybrid\.(\w+)\((.*?)\)` \|", README.read_text("utf-8"), re.MULTILINE)


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
    text = README.read_text("utf-8")
    for name in hybrid.__all__:
        assert name == "__version__" or f"`hybrid.{name}" in text or f"@hybrid.{name}" in text, name


def test_fields_of_a_result() -> None:
    (row,) = [line for line in README.read_text("utf-8").splitlines() if "a `Result` with" in line]
    named = re.findall(r"`(\w+)`", row.partition("a `Result` with")[2])
    assert set(named) <= set(Result.__dataclass_fields__)


def test_lists_of_optimizers_and_simulators() -> None:
    text = " ".join(README.read_text("utf-8").split())
    for name in (*hybrid.optimizers.names(), *hybrid.simulators.names()):
        assert name in text, name


def test_exit_codes() -> None:
    codes = re.search(r"Exit codes: (.*?)\.", README.read_text("utf-8"), re.DOTALL)
    assert codes is not None
    told = [int(number) for number in re.findall(r"\b(\d+) ", codes[1])]
    assert told == list(codes_of_exit.MEANINGS)
    helped = re.findall(r"^(\d+): ", cli.HELP, re.MULTILINE)
    assert [int(number) for number in helped] == told


def test_options_exist() -> None:
    group: Any = cli.command()
    known = {o for c in group.commands.values() for p in c.params for o in (*p.opts, "--help")}
    for span in spans(README):
        if not span.startswith("mpiexec --"):
            assert set(re.findall(r"(?<![\w-])--[a-z-]+", span)) <= known, span


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_exist(document: Path) -> None:
    """Paths are those from the root, or the ends of paths in the package or beside the document."""
    shown = [word.strip(",") for block in blocks(document, "") for word in block.text.split()]
    shown = [word for word in shown if word.startswith("hybrid/")]
    named = [each for each in (*spans(document), *shown) if re.fullmatch(FILES, each)]
    for span in named:
        found = [*ROOT.glob(span), *(ROOT / "hybrid").rglob(span)]
        assert found or (document.parent != ROOT and [*document.parent.rglob(span)]), span


def _run(block: Block, names: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run a block, its errors at its lines in the README; return what it has defined."""
    found = names or {"__name__": "__main__"}
    code = "\n" * (block.line - 1) + block.text
    exec(compile(code, str(README), "exec"), found)
    return found
