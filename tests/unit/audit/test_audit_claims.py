from decimal import Decimal

import pytest

from sequela.audit import read_claims

GOOD = """
[[claim]]
id = "age"
kind = "summary"
where = "Table 1"
about = "age"
median = 141.0
max = 150
from = { variable = "age" }
"""


@pytest.fixture
def read(tmp_path):
    def from_text(text):
        path = tmp_path / "published.toml"
        path.write_text(text, encoding="utf-8")
        return read_claims(path)

    return from_text


def test_a_number_keeps_the_decimals_it_is_printed_with(read):
    (claim,), findings = read(GOOD)
    assert findings == []
    assert str(claim.median) == "141.0"
    assert claim.max == Decimal(150)


def test_an_unknown_key_is_named_with_its_claim_and_line(read):
    claims, (finding,) = read(GOOD.replace("median", "meadian"))
    assert claims == []
    assert finding.place == "published.toml, row 7"
    assert finding.message == "Claim 'age' has a key 'meadian' that is not known."
    assert finding.remedy == "Did you mean 'median'?"


def test_an_unknown_key_of_a_link_is_looked_up_among_the_keys_of_links(read):
    _, (finding,) = read(GOOD.replace("{ variable", '{ wher = "x", variable'))
    assert finding.message == "Claim 'age' has a key 'wher' that is not known in 'from'."
    assert finding.remedy == "Did you mean 'where'?"


def test_an_item_is_named_by_its_place(read):
    text = """
[[claim]]
id = "sex"
kind = "percent"
where = "Table 1"
about = "sex"
of = 3
items = [
  { label = "male", n = 1 },
  { lable = "female", n = 2 },
]
derivable = "no"
reason = "it is lost"
"""
    _, findings = read(text)
    messages = {f.message for f in findings}
    assert messages == {
        "Claim 'sex' has no 'label' in item 2.",
        "Claim 'sex' has a key 'lable' that is not known in item 2.",
    }
    assert {f.row for f in findings if "lable" in f.message} == {10}


@pytest.mark.parametrize(
    ("old", "new", "message", "remedy"),
    [
        ('"summary"', '"sumary"', "'sumary' is not a kind of claim", "Did you mean 'summary'?"),
        ('kind = "summary"\n', "", "Claim 'age' has no 'kind'", "Known here:"),
        ('where = "Table 1"\n', "", "Claim 'age' has no 'where'", "Add 'where'."),
        ("141.0", '"many"', "'median' cannot be read", "Correct 'median'."),
        ('from = { variable = "age" }', "", "has no `from`", "Complete the claim."),
        ("[[claim]]", "[paper]\n[[claim]]", "a section 'paper'", "Known here: article, claim."),
        ('about = "age"', 'about = "age"\nsame_as = "aeg"', "is no claim here", "mean 'age'?"),
        (
            'about = "age"',
            'about = "age"\nat_most = { claim = "age", this = "n" }',
            "shares no number to compare",
            "Name the two numbers",
        ),
        ("[[claim]]", "[[claim]", "is not valid TOML", "Correct that line."),
    ],
)
def test_each_complaint_says_what_and_what_to_do(read, old, new, message, remedy):
    _, findings = read(GOOD.replace(old, new, 1))
    assert any(message in f.message and remedy in f.remedy for f in findings), findings


def test_all_complaints_come_at_once_and_good_claims_are_kept(read):
    bad = GOOD.replace('"age"\n', '"other"\n', 1)
    text = GOOD + bad.replace("median", "x") + bad.replace("max", "y")
    claims, findings = read(text)
    assert [claim.id for claim in claims] == ["age"]
    assert len(findings) == 2


def test_two_claims_of_one_name(read):
    _, (finding,) = read(GOOD + GOOD)
    assert finding.message == "Two claims have the id 'age'."
    assert finding.row == 11


def test_an_item_that_another_claim_does_not_have(read):
    text = (
        GOOD
        + """
[[claim]]
id = "sex"
kind = "count"
where = "Table 1"
about = "sex"
items = [{ label = "male", n = 1 }]
derivable = "no"
reason = "it is lost"
[[claim]]
id = "men"
kind = "count"
where = "Results"
about = "men"
n = 1
same_as = "sex#mail"
derivable = "no"
reason = "it is lost"
"""
    )
    _, (finding,) = read(text)
    assert "names the item 'mail', which 'sex' has not" in finding.message
    assert finding.remedy == "Did you mean 'male'?"


def test_a_month_that_is_not_on_the_calendar(read):
    text = """
[[claim]]
id = "w"
kind = "period"
where = "Methods"
about = "accrual"
start = "2014-13"
end = "2015"
derivable = "no"
reason = "dates are not in the chart"
"""
    _, (finding,) = read(text)
    assert "'start' cannot be read" in finding.message


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    _, (gone,) = read_claims(tmp_path / "published.toml")
    assert gone.message == "published.toml cannot be opened."
    path = tmp_path / "latin.toml"
    path.write_bytes("about = 'Müller'".encode("latin-1"))
    _, (encoding,) = read_claims(path)
    assert encoding.message == "latin.toml is not UTF-8 text: byte 10 does not fit."


def test_a_file_without_claims(read):
    _, (finding,) = read("")
    assert finding.code == "claims-none"
