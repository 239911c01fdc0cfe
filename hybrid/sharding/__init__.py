"""States distributed over ranks: layouts, routes and exchanges."""

from hybrid.sharding.group import Group, Transfer
from hybrid.sharding.layout import Layout, Move
from hybrid.sharding.passes import Passes, TwoStates
from hybrid.sharding.route import Route, most_distributed, plan_route

__all__ = [
    "Group",
    "Layout",
    "Move",
    "Passes",
    "Route",
    "Transfer",
    "TwoStates",
    "most_distributed",
    "plan_route",
]
