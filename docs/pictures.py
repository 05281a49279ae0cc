"""Make the pictures of the README from a real run of the published series.

Needs Chromium, as `chromium` on the PATH. Run it through `make pictures`.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from sequela.pipeline import run_study

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
LARGEST = 300_000

CHROMIUM = (
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
)


def photograph(page: Path, *, width: int, height: int) -> Image.Image:
    """A page as Chromium shows it at its top, in pixels."""
    with tempfile.TemporaryDirectory() as profile:
        shot = Path(profile) / "page.png"
        size = [f"--window-size={width},{height}", f"--screenshot={shot}"]
        command = [*CHROMIUM, f"--user-data-dir={profile}", *size, page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return Image.open(io.BytesIO(shot.read_bytes())).convert("RGB")


def keep(image: Image.Image, name: str) -> None:
    """Write a picture with a palette; raises ValueError when it is too large for a repository."""
    path = IMAGES / name
    image.quantize(128).save(path, optimize=True)
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{name} has {path.stat().st_size} bytes, more than {LARGEST}")


def main() -> int:
    """Run the study and keep the two pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        run_study(ROOT / "examples" / "lenalidomide", out)
        report = out / "patient-level" / "report.html"
        keep(photograph(report, width=1280, height=1400), "report.png")
        figure = Image.open(out / "patient-level" / "figures" / "os.png").convert("RGB")
        figure.thumbnail((1100, 1100), Image.Resampling.LANCZOS)
        keep(figure, "os.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
