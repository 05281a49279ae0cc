"""What the keys of study.toml say whose models give no words for them.

`key` holds for every model that has the key, `Model.key` for one of them.
"""

from __future__ import annotations

WORDS_OF_SQL = "SQL condition on the rows of the table"

MEANING: dict[str, str] = {
    "title": "the heading in the report",
    "time_unit": "the unit of all times to an event",
    "design": "what kind of study it is, for the Methods",
    "label": "how the report calls it",
    "Eligibility.where": "SQL condition over the study's columns that every patient must satisfy",
    "SetDefinition.where": "SQL condition over the study's columns",
    "Condition.where": "SQL condition over the columns that stand above this one",
    "where": WORDS_OF_SQL,
    "table": "the chart table",
    "column": "the column of that table",
    "FollowUp.column": "the study's column with the length of follow-up",
    "ProportionRow.column": "a column of the study",
    "Table1Row.column": "a column of the study",
    "pick": "which of several rows",
    "separator": "what stands between the values",
    "Recode.from": "the column whose values get other names",
    "codes": "the new name of every value",
    "Age.at": "the moment at which the age holds",
    "at": "times, in the study's unit, at which the estimate is given",
    "Interval.from": "the moment it starts at",
    "to": "the moment it ends at",
    "unit": "the unit of the number",
    "unknown_counts_as": "what a condition on a missing value counts as; blank keeps it unknown",
    "drug": "the drug, as the chart names it",
    "measure": "what is added up",
    "source": "whose judgement it is",
    "what": "which judgement: response, or measurable residual disease (MRD)",
    "measures": "the measurements that show how much disease there is",
    "products": "measures that are the product of two others of the same day",
    "minimum_fold": "by how much the burden must fall to count as regression",
    "part": "which number of the series that decided",
    "Product.name": "what to call the product",
    "Product.unit": "its unit",
    "sets": "the sets that get a box each",
    "width_cm": "width of the figure in centimetres: 8.0, 11.5 or 17.0",
    "by": "the column whose groups are shown beside the whole",
    "rows": "the lines, in their order",
    "columns": "the study's columns, in their order",
    "interval": "how confidence intervals are computed",
    "endpoint": "the endpoint",
    "survivors": "the set of those who were alive at last contact",
    "figure": "whether to draw the curve",
    "group": "the column by which the lanes are grouped",
    "undated": "what to mark: on the axis where it has a time, else at the lane's edge",
    "show": "how a number is summed up",
    "level": "the category that is counted",
    "set": "whom it is counted in",
}
