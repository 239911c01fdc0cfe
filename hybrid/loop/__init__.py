"""The optimizer loop, its journal, and resuming from the journal."""
