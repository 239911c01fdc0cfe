"""Engines that run a workload: ours, and its peers as their documentation recommends.

Each module has ``prepare(workload, gradient, **options) -> Task``; options are our engine's only.
"""
