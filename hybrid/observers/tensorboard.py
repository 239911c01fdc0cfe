"""Progress of a run in TensorBoard."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from hybrid.core.errors import InputError
from hybrid.loop.result import Progress, Result, RunDescription
from hybrid.observers.records import not_installed, numbers_of, numbers_of_result, settings_of

_FLUSH_SECONDS = 5


class TensorBoard:
    """Observer that writes values, gradient norms and settings for ``tensorboard --logdir``.

    The step is the number of evaluations. Needs the extra ``tensorboard``. Pass it to a run as
    ``hybrid.minimize(workload, observer=TensorBoard("runs/first"))``.

    Args:
        folder: folder of the event file, one for each run.

    Raises:
        InputError: not a path, or TensorBoard is not installed.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        if not isinstance(folder, str | os.PathLike) or not str(folder):
            raise InputError("folder", got=repr(folder)[:60], expected="the path of a folder")
        try:
            from tensorboard.summary.writer import event_file_writer
        except ModuleNotFoundError as error:
            raise not_installed("TensorBoard", error, "tensorboard", "tensorboard") from error
        self._make = event_file_writer.EventFileWriter
        self._folder = os.fspath(folder)
        self._writer: Any = None

    def started(self, description: RunDescription) -> None:
        """Write the settings."""
        self._writer = self._make(self._folder, flush_secs=_FLUSH_SECONDS)
        rows = [f"| {name} | {text} |" for name, text in settings_of(description).items()]
        self._write(0, [_text("settings", "\n".join(["| setting | |", "| --- | --- |", *rows]))])

    def progressed(self, progress: Progress) -> None:
        """Write the numbers of an evaluation."""
        self._write(progress.evaluations, _scalars(numbers_of(progress)))

    def finished(self, result: Result) -> None:
        """Write the numbers of the result, and close the file."""
        step = result.evaluations
        self._write(step, [*_scalars(numbers_of_result(result)), _text("result", str(result))])
        self._writer.close()

    def _write(self, step: int, values: list[Any]) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        summary = Summary(value=values)
        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))


def _scalars(numbers: Mapping[str, float]) -> list[Any]:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return [Summary.Value(tag=name, simple_value=number) for name, number in numbers.items()]


def _text(tag: str, text: str) -> Any:
    """Return a text in Markdown."""
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING

    plugin = SummaryMetadata.PluginData(plugin_name="text")
    return Summary.Value(
        tag=tag,
        metadata=SummaryMetadata(plugin_data=plugin),
        tensor=TensorProto(dtype=DT_STRING, string_val=[text.encode()]),
    )
