"""What R answered about regressions (cox.csv), and the models it was asked about."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from sequela.stats.counting_process import CountingProcess, build_counting_process

HERE = Path(__file__).parent


@cache
def answers():
    """Values, groups and times by (id, quantity), in the order in which R gave them."""
    found = defaultdict(list)
    with (HERE / "cox.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            time = float(row["time"]) if row["time"] else np.nan
            value = float(row["value"]) if row["value"] else np.nan
            found[row["id"], row["quantity"]].append((row["group"], time, value))
    return dict(found)


def value(id, quantity, group=None):
    (only,) = [v for g, _, v in answers()[id, quantity] if group is None or g == group]
    return only


def values(id, quantity, group=None):
    return np.array([v for g, _, v in answers()[id, quantity] if group is None or g == group])


def times(id, quantity, group=None):
    return np.array([t for g, t, _ in answers()[id, quantity] if group is None or g == group])


def groups(id, quantity):
    return list(dict.fromkeys(g for g, _, _ in answers()[id, quantity]))


def asked(quantity):
    """The ids for which R was asked this."""
    return [id for id, what in answers() if what == quantity]


@cache
def columns(name):
    with (HERE / "data" / f"cox_{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {key: [row[key] for row in rows] for key in rows[0]}


def _number(text):
    try:
        return float(text) if text else np.nan
    except ValueError:
        return text


@dataclass
class Model:
    """A model that R was asked about; covariates are functions of the columns of its data."""

    data: str
    covariates: dict
    exit: object
    event: str
    entry: object = None
    strata: str = ""
    cluster: str = ""
    weights: object = None
    offset: object = None
    ties: str = "efron"
    terms: dict = field(default_factory=dict)

    def frame(self):
        """The columns as arrays, rows with a missing value in use left out."""
        raw = {k: np.array([_number(v) for v in c]) for k, c in columns(self.data).items()}
        made = {"x": self.matrix(raw), "exit": _of(self.exit, raw)}
        for name in ("strata", "cluster"):
            if getattr(self, name):
                made[name] = raw[getattr(self, name)]
        known = np.ones(len(made["exit"]), dtype=bool)
        for column in made.values():
            if column.dtype.kind == "f":
                known &= ~np.isnan(column.reshape(len(known), -1)).any(axis=1)
        return {k: c[known] for k, c in raw.items()}

    def matrix(self, raw):
        return np.stack([np.asarray(_of(f, raw), dtype=float) for f in self.covariates.values()], 1)

    def process(self, order=None) -> CountingProcess:
        raw = self.frame()
        if order is not None:
            raw = {k: c[order] for k, c in raw.items()}
        return build_counting_process(
            _of(self.exit, raw),
            raw[self.event],
            covariates=self.matrix(raw),
            entry=None if self.entry is None else _of(self.entry, raw),
            strata=raw[self.strata] if self.strata else None,
            cluster=raw[self.cluster] if self.cluster else None,
            weights=None if self.weights is None else _of(self.weights, raw),
            offset=None if self.offset is None else _of(self.offset, raw),
        )


def _of(what, raw):
    return raw[what] if isinstance(what, str) else what(raw)


def _plain(*names):
    return {name: name for name in names}


def _is(column, level):
    return lambda raw: (raw[column] == level).astype(float)


_LUNG = {"data": "lung", "exit": "time", "event": "status"}
_HEART = {"data": "heart", "exit": "stop", "event": "event", "entry": "start"}
_PBC = {"data": "pbc", "exit": "time", "event": "dead"}
_CELLS = {f"celltype{c}": _is("celltype", c) for c in ("smallcell", "adeno", "large")}

MODELS = {
    **{
        f"lung:{ties}": Model(**_LUNG, covariates=_plain("age", "sex", "ph.ecog"), ties=ties)
        for ties in ("efron", "breslow", "exact")
    },
    "lung:strata": Model(**_LUNG, covariates=_plain("age", "ph.ecog"), strata="sex"),
    "lung:weights": Model(
        **_LUNG, covariates=_plain("age", "sex"), weights=lambda r: 1 + (r["age"] > 60)
    ),
    "lung:fractional": Model(
        **_LUNG, covariates=_plain("age", "sex"), weights=lambda r: 0.3 + r["age"] / 100
    ),
    "lung:offset": Model(**_LUNG, covariates=_plain("sex"), offset=lambda r: r["age"] / 50),
    "lung:interaction": Model(
        **_LUNG,
        covariates=_plain("sex", "ph.ecog", "age")
        | {"sex:ph.ecog": lambda r: r["sex"] * r["ph.ecog"]},
    ),
    "lung:cluster": Model(**_LUNG, covariates=_plain("age", "sex"), cluster="inst"),
    "lung:delayed": Model(
        **_LUNG, covariates=_plain("age", "sex"), entry=lambda r: np.floor(r["time"] / 4)
    ),
    "veteran": Model(
        data="veteran",
        exit="time",
        event="status",
        covariates=_plain("trt") | _CELLS | _plain("karno", "age"),
        terms={"trt": [0], "celltype": [1, 2, 3], "karno": [4], "age": [5]},
    ),
    "ovarian": Model(
        data="ovarian",
        exit="futime",
        event="fustat",
        covariates=_plain("age", "rx", "resid.ds", "ecog.ps"),
    ),
    **{
        f"aml:{ties}": Model(
            data="aml", exit="time", event="status", covariates=_plain("x"), ties=ties
        )
        for ties in ("efron", "breslow", "exact")
    },
    "heart": Model(**_HEART, covariates=_plain("age", "year", "surgery", "transplant")),
    "heart:breslow": Model(
        **_HEART, covariates=_plain("age", "year", "surgery", "transplant"), ties="breslow"
    ),
    "heart:cluster": Model(**_HEART, covariates=_plain("transplant"), cluster="id"),
    "pbc": Model(**_PBC, covariates=_plain("trt", "age", "edema", "logbili", "albumin")),
    "pbc:strata": Model(**_PBC, covariates=_plain("trt", "age", "logbili"), strata="stage"),
    "gbsg": Model(
        data="gbsg",
        exit="rfstime",
        event="status",
        covariates=_plain("age", "size", "grade", "nodes", "pgr", "hormon"),
    ),
    "bladder2": Model(
        data="bladder2",
        exit="stop",
        event="event",
        entry="start",
        covariates=_plain("rx", "number", "size"),
        strata="enum",
        cluster="id",
    ),
    "colon": Model(
        data="colon",
        exit="time",
        event="status",
        covariates={"rxLev": _is("rx", "Lev"), "rxLev+5FU": _is("rx", "Lev+5FU")} | _plain("node4"),
        strata="etype",
        cluster="id",
        terms={"rx": [0, 1], "node4": [2]},
    ),
    "mgus2:age": Model(
        data="mgus2",
        exit=lambda r: r["age"] + r["futime"] / 12,
        event="death",
        entry="age",
        covariates=_plain("male", "mspike"),
    ),
}
