"""Invented cohorts from a stated model whose true effects are known; no patient in them exists."""
