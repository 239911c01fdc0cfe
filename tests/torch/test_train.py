"""``hybrid.train``: against a loop in PyTorch alone, over ranks, killed and resumed."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hybrid
from hybrid.core.errors import InputError, JournalError, MismatchError, RecordError, Suspended
from hybrid.core.outcome import Outcome
from hybrid.runtime.world import World, use
from tests.torch.models import circuit, features

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
if torch:
    from hybrid.torch.task import Task


def data(size: int = 50) -> tuple[Any, Any]:
    x = torch.tensor(np.random.default_rng(4).uniform(size=(size, 2)), dtype=torch.float32)
    return x, torch.sin(3.0 * x[:, :1]) * x[:, 1:]


def model(dropout: float = 0.0, **settings: Any) -> Any:
    torch.manual_seed(5)
    return torch.nn.Sequential(
        torch.nn.Linear(2, 3),
        torch.nn.Dropout(dropout),
        hybrid.torch.QuantumLayer(circuit(), features=features(), **settings),
        torch.nn.Linear(3, 1),
    )


def adam(made: Any, rate: float = 0.05) -> Any:
    return torch.optim.Adam(made.parameters(), lr=rate)


def trained(made: Any = None, samples: Any = None, loss: Any = None, **settings: Any) -> Any:
    made = model() if made is None else made
    samples = data() if samples is None else samples
    given = {"optimizer": adam(made), "epochs": 2, "batch_size": 20, "grain": 7, "seed": 3}
    given |= settings
    loss = torch.nn.MSELoss() if loss is None else loss
    optimizer, epochs = given.pop("optimizer"), given.pop("epochs")
    return made, hybrid.train(made, samples, loss, optimizer, epochs, **given)


def bits(made: Any) -> str:
    content = b"".join(p.detach().numpy().tobytes() for p in made.parameters())
    return hashlib.sha256(content).hexdigest()


def test_the_steps_are_those_of_pytorch() -> None:
    made, found = trained(shuffle=False, clip=0.3, epochs=3)
    other = model()
    optimizer, (x, y) = adam(other), data()
    losses = []
    for _ in range(3):
        total = 0.0
        for first in range(0, 50, 20):
            optimizer.zero_grad()
            some = x[first : first + 20]
            loss = torch.nn.functional.mse_loss(other(some), y[first : first + 20])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(other.parameters(), 0.3)
            optimizer.step()
            total += loss.item() * len(some)
        losses.append(total / 50)
    np.testing.assert_allclose([epoch.loss for epoch in found.epochs], losses, rtol=1e-5)
    for one, exact in zip(made.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(one, exact, atol=1e-5, rtol=1e-4)
    assert (found.steps, found.outcome) == (9, Outcome.FINISHED)
    assert 0.0 < found.quantum < 1.0
    assert "3 pieces of 7 samples on" in found.split


def test_it_learns_and_reports() -> None:
    seen: list[int] = []
    optimizer_of = model()
    optimizer = adam(optimizer_of)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 5, gamma=0.5)
    made, found = trained(
        optimizer_of,
        optimizer=optimizer,
        schedule=schedule,
        epochs=12,
        validation=data(9),
        metrics={"away": torch.nn.L1Loss()},
        observer=lambda epoch: seen.append(epoch.epoch),
    )
    assert found.epochs[-1].loss < 0.3 * found.epochs[0].loss
    rates = [epoch.learning_rate for epoch in found.epochs]
    assert rates == 5 * [0.05] + 5 * [0.025] + 2 * [0.0125]
    made.eval()
    with torch.no_grad():
        exact = torch.nn.functional.mse_loss(made(data(9)[0]), data(9)[1]).item()
    assert found.epochs[-1].validation["loss"] == pytest.approx(exact, rel=1e-5)
    assert set(found.epochs[-1].validation) == {"loss", "away"}
    assert seen == list(range(1, 13))
    assert str(found).startswith("epoch 12: loss")


@pytest.mark.ranks
@pytest.mark.parametrize("shots", [None, 20])
def test_the_same_bits_on_all_ranks(shots: int | None, alone: World) -> None:
    settings = {"epochs": 1 if shots else 3, "grain": 3, "validation": data(8)}
    samples = data(8 if shots else 50)
    together, found = trained(model(0.2, shots=shots), samples, **settings)
    with use(alone):
        by_itself, expected = trained(model(0.2, shots=shots), samples, **settings)
    assert bits(together) == bits(by_itself)
    assert [each.loss for each in found.epochs] == [each.loss for each in expected.epochs]
    assert [each.validation for each in found.epochs] == [
        each.validation for each in expected.epochs
    ]


@pytest.mark.ranks
def test_ranks_that_differ(job: World) -> None:
    if job.size == 1:
        pytest.skip("needs several ranks")
    made = model()
    if job.rank == 1:
        with torch.no_grad():
            made[0].weight[0, 0] += 1e-3
    with pytest.raises(MismatchError, match="different parameters of the model"):
        trained(made)
    with pytest.raises(MismatchError, match="different optimizer"):
        trained(optimizer=lambda p: torch.optim.SGD(p, lr=0.1 * (1 + job.rank)))
    with pytest.raises(MismatchError, match="different data"):
        trained(samples=data(40 + job.rank))


def stop_after(pieces: int, patch: pytest.MonkeyPatch) -> None:
    """Send this process SIGUSR1 in a piece, in the middle of a step and of an epoch."""
    run, count = Task.run, [0]

    def counted(self: Any, *given: Any, **settings: Any) -> Any:
        count[0] += 1
        if count[0] == pieces:
            os.kill(os.getpid(), signal.SIGUSR1)
        return run(self, *given, **settings)

    patch.setattr(Task, "run", counted)


@pytest.mark.parametrize("optimizer", ["Adam", "SGD", "Adagrad"])
def test_stopped_and_resumed(tmp_path: Path, optimizer: str) -> None:
    def settings(made: Any) -> dict[str, Any]:
        extra = {"momentum": 0.9} if optimizer == "SGD" else {}
        by = getattr(torch.optim, optimizer)(made.parameters(), lr=0.05, **extra)
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(by, patience=0, factor=0.5)
        return {"optimizer": by, "schedule": schedule, "epochs": 4, "validation": data(9)}

    for number, after in enumerate((20, 33)):
        journal = tmp_path / f"{number}.db"
        expected = model(0.3)
        _, whole = trained(expected, **settings(expected))
        made = model(0.3)
        with pytest.MonkeyPatch.context() as patch:
            stop_after(after, patch)
            with pytest.raises(Suspended, match="stopped by SIGUSR1 after"):
                trained(made, journal=journal, **settings(made))
        made = model(0.3)
        _, found = trained(made, journal=journal, **settings(made))
        assert bits(made) == bits(expected)
        assert [e.loss for e in found.epochs] == [e.loss for e in whole.epochs]
        assert [e.validation for e in found.epochs] == [e.validation for e in whole.epochs]
        with hybrid.open_journal(journal) as opened:
            kinds = [event.kind for event in opened.events]
            assert kinds.count("epoch") == 4
            assert kinds[-1] == "completed"


def test_a_finished_training_returns_at_once_and_can_be_extended(tmp_path: Path) -> None:
    journal = tmp_path / "run.db"
    made, found = trained(journal=journal, epochs=2)
    again, other = trained(journal=journal, epochs=2)
    assert bits(again) == bits(made)
    assert other.steps == found.steps
    longer, _ = trained(journal=journal, epochs=4)
    whole, _ = trained(epochs=4)
    assert bits(longer) == bits(whole)


def test_a_journal_of_another_training(tmp_path: Path) -> None:
    journal = tmp_path / "run.db"
    trained(journal=journal)
    made = model()
    with pytest.raises(RecordError, match=r"optimizer: recorded Adam\(.* now Adam\("):
        trained(made, journal=journal, optimizer=adam(made, 0.01))
    with pytest.raises(RecordError, match="data: recorded"):
        trained(journal=journal, samples=data(40))


def test_a_damaged_checkpoint(tmp_path: Path) -> None:
    journal = tmp_path / "run.db"
    trained(journal=journal)
    with sqlite3.connect(journal) as file:
        (state,) = file.execute("SELECT state FROM checkpoints").fetchone()
        assert b"pickle" not in state
        file.execute("UPDATE checkpoints SET state = ?", (state[:-1] + bytes([state[-1] ^ 1]),))
    with pytest.raises(JournalError, match="wrong checksum"):
        trained(journal=journal)


def test_early_stopping_an_observer_and_a_time_limit() -> None:
    made = model()
    _, found = trained(made, optimizer=adam(made, 1e-12), epochs=50, patience=2)
    assert found.outcome is Outcome.CONVERGED
    assert "has not improved for 2 epochs" in found.message
    _, found = trained(epochs=50, observer=lambda epoch: "enough" if epoch.epoch == 3 else None)
    assert (len(found.epochs), found.outcome) == (3, Outcome.STOPPED)
    assert found.message.endswith("enough")
    _, found = trained(epochs=10**6, time_limit=1e-9)
    assert (found.outcome, found.steps) == (Outcome.INTERRUPTED, 0)
    _, found = trained(epochs=10**6, budget=1e-12)
    assert found.message == "Interrupted by the time limit after 0 steps."


def test_a_loss_that_diverges() -> None:
    made = model()
    before = bits(made)
    calls = [0]

    def loss(outputs: Any, targets: Any) -> Any:
        calls[0] += 1
        far = float("nan") if calls[0] > 8 else 1.0
        return far * torch.nn.functional.mse_loss(outputs, targets)

    _, found = trained(made, loss=loss, epochs=3)
    assert found.outcome is Outcome.NOT_FINITE
    assert 0 < found.steps < 9
    assert bits(made) != before
    assert all(torch.isfinite(p).all() for p in made.parameters())


def test_frozen_and_unused_parameters() -> None:
    made = model()
    made.add_module("idle", torch.nn.Identity())
    made.idle.register_parameter("spare", torch.nn.Parameter(torch.ones(2)))
    made[0].weight.requires_grad_(False)
    before = made[0].weight.clone()
    decaying = torch.optim.AdamW(made.parameters(), lr=0.05, weight_decay=0.5)
    trained(made, optimizer=decaying)
    assert torch.equal(made[0].weight, before)
    assert made.idle.spare.tolist() == [1.0, 1.0]


def test_a_data_set_and_numpy_arrays() -> None:
    x, y = data()
    from torch.utils.data import TensorDataset

    first, _ = trained()
    second, _ = trained(samples=TensorDataset(x, y))
    third, _ = trained(samples=(x.numpy().astype(np.float64), y.numpy().astype(np.float64)))
    assert bits(first) == bits(second) == bits(third)


def test_a_classifier_by_cross_entropy() -> None:
    torch.manual_seed(5)
    made = torch.nn.Sequential(
        hybrid.torch.QuantumLayer(circuit(2), features=features(2)), torch.nn.Linear(2, 3)
    )
    x = torch.rand(30, 2)
    y = (2.999 * x[:, 0]).long()

    def accuracy(outputs: Any, targets: Any) -> Any:
        return (outputs.argmax(1) == targets).float().mean()

    _, found = trained(
        made, (x, y), torch.nn.CrossEntropyLoss(), epochs=25, metrics={"accuracy": accuracy}
    )
    assert found.epochs[-1].metrics["accuracy"] > 0.6


def _bad_model() -> Any:
    return torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.BatchNorm1d(1))


class Counting(torch.nn.Linear):
    """A layer that counts its calls in a buffer."""

    def __init__(self) -> None:
        super().__init__(2, 1)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Any) -> Any:
        self.calls += 1
        return super().forward(x)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"made": "a model"}, "a torch.nn.Module"),
        ({"made": _bad_model}, "BatchNorm1d '1', which mixes the samples"),
        ({"made": Counting}, "buffer 'calls', which changes"),
        ({"made": lambda: torch.nn.ReLU()}, "no parameter that requires a gradient"),
        ({"samples": (torch.zeros(0, 2), torch.zeros(0, 1))}, "no samples"),
        ({"samples": (torch.zeros(3, 2), torch.zeros(2, 1))}, r"lengths \[3, 2\]"),
        ({"samples": torch.zeros(3, 2)}, "a tuple"),
        ({"samples": (torch.full((3, 2), np.nan), torch.zeros(3, 1))}, "NaN or infinity"),
        ({"loss": torch.nn.MSELoss(reduction="sum")}, "the mean over samples"),
        ({"loss": torch.nn.MSELoss(reduction="none")}, "take .mean"),
        ({"loss": lambda outputs, targets: 1.0}, "as a tensor"),
        ({"loss": lambda outputs, targets: outputs.std()}, "the mean over samples|finite"),
        ({"optimizer": "Adam"}, "torch.optim.Adam"),
        ({"optimizer": lambda p: torch.optim.LBFGS(p)}, "hybrid.minimize"),
        ({"optimizer": lambda p: adam(model())}, "that are not the model's"),
        ({"schedule": 3}, "StepLR"),
        ({"epochs": 0}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 2.5}, "batch_size"),
        ({"grain": -1}, "grain"),
        ({"clip": 0.0}, "clip"),
        ({"patience": "two"}, "patience"),
        ({"metrics": {"loss": torch.nn.L1Loss()}}, "another name"),
        ({"metrics": [torch.nn.L1Loss()]}, "a dictionary"),
        ({"seed": -1}, "seed"),
        ({"time_limit": -1}, "time_limit"),
        ({"budget": -1}, "budget"),
    ],
)
def test_bad_arguments(settings: dict[str, Any], message: str) -> None:
    made = settings.pop("made", None)
    made = made() if callable(made) else made
    if isinstance(made, str | torch.nn.ReLU):
        with pytest.raises(InputError, match=message):
            hybrid.train(made, data(), torch.nn.MSELoss(), None)
        return
    with pytest.raises(InputError, match=message):
        trained(made, **settings)


def test_a_data_loader() -> None:
    from torch.utils.data import DataLoader, TensorDataset

    with pytest.raises(InputError, match=r"pass loader\.dataset"):
        trained(samples=DataLoader(TensorDataset(*data())))


def test_an_optimizer_that_has_taken_steps() -> None:
    made, _ = trained()
    optimizer = adam(made)
    trained(made, optimizer=optimizer)
    with pytest.raises(InputError, match="to continue a training, pass journal="):
        trained(made, optimizer=optimizer)
