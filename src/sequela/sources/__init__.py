"""Bytes as they come: every reader gives text and where it stood, and guesses nothing."""
