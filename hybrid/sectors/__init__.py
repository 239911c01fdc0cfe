"""Symmetry sectors: the basis states that a program can reach, found from its conserved charges."""

from hybrid.sectors.find import NOTHING_CONSERVED, Sector, find_sector

__all__ = ["NOTHING_CONSERVED", "Sector", "find_sector"]
