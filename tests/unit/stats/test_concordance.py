"""Concordance by hand and by counting pairs."""

from __future__ import annotations

import numpy as np
import pytest

from sequela.stats.concordance import concordance
from sequela.stats.counting_process import build_counting_process


def process(time, event, **given):
    return build_counting_process(time, event, covariates=np.zeros(len(time)), **given)


def test_by_hand():
    # Events at 1 (score 3) and 2 (score 1); censored at 2 (score 2) and at 4 (score 3).
    # 1 against the others: 3 > 1 concordant, 3 > 2 concordant, 3 = 3 tied.
    # 2 against the censored at 2: 1 < 2 discordant; against 4: 1 < 3 discordant.
    found = concordance(process([1, 2, 2, 4], [1, 1, 0, 0]), [3, 1, 2, 3])
    assert (found.concordant, found.discordant, found.tied) == (2, 2, 1)
    assert found.concordance == 0.5


def test_two_events_at_one_time_make_no_pair():
    found = concordance(process([1, 1], [1, 1]), [2, 1])
    assert np.isnan(found.concordance)
    assert np.isnan(found.std_err)
    assert found.concordant + found.discordant + found.tied == 0


def test_scores_that_only_rounding_keeps_apart_are_tied():
    found = concordance(process([1, 2], [1, 0]), [0.3, 0.1 + 0.2])
    assert found.tied == 1


def counted(time, event, score, weight, entry, stratum):
    """Pairs, and the influence of each row, by looking at all of them."""
    n = len(time)
    kinds = np.zeros((n, 3))
    for i in range(n):
        for j in range(n):
            later = time[j] > time[i] or (time[j] == time[i] and not event[j])
            if not event[i] or not later or entry[j] >= time[i] or stratum[i] != stratum[j]:
                continue
            kind = 0 if score[i] > score[j] else 1 if score[i] < score[j] else 2
            kinds[i, kind] += weight[j]
            kinds[j, kind] += weight[i]
    return weight @ kinds / 2, kinds


@pytest.mark.parametrize("seed", range(6))
def test_equals_counting_all_pairs(seed):
    random = np.random.default_rng(seed)
    n = 45
    time, event = random.integers(1, 15, n).astype(float), random.integers(0, 2, n)
    score, weight = random.integers(0, 9, n) / 3, random.integers(0, 4, n).astype(float)
    entry = np.floor(time * random.uniform(0, 0.9, n)) if seed % 2 else np.zeros(n)
    stratum = random.integers(0, 3, n) if seed > 2 else np.zeros(n, dtype=int)
    rows = process(time, event, weights=weight, entry=entry, strata=stratum)
    found = concordance(rows, score)
    entered = np.where(entry > 0, entry, -1)
    pairs, kinds = counted(time, event, score, weight, entered, stratum)
    np.testing.assert_allclose([found.concordant, found.discordant, found.tied], pairs)
    somers = (pairs[0] - pairs[1]) / pairs.sum()
    influence = weight * (kinds[:, 0] - kinds[:, 1] - somers * kinds.sum(axis=1)) / pairs.sum()
    assert found.concordance == pytest.approx((somers + 1) / 2)
    assert found.std_err == pytest.approx(np.sqrt(np.sum(influence**2)) / 2)


def test_a_predictor_is_one_number_a_row():
    with pytest.raises(ValueError, match="predictor must be one finite number a row"):
        concordance(process([1, 2], [1, 0]), [1, np.nan])
