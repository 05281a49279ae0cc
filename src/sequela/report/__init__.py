"""The report: ordered blocks, and their writers for HTML, Word and PDF."""
