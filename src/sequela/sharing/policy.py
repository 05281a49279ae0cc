"""The policies by which a study is de-identified, and what each does to the chart.

Safe Harbor is 45 CFR 164.514(b)(2)(i): no part of a date but the year, no age above 89, no place
smaller than a state (here the site), no number of a record. A date that is shifted is still a
date, so `shift` and `days` are not Safe Harbor by themselves: `days` has no dates, but its
intervals to the day may tell on a person whose course is known. Who shares decides that.
"""

from __future__ import annotations

from typing import Literal

Policy = Literal["safe-harbor", "days", "shift"]

OLDEST_AGE = 89
AGE_ABOVE = 90
LONGEST_SHIFT_DAYS = 364

IN_WORDS: dict[Policy, str] = {
    "safe-harbor": "dates are years, ages above 89 are 90, sites are numbered",
    "days": "dates are days from each patient's time zero, births are ages there, ages above 89 "
    "are 90",
    "shift": f"dates are moved back by 1 to {LONGEST_SHIFT_DAYS} days, the same for all of a "
    "patient's dates; ages above 89 are 90",
}
ALWAYS = (
    "Patients and samples have new random numbers. Notes are left out, and so are texts that look "
    "as if they told who a person is."
)
