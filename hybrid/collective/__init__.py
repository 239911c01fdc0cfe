"""How all ranks make one call together: prepare, agree, run."""
