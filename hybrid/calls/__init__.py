"""The public calls that ask one question: expectation values, states, samples, maps."""
