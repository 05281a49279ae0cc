"""Exhibits: what a study shows. One file a kind: its definition, its rows, how it is shown."""
