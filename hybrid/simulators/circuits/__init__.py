"""What simulators that run whole circuits need: lowering, measured groups, shift rules."""
