"""The statistics of the Methods: what was done is said once, and nothing else is said."""

from __future__ import annotations

from sequela.report.methods_statistics import statistics_sentences


def test_only_what_was_done_is_said() -> None:
    assert statistics_sentences(["median", "minimum", "maximum"]) == [
        "Numbers are summarised by their median."
    ]


def test_two_scales_of_an_interval_are_named_in_one_sentence() -> None:
    methods = [
        "Kaplan-Meier; Greenwood; log-log 95 % CI",
        "Kaplan-Meier; Greenwood; log 95 % CI",
    ]
    assert statistics_sentences(methods) == [
        "Survival is estimated by Kaplan-Meier, its variance by Greenwood, with 95 % confidence "
        "intervals on the log-log and log scale."
    ]


def test_what_is_no_method_is_left_out() -> None:
    assert statistics_sentences(["count", "refused", "members of the set"]) == []


def test_a_method_without_a_sentence_of_its_own_is_still_named() -> None:
    said = statistics_sentences(["Gray's test (rho = 0)", "proportion; Wilson 95 % CI"])
    assert said == [
        "Shares have Wilson 95 % confidence intervals.",
        "Other methods: Gray's test (rho = 0).",
    ]
