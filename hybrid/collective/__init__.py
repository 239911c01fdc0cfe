"""Collective calls: prepare on every rank, agree, run."""
