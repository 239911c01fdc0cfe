"""Qiskit Aer: exact values, shots and noise."""
