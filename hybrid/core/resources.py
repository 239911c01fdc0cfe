"""Resources of a call: threads, shards and groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hybrid.core.checks import checked_groups, checked_shards, checked_threads
from hybrid.core.errors import InputError

Auto: TypeAlias = Literal["auto"]
"""Lets the scheduler choose."""


@dataclass(frozen=True, slots=True)
class Resources:
    """Requested resources; None lets the scheduler choose.

    Attributes:
        threads: threads of each rank.
        shards: ranks that share one state, a power of two.
        groups: groups of such ranks that work in parallel.
    """

    threads: int | None = None
    shards: int | None = None
    groups: int | None = None

    @classmethod
    def checked(
        cls, threads: object = None, shards: object = "auto", groups: object = "auto"
    ) -> Resources:
        """Validate arguments of the public functions.

        Raises:
            InputError: not positive integers, or ``shards`` not a power of two.

        Example:
            >>> Resources.checked(threads=2)
            Resources(threads=2, shards=None, groups=None)
        """
        return cls(checked_threads(threads), checked_shards(shards), checked_groups(groups))

    def contents(self) -> Mapping[str, str]:
        """Return the settings by name, for comparison between ranks."""
        return {
            "threads": str(self.threads),
            "shards": str(self.shards),
            "groups": str(self.groups),
        }

    def check(self, num_ranks: int) -> None:
        """Refuse groups that need more ranks than the job has.

        Raises:
            InputError: there are too few ranks.

        Example:
            >>> Resources(shards=2, groups=3).check(6)
        """
        shards, groups = self.shards or 1, self.groups or 1
        if shards * groups <= num_ranks:
            return
        if shards > num_ranks:
            fewer = f"shards={1 << (num_ranks.bit_length() - 1)}"
        else:
            fewer = f"groups={num_ranks // shards}"
        raise InputError(
            "shards" if shards > 1 else "groups",
            got=f"{groups} group{'s' if groups > 1 else ''} of {shards} "
            f"rank{'s' if shards > 1 else ''}",
            expected=f"at most the {num_ranks} rank{'s' if num_ranks > 1 else ''} of the job",
            advice=f"start it with mpiexec -n {shards * groups}, or use at most {fewer}",
        )


ANY = Resources()
"""The scheduler chooses everything."""
