"""Tables and figures: how rows and plain data look, and nothing about where they came from."""
