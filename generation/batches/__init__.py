"""Catalogue runs: asked for as one, written in small steps, followed, paused and taken back."""
