"""Public calls that evaluate once: expectation values, states, samples, overlaps, maps."""
