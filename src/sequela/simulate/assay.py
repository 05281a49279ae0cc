"""What an assay counts: over-dispersed events out of a total, and what it could have found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sequela.simulate.histories import Flags, Floats
from sequela.simulate.model import POSITIVE_FROM, SimulationModel
from sequela.simulate.rows import Words

# A flow population is told from noise by so many events; a sequence by so many reads.
EVENTS_OF_A_POPULATION, READS_OF_A_CLONE = 20, 3


@dataclass(frozen=True, slots=True)
class Counted:
    """One run a patient: events counted, cells or reads in all, and the limit in percent."""

    events: Floats
    total: Floats
    limit: Floats

    @property
    def share(self) -> Floats:
        """The share in percent."""
        return self.events * 100 / self.total

    @property
    def state(self) -> Words:
        """The state of residual disease in words, exactly the threshold being positive."""
        found = np.where(self.share >= POSITIVE_FROM, "positive", "positive below the threshold")
        enough = self.limit <= POSITIVE_FROM
        absent = np.where(enough, "negative", "negative at a lower sensitivity")
        return np.where(self.events > 0, found, absent)


def count_events(
    share: Floats, total: Floats, least: Floats | float, cv: float, draw: np.random.Generator
) -> Counted:
    """Counts of a true share in percent: Poisson around a mean that varies by the assay's CV.

    That is the negative binomial distribution, with variance m + (cv m)^2 for a mean m. Fewer
    events than `least` are no population, and count as none.
    """
    varied = share * draw.gamma(1 / cv**2, cv**2, share.shape)
    events = draw.poisson(varied / 100 * total).astype(float)
    # Rounded down, so that what was just found does not lie under its own limit.
    limit = np.floor(np.asarray(least) * 1e8 / total) / 1e6
    return Counted(np.where(events >= least, events, 0), total, limit)


def count_residual(
    share: Floats, sequenced: Flags, model: SimulationModel, draw: np.random.Generator
) -> Counted:
    """Runs for residual disease: by flow 0.01 percent or worse, by sequencing a hundredth of it."""
    n = len(share)
    cells = draw.integers(200_000, 1_000_000, n)
    weak = draw.integers(30_000, 180_000, n)
    reads = draw.integers(3_000_000, 6_000_000, n)
    flow = np.where(draw.random(n) < model.weak_samples, weak, cells)
    total = np.where(sequenced, reads, flow).astype(float)
    least = np.where(sequenced, READS_OF_A_CLONE, EVENTS_OF_A_POPULATION).astype(float)
    return count_events(share, total, least, model.assay_cv, draw)
