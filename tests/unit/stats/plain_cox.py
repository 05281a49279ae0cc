"""The Cox model as the textbook writes it: loops over deaths, nothing clever."""

from __future__ import annotations

from itertools import combinations

import numpy as np


def denominators(time, event, entry=None, stratum=None, ties="efron", weight=None):
    """Every denominator: the rows at risk, the share of each that counts, its weight."""
    n = len(time)
    entry = np.full(n, -np.inf) if entry is None else np.asarray(entry)
    stratum = np.zeros(n) if stratum is None else np.asarray(stratum)
    weight = np.ones(n) if weight is None else np.asarray(weight, dtype=float)
    time, event = np.asarray(time, dtype=float), np.asarray(event)
    for s in np.unique(stratum):
        for t in np.unique(time[(event == 1) & (stratum == s)]):
            at_risk = (entry < t) & (time >= t) & (stratum == s)
            dying = (event == 1) & (time == t) & (stratum == s)
            deaths = int(dying.sum())
            for j in range(deaths):
                left = j / deaths if ties == "efron" else 0.0
                share = weight * (at_risk - left * dying)
                yield share, dying, weight[dying].sum() / deaths


def log_likelihood(beta, x, time, event, *, offset=0.0, **given):
    eta = x @ beta + offset
    weight = given.get("weight")
    weight = np.ones(len(eta)) if weight is None else np.asarray(weight, dtype=float)
    value = float(weight[np.asarray(event) == 1] @ eta[np.asarray(event) == 1])
    for share, _, w in denominators(time, event, **given):
        value -= w * np.log(share @ np.exp(eta))
    return value


def information(beta, x, time, event, *, offset=0.0, **given):
    eta = x @ beta + offset
    total = np.zeros((x.shape[1], x.shape[1]))
    for share, _, w in denominators(time, event, **given):
        p = share * np.exp(eta) / (share @ np.exp(eta))
        mean = p @ x
        total += w * ((x - mean).T * p @ (x - mean))
    return total


def penalised(beta, x, time, event, **given):
    determinant = np.linalg.det(information(beta, x, time, event, **given))
    return log_likelihood(beta, x, time, event, **given) + 0.5 * np.log(determinant)


def exact(beta, x, time, event):
    """The exact partial likelihood, by all sets of as many as died."""
    eta = x @ beta
    time, event = np.asarray(time), np.asarray(event)
    value = 0.0
    for t in np.unique(time[event == 1]):
        dying = np.flatnonzero((event == 1) & (time == t))
        at_risk = np.flatnonzero(time >= t)
        sums = [eta[list(group)].sum() for group in combinations(at_risk, dying.size)]
        value += eta[dying].sum() - np.log(np.exp(sums).sum())
    return value


def gradient(function, beta, step=1e-5):
    """The gradient by central differences."""
    beta = np.asarray(beta, dtype=float)
    sides = [(function(beta + step * e) - function(beta - step * e)) for e in np.eye(beta.size)]
    return np.array(sides) / (2 * step)


def example(seed, n=30, p=2, *, grid=8.0, delayed=False, strata=1):
    """An invented cohort with ties: covariates, time, event, entry, stratum."""
    random = np.random.default_rng(seed)
    x = np.column_stack([random.normal(size=n)] + [random.integers(0, 2, n) for _ in range(p - 1)])
    time = np.ceil(grid * random.exponential(np.exp(-0.5 * x[:, 0])))
    event = random.integers(0, 4, n) > 0
    entry = np.floor(random.uniform(0, 0.6, n) * time) if delayed else None
    stratum = random.integers(0, strata, n) if strata > 1 else None
    return x, time, event.astype(int), entry, stratum
