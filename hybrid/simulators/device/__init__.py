"""Qiskit backends and samplers: devices, their simulators, and simulators of other vendors."""
