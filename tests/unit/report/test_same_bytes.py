from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "surroundings",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Pacific/Apia", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "77", "TZ": "America/Los_Angeles", "SOURCE_DATE_EPOCH": "86400"},
    ],
)
def test_the_same_report_gives_the_same_bytes_elsewhere(
    written: dict[str, bytes], surroundings: dict[str, str], tmp_path: Path
) -> None:
    script = Path(__file__).with_name("invented_report.py")
    done = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | surroundings,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert dict(line.split() for line in done.stdout.splitlines()) == {
        name: hashlib.sha256(content).hexdigest() for name, content in written.items()
    }
