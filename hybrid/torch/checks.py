"""Arguments of ``hybrid.train``, validated; what they are, for ranks and journals to compare."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.fingerprint import identity_of
from hybrid.torch.layer import QuantumLayer
from hybrid.torch.sources import Source
from hybrid.torch.task import checked_loss, one_thread, seeded
from hybrid.workloads.identity import contents_of

_SAMPLES = 3


def count(value: object, name: str, least: int = 1) -> int:
    """Return a whole number of at least ``least``.

    Raises:
        InputError: something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputError(name, got=repr(value)[:60], expected=f"a whole number, at least {least}")
    return int(value)


def positive(value: object, name: str) -> float:
    """Return a positive, finite number.

    Raises:
        InputError: something else.
    """
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not 0.0 < float(value) < float("inf"):  # type: ignore[arg-type]
        raise InputError(name, got=repr(value)[:60], expected="a positive number")
    return float(value)  # type: ignore[arg-type]


def check_model(model: object) -> torch.nn.Module:
    """Refuse what is no model, and layers that mix the samples of a batch.

    Raises:
        InputError: no module, or one with batch normalisation in training mode.
    """
    if not isinstance(model, torch.nn.Module):
        raise InputError("model", got=f"a {type(model).__name__}", expected="a torch.nn.Module")
    if isinstance(model, torch.nn.parallel.DistributedDataParallel):
        raise InputError(
            "model",
            got="a DistributedDataParallel",
            expected="the model itself",
            advice="hybrid.train splits the batches over the ranks by itself",
        )
    for name, layer in model.named_modules():
        if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
            raise InputError(
                "model",
                got=f"{type(layer).__name__} '{name}', which mixes the samples of a batch",
                expected="layers that treat samples one by one, so that a batch can be split",
                advice="use LayerNorm or GroupNorm, or fold it into the layer before",
            )
    return model


def check_optimizer(optimizer: object, model: torch.nn.Module) -> torch.optim.Optimizer:
    """Refuse what is no optimizer of the model's parameters.

    Raises:
        InputError: no optimizer, one that calls the loss itself, or has other parameters.
    """
    if callable(optimizer) and not isinstance(optimizer, torch.optim.Optimizer):
        optimizer = optimizer([p for p in model.parameters() if p.requires_grad])
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise InputError(
            "optimizer",
            got=repr(optimizer)[:60],
            expected="an optimizer of the model's parameters",
            advice="for instance torch.optim.Adam(model.parameters(), lr=0.01)",
        )
    if isinstance(optimizer, torch.optim.LBFGS):
        raise InputError(
            "optimizer",
            got="LBFGS, which evaluates the loss by itself",
            expected="one that takes a step for each gradient, such as Adam or SGD",
            advice="hybrid.minimize(optimizer='L-BFGS-B') trains circuits without other layers",
        )
    own = {id(p) for p in model.parameters()}
    given = [p for group in optimizer.param_groups for p in group["params"]]
    if any(id(p) not in own for p in given):
        raise InputError(
            "optimizer",
            got="parameters that are not the model's",
            expected="those of model.parameters()",
            advice="make the optimizer after the model, and after moving it",
        )
    # Some, such as Adagrad, have a memory from the start, of zero steps.
    if any(float(memory.get("step", 1.0)) > 0.0 for memory in optimizer.state.values()):
        raise InputError(
            "optimizer",
            got="an optimizer that has taken steps",
            expected="a new one",
            advice="to continue a training, pass journal=",
        )
    return optimizer


def check_schedule(schedule: Any, optimizer: torch.optim.Optimizer) -> Any:
    """Refuse a schedule of another optimizer, or one that has taken steps.

    Raises:
        InputError: it is no schedule of this optimizer, or not new.
    """
    if schedule is None:
        return None
    if callable(schedule) and not hasattr(schedule, "step"):
        schedule = schedule(optimizer)
    if getattr(schedule, "optimizer", None) is not optimizer or not hasattr(schedule, "step"):
        raise InputError(
            "schedule",
            got=repr(schedule)[:60],
            expected="a learning-rate schedule of the same optimizer",
            advice="for instance torch.optim.lr_scheduler.StepLR(optimizer, 10)",
        )
    if getattr(schedule, "last_epoch", 0) > 0:
        raise InputError("schedule", got="one that has taken steps", expected="a new one")
    return schedule


def check_metrics(metrics: object) -> Mapping[str, Callable[..., Any]]:
    """Refuse metrics that are no functions by name.

    Raises:
        InputError: they are something else, or one is named "loss".
    """
    if metrics is None:
        return {}
    if not isinstance(metrics, Mapping) or not all(
        isinstance(name, str) and callable(metric) for name, metric in metrics.items()
    ):
        raise InputError(
            "metrics",
            got=repr(metrics)[:60],
            expected="a dictionary of names and functions(outputs, targets)",
        )
    if "loss" in metrics:
        raise InputError("metrics", got="'loss'", expected="another name")
    return metrics


def check_data(source: Source, model: torch.nn.Module, loss: Callable[..., Any]) -> tuple[Any, ...]:
    """Run a few samples, and check that their loss is the mean over samples; return the inputs.

    A batch is split into pieces whose losses are averaged. A loss that compares samples, weights
    them, or sums them would give something else than on the whole batch.

    Raises:
        InputError: the loss of some samples is not the mean of those of its parts, or a buffer of
            the model changes in training.
    """
    size = min(_SAMPLES, source.size)
    before = copy.deepcopy(dict(model.named_buffers()))
    was_training = model.training
    with seeded(0), one_thread(), torch.no_grad():
        inputs, targets = source.take(range(size))
        model.train()
        model(*inputs)
        changed = [k for k, v in model.named_buffers() if not torch.equal(before[k], v)]
        if changed:
            with torch.no_grad():
                for name, buffer in model.named_buffers():
                    buffer.copy_(before[name])
            raise InputError(
                "model",
                got=f"buffer '{changed[0]}', which changes when the model runs",
                expected="a model without a memory of the batches it saw",
                advice="what depends on the order of batches cannot be split over ranks",
            )
        model.eval()
        outputs = model(*inputs)
        whole = float(checked_loss(loss(outputs, targets)))
        parts = [
            float(checked_loss(loss(_cut(outputs, a, b), _cut(targets, a, b)))) * (b - a)
            for a, b in ((0, 1), (1, size))
            if b > a
        ]
        model.train(was_training)
    mean = sum(parts) / size
    if not np.isfinite(whole):
        raise InputError("loss", got=f"{whole} for the first samples", expected="a finite number")
    if not abs(whole - mean) <= 1e-3 * max(abs(whole), abs(mean), 1e-6):  # also if NaN
        raise InputError(
            "loss",
            got=f"{whole:.6g} for {size} samples, and {mean:.6g} as the mean of its parts",
            expected="the mean over samples: batches are split over the ranks",
            advice="use reduction='mean' without weights of classes; a loss over whole batches "
            "works in a loop of your own, in which QuantumLayer splits each batch",
        )
    return inputs


def _cut(values: Any, start: int, stop: int) -> Any:
    """Return the values of some samples, also of several outputs."""
    if isinstance(values, tuple | list):
        return type(values)(_cut(each, start, stop) for each in values)
    return values[start:stop]


def contents(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: object,
    metrics: Mapping[str, Any],
    schedule: object,
) -> dict[str, str]:
    """Return digests of everything that a training is made from, by name."""
    state = [
        part
        for name, tensor in model.state_dict().items()
        for part in (name, str(tensor.dtype), tensor.detach().cpu().double().numpy())
    ]
    layers = [part for name, layer in model.named_modules() for part in (name, _identity(layer))]
    groups = [
        f"{key}={value!r}"
        for group in optimizer.param_groups
        for key, value in sorted(group.items())
        if key != "params"
    ]
    named = [f"{name} {_identity(metric)}" for name, metric in metrics.items()]
    return {
        "model": digest(*layers),
        "parameters of the model": digest(*state),
        "optimizer": f"{type(optimizer).__name__}({', '.join(groups)})",
        **(
            {"loss": digest(_identity(loss))}
            if isinstance(loss, torch.nn.Module)
            else contents_of(loss, "loss", "train()")
        ),
        "metrics": digest(*named),
        "schedule": "" if schedule is None else _schedule(schedule),
        "torch": torch.__version__,
    }


def _identity(value: Any) -> str:
    """Return what identifies a layer or a function, but for its parameters."""
    if isinstance(value, QuantumLayer):
        return digest(*(part for pair in value.function.contents().items() for part in pair))
    if isinstance(value, torch.nn.Module):
        return digest(identity_of(type(value)), value.extra_repr(), str(value.training))
    return identity_of(value)


def _schedule(schedule: Any) -> str:
    """Return a schedule's class and plain settings."""
    plain = {
        name: value
        for name, value in vars(schedule).items()
        if isinstance(value, bool | int | float | str | list | tuple) and not name.startswith("_")
    }
    functions = [identity_of(f) for f in getattr(schedule, "lr_lambdas", [])]
    return digest(type(schedule).__name__, repr(sorted(plain.items())), *functions)


def takes_a_value(schedule: Any) -> bool:
    """Return whether a schedule's step needs a loss, as that of ReduceLROnPlateau does."""
    parameters = list(inspect.signature(schedule.step).parameters.values())
    return bool(parameters) and parameters[0].default is inspect.Parameter.empty
