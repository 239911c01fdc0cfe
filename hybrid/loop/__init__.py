"""The optimizer loop, what it records, and how a run is resumed from its record."""
