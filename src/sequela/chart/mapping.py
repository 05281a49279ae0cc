"""A mapping as data: how the sheets as they came become the tables of the chart.

`mapping.toml` stands beside `study.toml`. Its `[sources]` name the sheets, its `[codes]` the code
lists, and each `[[rows]]` says of one source which chart rows a source row gives. Nothing here is
guessed when a study is run: what the mapping does not say is a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

FILE = "mapping.toml"
REPEAT = "{n}"

Words = Annotated[tuple[str, ...], BeforeValidator(lambda v: (v,) if isinstance(v, str) else v)]
Numbers = Annotated[tuple[int, ...], BeforeValidator(lambda v: (v,) if isinstance(v, int) else v)]
Text = Annotated[str, BeforeValidator(lambda v: str(v) if _plain_number(v) else v)]


def _plain_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Part(BaseModel):
    """A part of a mapping: frozen, and strict about its keys, so that a typo is never silent."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Link(Part):
    """Where the patients' numbers stand when a sheet knows its patients by another number."""

    source: str = Field(description="the source that has both numbers")
    column: str = Field(description="its column with the number that this sheet uses")


class Source(Part):
    """A sheet as it came; it is read, and never written to."""

    file: str = Field(description="the file, as seen from the study's folder")
    sheet: str = Field("", description="the sheet of a workbook, or the form of a REDCap export")
    header: Numbers = Field(
        (), description="the row, or rows, of a workbook that name the columns; else it is found"
    )
    patient_id: str = Field(
        description="the column with the patients' numbers; `[row]` takes the numbers of the rows"
    )
    pseudonyms: str = Field(
        "",
        description="the file with a study number for each number in `patient_id`, where that "
        "tells who somebody is; `sequela number` adds new ones to it",
    )
    link: Link | None = Field(None, description="where these numbers are another's numbers")
    missing: Words = Field((), description="what stands for unknown in every column of the sheet")
    left_out: Words = Field((), description="columns that are left out on purpose")
    passed_over: Numbers = Field((), description="rows that are no records, such as totals")
    dates_checked: str | Mapping[str, str] = Field(
        default={},
        description="who compared dates that a spreadsheet program may have swapped with the "
        "record, and when: for the whole sheet, or by column",
    )
    fill_merged: bool = Field(
        False, description="whether the value of merged cells holds in each of their rows"
    )
    delimiter: str = Field("", description="what separates the cells of a text file")
    encoding: str = Field("", description="the encoding of a text file")
    decimal_comma: bool | None = Field(None, description="whether 3,5 means 3.5 in a text file")
    dictionary: str = Field("", description="the data dictionary of a REDCap export")


class DateParts(Part):
    """A date that stands in several columns; without a day or month it is known less exactly."""

    year: str = Field(description="the column with the year, four digits")
    month: str = Field("", description="the column with the month, a number or its English name")
    day: str = Field("", description="the column with the day")


class Holds(Part):
    """A yes-or-no column that decides whether there is a chart row; blank makes none."""

    column: str = Field(alias="from", description="the source column")
    yes: Words = Field(description="the words that make a chart row")
    no: Words = Field((), description="the words that make none; any other word is a finding")


class Cell(Part):
    """What stands in one column of the chart rows: a constant, or a source column and a rule."""

    column: str = Field("", alias="from", description="the source column; `[K]` is column K")
    value: Text = Field("", description="a constant")
    parts: DateParts | None = Field(None, description="a date put together from several columns")
    position: int | None = Field(
        None, description="the number of the repeat or of the split part, the first having this one"
    )
    missing: Words = Field((), description="what else stands for unknown in this column")
    blank: Text = Field("", description="what a blank cell stands for; by default it is unknown")
    positive_from: float | None = Field(
        None,
        description="from which number on a result is positive; `<` of that or less is negative, "
        "words go through `codes`",
    )
    split: str = Field("", description="what separates several values in one cell: a row each")
    codes: str | Mapping[str, str] = Field(
        default={}, description="a code list, or the name of one of `[codes]`"
    )
    others: Literal["refuse", "keep"] = Field(
        "refuse", description="what happens to text that the code list does not have"
    )
    yes: Words = Field((), description="the words for yes")
    no: Words = Field((), description="the words for no")
    dates: Words = Field(
        (), description="how dates are written, such as DD/MM/YYYY; 2019-03-14 is always read"
    )
    first_year: int | None = Field(
        None, description="the first of the hundred years that two-digit years lie in"
    )
    unknown_part: Words = Field(
        (), description="what stands for an unknown day or month within a date, such as UN"
    )
    time: Literal["", "days", "weeks", "months", "years"] = Field(
        "", description="the unit of a bare number that is a time or a length of time"
    )
    before: bool = Field(False, description="whether the time counts backwards from time zero")
    unit: str = Field("", description="the unit as charted")
    unit_column: str = Field("", description="the source column with the unit as charted")
    to: str = Field("", description="the unit of the chart; blank leaves the number as it is")
    of: str = Field("", description="what was measured; by default the constant of `name`")

    @model_validator(mode="after")
    def _one_origin(self) -> Cell:
        given = [bool(self.column), bool(self.value), bool(self.parts), self.position is not None]
        if sum(given) != 1:
            raise ValueError("give one of `from`, `value`, `parts` and `position`")
        if self.to and not (self.unit or self.unit_column):
            raise ValueError("`to` needs the unit as charted: `unit` or `unit_column`")
        return self

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The source columns that make the value, in order; none for a constant."""
        if self.parts:
            return tuple(c for c in (self.parts.year, self.parts.month, self.parts.day) if c)
        return tuple(c for c in (self.column, self.unit_column) if c)


class Rows(Part):
    """Chart rows that one source gives: at most one a source row, repeat and split value.

    A row is made where any of its source columns is filled; `needs`, `holds` and `where` narrow
    that. A row that has constants only is made for every source row, or for every yes of `holds`.
    """

    name: str = Field("", description="what these rows are, in a word or two")
    table: str = Field(description="the chart table")
    source: str = Field(description="one of `[sources]`")
    columns: Mapping[str, Cell] = Field(description="the chart columns")
    needs: Words = Field((), description="source columns that must be filled")
    holds: Holds | None = Field(None, description="a yes-or-no column that decides")
    where: str = Field("", description="SQL condition on the source columns, all of them text")
    repeat: Words = Field(
        (), description="what stands for {n} in the names of repeated columns, one after another"
    )
    once: bool = Field(False, description="whether equal rows of a patient are one row")

    def repeats(self) -> Iterator[tuple[int, Rows]]:
        """The rows of each repeat, with its place; those without repeat are one."""
        if not self.repeat:
            yield 0, self
        for place, word in enumerate(self.repeat):
            yield place, _filled_in(self, word)


def _filled_in(rows: Rows, word: str) -> Rows:
    """The rows of one repeat, with the word in every place of {n}."""
    data = rows.model_dump(by_alias=True, exclude_unset=True)
    return Rows.model_validate(_replaced(data | {"repeat": ()}, word))


def _replaced(data: Any, word: str) -> Any:
    if isinstance(data, str):
        return data.replace(REPEAT, word)
    if isinstance(data, Mapping):
        return {key: _replaced(value, word) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_replaced(value, word) for value in data]
    return data


class MappingDefinition(Part):
    """A whole mapping file."""

    rows_from: Words = Field(
        (), description="spreadsheets (.csv, .xlsx) with more rows, a line a source column"
    )
    sources: Mapping[str, Source] = Field(default={}, description="the sheets, each with a name")
    codes: Mapping[str, Mapping[str, str]] = Field(
        default={}, description="code lists that several columns share"
    )
    rows: tuple[Rows, ...] = Field((), description="the chart rows that the sources give")


def mapping_schema() -> dict[str, Any]:
    """The JSON Schema of a mapping file, for editors that complete and check TOML."""
    return MappingDefinition.model_json_schema(by_alias=True)
