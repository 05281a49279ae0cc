"""The two kinds of array that statistics pass around, and how many numbers are worked at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]

# So many numbers stay in the processor's cache through several steps; long arrays would not.
PIECE = 32_768
