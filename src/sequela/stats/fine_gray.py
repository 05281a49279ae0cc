"""Fine-Gray regression of the subdistribution hazard of one cause.

Whoever had a competing event stays in the risk set with weight G(t-) / G(X-), G the
Kaplan-Meier estimate of not being censored and X the time of that event; ties as Breslow.
With e = exp(zb), d events of the cause at t, and S0, S1 the weighted sums of e and e z over
the risk set:

    score        sum over events of z - S1 / S0
    information  sum over t of d (S2 / S0 - (S1 / S0)(S1 / S0)')
    variance     I^-1 (sum over people of (eta + psi)(eta + psi)') I^-1

where eta is a person's own share of the score and psi what that person's censoring moves
through G. Weights depend on G alone, so all sums run over the distinct times once. Where
censoring differs between groups, G is estimated in each. Strata, delayed entry and
coefficients that change with time are had from the rows of `build_fine_gray_rows`. Source:
Fine and Gray, J Am Stat Assoc 1999;94:496, whose program is `crr` of R's cmprsk. At time 0
`crr` takes G(0) for G(0-); elsewhere the numbers are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sequela.stats.confidence_band import normal_quantile
from sequela.stats.estimand import Estimand
from sequela.stats.labels import Labels, read_labels
from sequela.stats.maximisation import Evaluation, invert, maximise
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats, Ints, build_risk_tables
from sequela.stats.score_test import two_sided_p_value


@dataclass(frozen=True, slots=True)
class FineGrayFit:
    """Coefficients (p,) on the log subdistribution hazard, and their variance (p, p).

    `infinite` (p,) marks coefficients that the data push beyond every bound; all is NaN
    where the information is singular. `log_likelihood` is the log pseudo-likelihood.
    """

    names: tuple[str, ...]
    coefficients: Floats
    variance: Floats
    log_likelihood: float
    events: int
    infinite: NDArray[np.bool_]
    converged: bool


@dataclass(frozen=True, slots=True)
class _People:
    """Rows of time, kind of exit and centred covariates; per time, events and censoring.

    `row` (N,) points into the T distinct times. `of_cause`, `competed` are (N,) marks.
    `weight_later` (N,) is 1 / G(X-) for those who competed and 0 for the others. `died` is
    (T,). `kind` (N,) is whose G is a person's; by it, (kinds, T): `free` = G(t-), `censored`
    and `at_risk`, which the censoring terms need.
    """

    row: Ints
    of_cause: NDArray[np.bool_]
    competed: NDArray[np.bool_]
    censored_here: NDArray[np.bool_]
    covariates: Floats
    weight_later: Floats
    died: Floats
    kind: Ints
    free: Floats
    censored: Floats
    at_risk: Floats

    def over_later(self, values: Floats) -> Floats:
        """Sums (T, ...) of values (N, ...) over those with X >= t."""
        return _onwards(_by_time(self.row, values, self.died.size))

    def over_competed(self, values: Floats, kind: int) -> Floats:
        """Sums (T, ...) of values / G(X-) over those of a kind who competed before t."""
        mine = self.kind == kind
        weighted = (self.weight_later[mine] * values[mine].T).T
        total = np.cumsum(_by_time(self.row[mine], weighted, self.died.size), axis=0)
        return np.concatenate((np.zeros_like(total[:1]), total[:-1]))

    def at_weight(self, values: Floats) -> Floats:
        """Sums (T, ...) of values with weight over all who had a competing event before t."""
        parts = [
            (free * self.over_competed(values, kind).T).T for kind, free in enumerate(self.free)
        ]
        total: Floats = np.sum(parts, axis=0)
        return total


@dataclass(frozen=True, slots=True)
class _RiskSums:
    """At one b: e (N,), S0 (T,), mean covariate (T, p) and hazard steps d / S0 (T,)."""

    relative: Floats
    s0: Floats
    mean: Floats
    step: Floats


def fine_gray(
    exit_time: ArrayLike,
    event: ArrayLike,
    covariates: ArrayLike,
    *,
    names: Sequence[str],
    cause: int = 1,
    censoring: Sequence[str] | NDArray[Any] | Labels | None = None,
) -> FineGrayFit:
    """The fit of the covariates (N, p) to the cumulative incidence of the event code `cause`.

    `event` (N,) is 0 for censored and 1.. for the causes. Censoring must not depend on the
    covariates; where it differs between groups, `censoring` (N,) names them and each has its
    own, as `crr(cengroup = )`. Nothing may be null. ValueError when arrays do not fit
    together, a value is missing, or nobody had the cause.
    """
    given = np.asarray(covariates, dtype=float)
    if given.ndim != 2 or given.shape[1] != len(names) or not bool(np.all(np.isfinite(given))):
        raise ValueError("covariates needs one finite column a name; count the absent before.")
    people = _people(exit_time, event, given, cause, censoring)
    zero = np.zeros(len(names))
    reach = np.maximum(np.abs(people.covariates).max(axis=0), 1e-300)
    best = maximise(lambda b: _evaluate(people, b), zero, reach=reach)
    return FineGrayFit(
        names=tuple(names),
        coefficients=best.estimate,
        variance=_sandwich(people, best.estimate, best.at.information),
        log_likelihood=best.at.log_likelihood,
        events=int(people.of_cause.sum()),
        infinite=best.infinite,
        converged=best.converged,
    )


def compare_subdistribution_hazards(
    fit: FineGrayFit,
    *,
    n: int,
    variable: str,
    contrast: str = "",
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """The fit as rows, with each covariate as `level`.

    Statistics: `fine_gray_coefficient`, `fine_gray_std_err`, `subdistribution_hazard_ratio`
    and its `_ci_low`, `_ci_high`, `_p_value` (Wald, robust). A coefficient without a finite or
    unique estimate gives not estimable rows. Null cannot be in a fit: `absent` counts it.
    """
    method = f"Fine-Gray; robust variance; Wald {100 * conf_level:g} % CI"
    about = Estimand(variable=variable, contrast=contrast, n=n, absent=absent, method=method)
    rows: list[Row] = []
    for index, name in enumerate(fit.names):
        rows += _covariate_rows(fit, index, about.of_level(name), conf_level)
    return rows


def _covariate_rows(fit: FineGrayFit, index: int, about: Estimand, conf_level: float) -> list[Row]:
    ratio = "subdistribution_hazard_ratio"
    names = ["fine_gray_coefficient", "fine_gray_std_err", ratio]
    names += [f"{ratio}_ci_low", f"{ratio}_ci_high", f"{ratio}_p_value"]
    estimate, variance = float(fit.coefficients[index]), float(fit.variance[index, index])
    if bool(fit.infinite[index]) or not fit.converged or not variance > 0:
        reason = "the data do not fix a finite coefficient for this covariate"
        return [about.no_value(name, "not_estimable", reason) for name in names]
    std_err = float(np.sqrt(variance))
    half = normal_quantile(conf_level) * std_err
    limits = (np.exp(estimate), np.exp(estimate - half), np.exp(estimate + half))
    values = (estimate, std_err, *limits, two_sided_p_value(estimate / std_err))
    return [about.value(name, value) for name, value in zip(names, values, strict=True)]


def _people(
    exit_time: ArrayLike,
    event: ArrayLike,
    covariates: Floats,
    cause: int,
    censoring: Sequence[str] | NDArray[Any] | Labels | None,
) -> _People:
    code = np.asarray(event, dtype=float)
    if code.shape != covariates.shape[:1] or not bool(np.all((code >= 0) & (code % 1 == 0))):
        raise ValueError("event must be one whole code a person: 0 censored, 1.. the causes.")
    if not bool(np.any(code == cause)):
        raise ValueError(f"Nobody had the event {cause}, so nothing can be fitted to it.")
    exits = np.where(code == 0, 0, np.where(code == cause, 1, 2))
    table = build_risk_tables(exit_time, exits, causes=("cause", "other"))[""]
    row = np.searchsorted(table.time, np.asarray(exit_time, dtype=float), side="right") - 1
    kind = _kinds(censoring, exits.size)
    free, censored, at_risk = _censoring(row, exits == 0, kind, table.time.size)
    return _People(
        row=row,
        of_cause=exits == 1,
        competed=exits == 2,
        censored_here=exits == 0,
        covariates=covariates - covariates.mean(axis=0),
        weight_later=np.where(exits == 2, 1 / free[kind, row], 0.0),
        died=table.events[:, 0],
        kind=kind,
        free=free,
        censored=censored,
        at_risk=at_risk,
    )


def _kinds(censoring: Sequence[str] | NDArray[Any] | Labels | None, size: int) -> Ints:
    """Whose censoring is a person's, as codes (N,) all of which occur."""
    if censoring is None:
        return np.zeros(size, dtype=np.intp)
    labels = read_labels(censoring).used()
    if labels.code.size != size:
        raise ValueError("censoring must be one name a person, like exit_time.")
    return labels.code


def _censoring(
    row: Ints, censored_here: NDArray[np.bool_], kind: Ints, times: int
) -> tuple[Floats, Floats, Floats]:
    """G(t-), who is censored and who is at risk, by kind and time, (kinds, T)."""
    kinds = int(kind.max()) + 1
    cell = kind * times + row
    leaving = np.bincount(cell, minlength=kinds * times).reshape(kinds, times)
    censored = np.bincount(cell[censored_here], minlength=kinds * times).reshape(kinds, times)
    at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1].astype(float)
    kept = np.cumprod(1 - censored / np.maximum(at_risk, 1), axis=1)
    free = np.concatenate((np.ones((kinds, 1)), kept[:, :-1]), axis=1)
    return free, censored.astype(float), at_risk


def _by_time(row: Ints, values: Floats, times: int) -> Floats:
    """Sums of values (N,) or (N, p) over the rows of each time."""
    if values.ndim == 1:
        return np.bincount(row, values, times).astype(float)
    return np.stack([np.bincount(row, column, times) for column in values.T], axis=1)


def _risk_sums(people: _People, b: Floats) -> _RiskSums:
    relative = np.exp(people.covariates @ b)
    weighted = people.covariates * relative[:, np.newaxis]
    s0 = people.over_later(relative) + people.at_weight(relative)
    s1 = people.over_later(weighted) + people.at_weight(weighted)
    return _RiskSums(relative, s0, s1 / s0[:, np.newaxis], people.died / s0)


def _accrued(people: _People, steps: Floats) -> Floats:
    """What each person accrues (N, ...) of steps (T, ...) at risk, and later with weight."""
    accrued: Floats = np.cumsum(steps, axis=0)[people.row]
    for kind, free in enumerate(people.free):
        mine = people.kind == kind
        total = _onwards((free * steps.T).T)
        after = np.concatenate((total[1:], np.zeros_like(total[:1])))[people.row[mine]]
        accrued[mine] += (people.weight_later[mine] * after.T).T
    return accrued


def _evaluate(people: _People, b: Floats) -> Evaluation:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        sums = _risk_sums(people, b)
        accrued = sums.relative * _accrued(people, sums.step)
        mine = people.covariates[people.of_cause]
        log_likelihood = float((mine @ b).sum() - people.died @ np.log(sums.s0))
        score = mine.sum(axis=0) - people.died @ sums.mean
        square = (people.covariates * accrued[:, np.newaxis]).T @ people.covariates
        information = square - (sums.mean * people.died[:, np.newaxis]).T @ sums.mean
    return Evaluation(log_likelihood, score, information)


def _sandwich(people: _People, b: Floats, information: Floats) -> Floats:
    sums = _risk_sums(people, b)
    steps = sums.mean * sums.step[:, np.newaxis]
    own = (people.covariates - sums.mean[people.row]) * people.of_cause[:, np.newaxis]
    accrued = people.covariates * _accrued(people, sums.step)[:, np.newaxis]
    eta = own - sums.relative[:, np.newaxis] * (accrued - _accrued(people, steps))
    shares = eta + _censoring_shares(people, sums, steps)
    inverse = invert(information)
    variance: Floats = inverse @ (shares.T @ shares) @ inverse
    return variance


def _censoring_shares(people: _People, sums: _RiskSums, steps: Floats) -> Floats:
    """psi (N, p): what each person's censoring, or not being censored, moves through G.

    q(u) is the score still to come, from u on, of those who had a competing event before u; a
    censoring at u takes q / Y away from G's share, and those at risk give it back. At equal
    times this order is the one of `crr`.
    """
    shares = np.zeros_like(people.covariates)
    for kind, free in enumerate(people.free):
        mine, at_risk = people.kind == kind, np.maximum(people.at_risk[kind], 1)[:, np.newaxis]
        h0, h1 = _onwards(free * sums.step), _onwards(free[:, np.newaxis] * steps)
        c0 = people.over_competed(sums.relative, kind)
        c1 = people.over_competed(people.covariates * sums.relative[:, np.newaxis], kind)
        rate = (c1 * h0[:, np.newaxis] - c0[:, np.newaxis] * h1) / at_risk
        returned = np.cumsum(rate * people.censored[kind][:, np.newaxis] / at_risk, axis=0)
        row, here = people.row[mine], people.censored_here[mine, np.newaxis]
        shares[mine] = rate[row] * here - returned[row]
    return shares


def _onwards(values: Floats) -> Floats:
    """Sums (T, ...) of values over each time and those after it."""
    total: Floats = np.cumsum(values[::-1], axis=0)[::-1]
    return total
