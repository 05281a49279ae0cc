"""Measurable residual disease by flow cytometry, PCR or sequencing, each run with its own limit."""
