"""The page of the result rows: every column, every state."""

from __future__ import annotations

from typing import get_args

from pages.markdown import page, prose, table
from sequela.stats import results

COLUMNS = {
    "exhibit": "the id of the exhibit that made the row",
    "set": "the set of patients",
    "group": "empty for the whole set, else `column=value`, such as `site=North`",
    "contrast": "what is compared with what, for a comparison",
    "variable": "the column or endpoint",
    "level": "the category, for a count or a share",
    "time": "the time at which it holds, in the study's unit",
    "statistic": "what the number is, such as `median` or `survival`",
    "value": "the number, not rounded; blank unless `state` is `ok`",
    "state": "whether there is a number, and if not, why",
    "n": "how many patients had a value",
    "n_missing": "how many had none, because the chart does not say",
    "n_not_evaluable": "how many had none, because it could not be judged",
    "n_not_applicable": "how many had none, because it does not apply to them",
    "method": "how the number was made, with its variant",
    "error": "why there is no number",
}

STATES = {
    "ok": "there is a number",
    "not_reached": "it lies beyond what was observed, as a median that fewer than half reached",
    "not_estimable": "the data cannot give it; `error` says why",
    "refused": "one number would mislead, or the intervals leave it open; `error` says why",
}

ENDINGS = {
    "_ci_low, _ci_high": "the ends of the 95 % confidence interval of the statistic before it: "
    "`median_ci_low`",
    "_low_bound, _high_bound": "the least and the greatest that the statistic can be, given values "
    "that are known only between two ends: `median_low_bound`",
}


def results_page() -> str:
    """docs/reference/results.md; KeyError when a column or a state has no words."""
    key = [(f"`{n}`", COLUMNS[n]) for n in results.KEY]
    rest = [(f"`{n}`", COLUMNS[n]) for n in results.columns() if n not in results.KEY]
    states = [(f"`{s}`", STATES[s]) for s in get_args(results.State)]
    return page(
        "Result rows",
        "Every number of a study is a row of `results`. Tables, sentences and the audit read "
        "these rows and nothing else. A number that cannot be computed is a row too, with a state "
        "and a reason.",
        prose(results.__doc__),
        "## The key",
        "Together these are unique within a study.",
        table(("column", "what"), key),
        "## The number",
        table(("column", "what"), rest),
        "`n + n_missing + n_not_evaluable + n_not_applicable` is the size of set and group, "
        "always.",
        "## States",
        table(("state", "meaning"), states),
        "## Endings of a statistic's name",
        table(("ending", "meaning"), [(f"`{e}`", m) for e, m in ENDINGS.items()]),
    )
