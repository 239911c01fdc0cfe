"""Tools for simulators that run whole circuits: lowering, measurement groups, shift rules."""
