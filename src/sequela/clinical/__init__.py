"""What haematology knows: from chart rows to derived columns, endpoints and verdicts."""
