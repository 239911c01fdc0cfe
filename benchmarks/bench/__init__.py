"""Side-by-side benchmarks: the same workload, here and in its peers, in alternating runs."""
