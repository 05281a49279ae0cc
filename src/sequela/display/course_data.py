"""One patient's course as plain data: readings by measure, drugs, and what happened when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One measurement on a day of the patient's own clock.

    Exactly one of: `value`; `low` with or without `high` (an interval, or `at least low`);
    `detected=False`, with `limit` of detection where it is known. Raises ValueError otherwise,
    and for numbers that are not above zero, which a log scale cannot show: a count of none is
    `detected=False`.
    """

    day: float
    value: float | None = None
    low: float | None = None
    high: float | None = None
    detected: bool = True
    limit: float | None = None

    def __post_init__(self) -> None:
        forms = (self.value is not None, self.low is not None, not self.detected)
        if sum(forms) != 1 or (self.high is not None and self.low is None):
            raise ValueError("A reading is a value, an interval, or not detected: one of them.")
        if any(number <= 0 for number in self.numbers):
            raise ValueError("A reading on a log scale is above zero, or not detected.")

    @property
    def numbers(self) -> tuple[float, ...]:
        """The numbers that the reading puts on the axis."""
        known = (self.value, self.low, self.high)
        return tuple(number for number in known if number is not None)


@dataclass(frozen=True, slots=True)
class Series:
    """Readings that may be joined: one measure, method, specimen and denominator."""

    label: str
    readings: tuple[Reading, ...]

    def __post_init__(self) -> None:
        if not self.readings:
            raise ValueError("A series needs at least one reading.")


@dataclass(frozen=True, slots=True)
class CoursePanel:
    """One measure with one unit or denominator, such as `% of WBC`, in one or more series."""

    measure: str
    unit: str
    series: tuple[Series, ...]

    @property
    def readings(self) -> Iterator[Reading]:
        """All readings of the panel."""
        return (reading for series in self.series for reading in series.readings)

    @property
    def has_undetected(self) -> bool:
        """Whether any reading is below detection."""
        return any(not reading.detected for reading in self.readings)


@dataclass(frozen=True, slots=True)
class DrugBar:
    """A stretch on a drug; an unknown start or stop runs to the edge of the figure."""

    drug: str
    start: float | None
    stop: float | None


@dataclass(frozen=True, slots=True)
class CourseMoment:
    """Something that happened on a day, shown as a line through all panels."""

    day: float
    label: str
    kind: Literal["withdrawal", "therapy", "other"] = "other"


@dataclass(frozen=True, slots=True)
class Course:
    """One patient's course in days of the patient's own clock."""

    label: str
    panels: tuple[CoursePanel, ...]
    drugs: tuple[DrugBar, ...] = ()
    moments: tuple[CourseMoment, ...] = ()
    x_label: str = "Days from first measurement"

    def __post_init__(self) -> None:
        if not self.panels or not all(panel.series for panel in self.panels):
            raise ValueError("A course needs at least one panel, and each panel a series.")

    @property
    def days(self) -> tuple[float, float]:
        """The first and the last day on which anything is known."""
        days = [reading.day for panel in self.panels for reading in panel.readings]
        days += [moment.day for moment in self.moments]
        days += [day for drug in self.drugs for day in (drug.start, drug.stop) if day is not None]
        return min(days), max(days)
