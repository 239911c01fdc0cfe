"""Vocabulary and checks that every package shares; imports nothing else of hybrid."""
