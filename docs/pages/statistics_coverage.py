"""The page of what the statistics room has: by question, with R's call, and where it is reached.

The entries are data; tests/docs/test_statistics_coverage.py holds each name in them against
the code, the study file, the command line and the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import get_args

from pages.markdown import page, table


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that can be asked.

    `python` names `module.function(argument, ...)` of the statistics room. `choices` is the
    type whose values an option may have. `r` is the call of R that gives the same numbers.
    `study` is `kind(key, ...)` of an exhibit, `command` is `name(--flag, ...)`. `held` names
    `file::test`, first those that hold it against R.
    """

    what: str
    python: tuple[str, ...]
    r: str
    held: tuple[str, ...]
    choices: str = ""
    study: str = ""
    command: str = ""


def _reference(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/reference/test_{name.replace('/', '.py::test_')}" for name in names)


def _unit(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/unit/stats/test_{name.replace('/', '.py::test_')}" for name in names)


RISK_TABLE = (
    Entry(
        what="Counts by time, with causes, weights and delayed entry; near-equal times merged",
        python=("risk_table.build_risk_tables(entry, group, weights, causes)",),
        r="survfit()$n.risk, timefix",
        held=_reference("survival_against_r/counts_of_the_risk_table", "corners_against_r/curves"),
        study="km(by)",
        command="km(--by)",
    ),
    Entry(
        what="Strata",
        python=("strata.build_stratified_risk_tables(stratum, entry, weights)",),
        r="survdiff(... + strata())",
        held=_reference("options_curves/weighted_log_rank"),
        study="km(strata)",
    ),
    Entry(
        what="Tables of several sites added up",
        python=("pooling.pool_risk_tables", "pooling.pool_transition_tables"),
        r="none; equals everyone together",
        held=(
            "tests/property/test_comparison_invariants.py::test_sites_added_up_are_everyone",
            *_unit("multi_state/pooled_sites_are_everyone"),
        ),
    ),
)

CURVES = (
    Entry(
        what="Kaplan-Meier with Greenwood's variance",
        python=("survival.estimate_survival(at)", "survival.kaplan_meier(conf_level)"),
        r="survfit(Surv(time, status) ~ 1)",
        held=_reference(
            "survival_against_r/survival_and_greenwood", "options_curves/curve_and_limits"
        ),
        study="km(endpoint, at)",
        command="km(--at)",
    ),
    Entry(
        what="Interval by transformation",
        python=("survival.estimate_survival(conf_type)",),
        choices="confidence_band.ConfType",
        r="survfit(conf.type = )",
        held=_reference("survival_against_r/band", "options_curves/curve_and_limits"),
        study="km(interval)",
        command="km(--interval)",
    ),
    Entry(
        what="Median and any quantile, Brookmeyer-Crowley interval, plateaus",
        python=("survival_quantiles.estimate_quantiles(shares)", "survival.quantile(p)"),
        r="quantile(survfit())",
        held=_reference("survival_against_r/quantiles", "options_curves/quantiles"),
        study="km(endpoint)",
        command="km(--time)",
    ),
    Entry(
        what="Number at risk, events and censored so far",
        python=("risk_table.counts_at(times)",),
        r="summary(survfit(), times = )",
        held=_reference("survival_against_r/counts_of_the_risk_table"),
        study="km(figure)",
        command="km(--out)",
    ),
    Entry(
        what="Delayed entry",
        python=("risk_table.build_risk_tables(entry)",),
        r="survfit(Surv(entry, exit, status) ~ 1)",
        held=_reference("survival_against_r/delayed_entry", "options_curves/curve_and_limits"),
        study="simon_makuch(exposure)",
    ),
    Entry(
        what="Restricted mean, and its difference between two groups",
        python=(
            "restricted_mean.estimate_restricted_mean(horizon)",
            "restricted_mean.compare_restricted_means(horizon)",
        ),
        r="summary(survfit(), rmean = )",
        held=_reference("comparisons_against_r/restricted_means", "options_curves/restricted_mean"),
        study="km(restricted_mean)",
    ),
    Entry(
        what="Median follow-up by reverse Kaplan-Meier",
        python=("survival.estimate_follow_up", "risk_table.reverse"),
        r="survfit(Surv(time, 1 - status) ~ 1)",
        held=_reference("survival_against_r/reverse_kaplan_meier"),
        study="followup(column)",
    ),
    Entry(
        what="Conditional survival",
        python=("conditional_survival.estimate_conditional_survival(given, at)",),
        r="survfit(start.time = )",
        held=_reference(
            "comparisons_against_r/conditional_survival", "options_curves/curve_and_limits"
        ),
    ),
    Entry(
        what="Bounds where an event has no exact time",
        python=(
            "survival_bounds.estimate_survival_bounds(at)",
            "median_range.estimate_median_range",
        ),
        r="none; equals survfit where times are exact",
        held=_unit("survival_bounds/bounds_are_the_extremes_of_every_placement"),
        study="survival_bounds(endpoint)",
    ),
)

COMPARISONS = (
    Entry(
        what="Log-rank",
        python=("log_rank.compare_log_rank",),
        r="survdiff()",
        held=_reference("log_rank_against_r/log_rank", "corners_against_r/log_rank"),
        study="km(by)",
        command="km(--by)",
    ),
    Entry(
        what="Weighted log-rank, Fleming-Harrington with rho and gamma",
        python=(
            "weighted_log_rank.compare_weighted_log_rank(weighting)",
            "weighted_log_rank.Weighting(rho, gamma)",
        ),
        choices="weighted_log_rank.WeightName",
        r="survdiff(rho = ); other weights by definition",
        held=_reference("comparisons_against_r/weighted_log_rank", "options_curves/survdiff"),
        study="km(tests)",
    ),
    Entry(
        what="Stratified",
        python=("weighted_log_rank.compare_weighted_log_rank(stratified_by)",),
        r="survdiff(... + strata())",
        held=_reference("comparisons_against_r/survdiff", "options_curves/survdiff"),
        study="km(strata)",
    ),
    Entry(
        what="Trend over ordered groups",
        python=("trend.compare_trend(scores)",),
        r="from survdiff()$var",
        held=_reference("comparisons_against_r/trend", "options_curves/weighted_log_rank"),
    ),
    Entry(
        what="Max-combo",
        python=("max_combo.compare_max_combo(stratified_by)",),
        r="by nested integrate()",
        held=_reference(
            "comparisons_against_r/max_combo",
            "options_curves/max_combo_with_strata_and_delayed_entry",
        ),
        study="km(tests)",
    ),
    Entry(
        what="Every two groups, adjusted",
        python=("pairwise.compare_pairwise(adjustment)",),
        choices="pairwise.Adjustment",
        r="p.adjust()",
        held=_reference("comparisons_against_r/pairwise"),
        study="km(pairwise)",
    ),
    Entry(
        what="Exact or drawn permutation test, as a further row",
        python=("permutation_log_rank.compare_permutation_log_rank(limit, seed)",),
        r="coin::logrank_test",
        held=_reference(
            "log_rank_against_r/exact_p_value_equals_coin", "options_curves/every_assignment_listed"
        ),
        study="km(by)",
        command="km(--by)",
    ),
    Entry(
        what="Survival at a fixed time, plain and log(-log)",
        python=("fixed_time.compare_survival_at(time)",),
        r="from summary(survfit())",
        held=_reference("comparisons_against_r/survival_at_a_fixed_time"),
    ),
)

COMPETING = (
    Entry(
        what="Cumulative incidence at times, exact under ties",
        python=("competing_risks.estimate_cumulative_incidence(at, conf_type)",),
        choices="confidence_band.ConfType",
        r="survfit(Surv(time, factor(event)) ~ 1)",
        held=_reference(
            "competing_against_r/limits_of_incidence",
            "options_competing/incidence_and_both_variances",
        ),
        study="cuminc(at, interval)",
        command="cuminc(--competing, --at, --interval)",
    ),
    Entry(
        what="Its variance",
        python=("competing_risks.estimate_cumulative_incidence(variance)",),
        choices="competing_risks.Variance",
        r="survfit()$std.err; timepoints(cuminc())$var",
        held=_reference("options_competing/incidence_and_both_variances"),
    ),
    Entry(
        what="Gray's test, stratified, weighted, rho",
        python=("gray.compare_cumulative_incidence(rho, stratified_by)",),
        r="cmprsk::cuminc(rho = , strata = )",
        held=_reference("competing_against_r/gray", "options_competing/gray"),
        study="cuminc(by)",
        command="cuminc(--by)",
    ),
    Entry(
        what="Cause-specific hazards",
        python=("competing_risks.cause_specific(cause)", "cox.estimate_cox"),
        r="coxph(Surv(time, event == 1) ~ x)",
        held=_reference("competing_against_r/cause_specific_table"),
        study="forest(cause)",
        command="cox(--competing)",
    ),
    Entry(
        what="Fine-Gray regression",
        python=(
            "subdistribution.estimate_subdistribution(cause)",
            "fine_gray.compare_subdistribution_hazards(conf_level)",
        ),
        r="cmprsk::crr()",
        held=_reference("competing_against_r/fine_gray", "options_competing/fine_gray"),
        study="forest(cause, hazard)",
        command="cox(--competing, --fine-gray)",
    ),
    Entry(
        what="Fine-Gray with the censoring of each group",
        python=(
            "subdistribution.SubdistributionModel(censoring)",
            "fine_gray.fine_gray(censoring)",
        ),
        r="crr(cengroup = )",
        held=_reference("options_competing/fine_gray_with_censoring_of_each_group"),
    ),
    Entry(
        what="Fine-Gray with strata, delayed entry, clusters, changing coefficients",
        python=("fine_gray_rows.build_fine_gray_rows(strata, entry)",),
        r="finegray(), coxph(weights = fgwt)",
        held=_reference(
            "options_competing/stratified_fine_gray",
            "options_competing/fine_gray_with_delayed_entry_and_a_coefficient_that_changes",
        ),
    ),
)

STATES = (
    Entry(
        what="State occupation and time in each state, any graph",
        python=(
            "multi_state.estimate_state_occupation",
            "multi_state.state_occupation(times)",
            "state_histories.state_histories(allowed)",
        ),
        r="survfit(Surv(tstart, tstop, event) ~ 1, id = , istate = )",
        held=_reference(
            "competing_against_r/time_in_state", "options_competing/states_of_repeated_infections"
        ),
    ),
    Entry(
        what="With the infinitesimal jackknife",
        python=("multi_state.jackknife_state_occupation(times)",),
        r="the same, std.err",
        held=_reference("competing_against_r/state_occupation_and_the_jackknife"),
    ),
)

EXPOSURE = (
    Entry(
        what="Landmark: who is kept, who is left out and why",
        python=("landmark.estimate_landmark", "landmark.landmark_cohort(landmark)"),
        r="survfit, survdiff on those left",
        held=_reference("competing_against_r/landmark"),
        study="landmark(exposure, landmark)",
    ),
    Entry(
        what="Simon-Makuch curves",
        python=("simon_makuch.estimate_simon_makuch(at)",),
        r="survfit(Surv(start, stop, event) ~ exposed)",
        held=_reference("competing_against_r/simon_makuch"),
        study="simon_makuch(exposure)",
    ),
    Entry(
        what="Mantel-Byar test",
        python=("simon_makuch.compare_mantel_byar",),
        r='coxph(ties = "exact")$score',
        held=_reference("competing_against_r/mantel_byar"),
        study="simon_makuch(exposure)",
    ),
    Entry(
        what="Time-dependent Cox model",
        python=("cox.CoxData(entry, patient)", "simon_makuch.exposure_history"),
        r="coxph(Surv(start, stop, event) ~ x)",
        held=_reference("cox_against_r/estimates"),
        study="forest(exposure)",
    ),
)

REGRESSION = (
    Entry(
        what="Cox: coefficients, Wald, likelihood-ratio and score tests",
        python=("cox.estimate_cox", "cox.CoxModel(covariates, interactions, references)"),
        r="coxph()",
        held=_reference("cox_against_r/estimates", "options_regression/estimates"),
        study="forest(covariates, interactions, references)",
        command="cox(--covariates, --categories)",
    ),
    Entry(
        what="Ties",
        python=("cox.CoxModel(ties)",),
        choices="cox_likelihood.Ties",
        r="coxph(ties = )",
        held=_reference("cox_against_r/estimates", "options_regression/estimates"),
        study="forest(ties)",
        command="cox(--ties)",
    ),
    Entry(
        what="Strata",
        python=("cox.CoxModel(strata)",),
        r="strata()",
        held=_reference("options_regression/estimates"),
        study="forest(strata)",
        command="cox(--strata)",
    ),
    Entry(
        what="Weights, offsets, delayed entry, counting process",
        python=(
            "cox.CoxData(entry, weights, offset)",
            "counting_process.build_counting_process(entry, weights, offset)",
        ),
        r="coxph(Surv(start, stop, event), weights = ) with offset()",
        held=_reference("cox_against_r/estimates", "options_regression/estimates"),
    ),
    Entry(
        what="Cluster-robust variance",
        python=("cox.CoxModel(cluster)", "cox_residuals.robust_variance"),
        r="coxph(cluster = )",
        held=_reference("options_regression/estimates"),
    ),
    Entry(
        what="Firth's penalty",
        python=("cox.CoxModel(firth)",),
        r="coxph() log-likelihood with the penalty, maximised",
        held=_reference("options_regression/firth"),
        study="forest(firth)",
        command="cox(--firth)",
    ),
    Entry(
        what="Profile-likelihood interval and test of a coefficient",
        python=("cox.CoxModel(profile)",),
        r="uniroot() over refitted coxph()",
        held=_reference("cox_against_r/profile_interval", "options_regression/firth"),
        study="forest(firth)",
        command="cox(--firth)",
    ),
    Entry(
        what="Proportional hazards",
        python=("cox.CoxModel(transform)", "proportional_hazards.proportional_hazards(terms)"),
        choices="proportional_hazards.TimeTransform",
        r="cox.zph(transform = )",
        held=_reference(
            "cox_against_r/proportional_hazards", "options_regression/proportional_hazards"
        ),
        study="forest(covariates)",
        command="cox(--covariates)",
    ),
    Entry(
        what="Residuals: martingale, deviance, score, Schoenfeld, dfbeta",
        python=(
            "cox_residuals.martingale_residuals",
            "cox_residuals.deviance_residuals",
            "cox_residuals.score_residuals",
            "cox_residuals.schoenfeld_residuals",
            "cox_residuals.dfbeta",
        ),
        r="residuals(coxph(), type = )",
        held=_reference(
            "cox_against_r/residuals_of_rows",
            "options_regression/residuals",
            "options_regression/dfbeta_by_cluster",
        ),
    ),
    Entry(
        what="Concordance",
        python=("concordance.concordance",),
        r="concordance(coxph())",
        held=_reference("cox_against_r/concordance", "options_regression/concordance"),
    ),
    Entry(
        what="Baseline hazard and predicted curves",
        python=(
            "cox_survival.estimate_cox_survival",
            "cox_curves.predict_survival(conf_type)",
            "cox_curves.baseline_hazard",
        ),
        r="survfit(coxph(), newdata = ), basehaz()",
        held=_reference(
            "cox_against_r/baseline_hazard", "options_regression/predicted_curves_of_strata"
        ),
    ),
    Entry(
        what="Logistic regression, with Firth's penalty",
        python=("logistic.estimate_logistic(weights)", "logistic.LogisticModel(firth, profile)"),
        r="glm(binomial); the modified score solved",
        held=_reference(
            "logistic_against_r/estimates",
            "logistic_against_r/profile_limits",
            "options_regression/logistic",
        ),
    ),
    Entry(
        what="Lists of columns to numbers; the layout of the rows",
        python=(
            "design_matrix.build_design(covariates, interactions, references)",
            "cox_risk_sets.build_risk_sets",
        ),
        r="model.matrix()",
        held=_reference("cox_against_r/estimates"),
    ),
)

SIZE = (
    Entry(
        what="Width of the interval of a proportion or survival",
        python=("sample_size.estimate_precision",),
        r="sum(dbinom() * width); integrate()",
        held=_reference(
            "comparisons_against_r/expected_width_of_a_proportion",
            "comparisons_against_r/expected_limits_of_survival",
        ),
        study="precision(assumed)",
    ),
    Entry(
        what="Events needed, detectable hazard ratio, power",
        python=("sample_size.estimate_comparison_reach",),
        r="Schoenfeld's formula",
        held=_reference("comparisons_against_r/events_needed"),
        study="precision(by)",
    ),
)

DESCRIBING = (
    Entry(
        what="Median, quartiles, range, mean, SD; values known as bounds",
        python=("describe.estimate_numeric(low, high, statistics)",),
        choices="describe.NumericStatistic",
        r="quantile(type = 7), mean(), sd()",
        held=_reference("description_against_r/quantiles_mean_and_sd"),
        study="table1(rows)",
        command="table1(--columns)",
    ),
    Entry(
        what="Median of values such as >120",
        python=("censored_median.estimate_censored_median",),
        r="quantile(survfit())",
        held=_reference("shares_against_r/median_of_right_censored_values"),
    ),
    Entry(
        what="n (%), missing apart",
        python=("describe.estimate_categories(levels)",),
        r="prop.table(table())",
        held=_unit("describe/categories_count_of_those_with_a_value"),
        study="table1(rows)",
        command="table1(--categories)",
    ),
    Entry(
        what="Test of a number",
        python=(
            "compare_numbers.compare_numbers(test, high)",
            "compare_groups.compare_groups(test)",
        ),
        choices="compare_numbers.NumberTest",
        r="wilcox.test, kruskal.test, t.test, oneway.test",
        held=_reference(
            "groups_against_r/wilcoxon_by_the_normal_approximation",
            "groups_against_r/exact_wilcoxon_given_the_ties",
            "groups_against_r/kruskal_wallis",
            "groups_against_r/t_tests",
            "groups_against_r/analysis_of_variance",
            "options_description/numbers_between_groups",
        ),
        study="table1(rows, by)",
        command="table1(--tests, --by)",
    ),
    Entry(
        what="Test of a category; Fisher-Freeman-Halton, drawn where too large",
        python=(
            "compare_categories.compare_categories(test)",
            "compare_categories.compare_counts(test)",
        ),
        choices="compare_categories.CategoryTest",
        r="chisq.test, fisher.test, prop.trend.test",
        held=_reference(
            "groups_against_r/chi_squared",
            "groups_against_r/fisher_and_freeman_halton",
            "groups_against_r/monte_carlo_comes_near_the_exact_p",
            "groups_against_r/cochran_armitage",
            "options_description/categories_between_groups",
        ),
        study="table1(rows, by)",
        command="table1(--tests, --by)",
    ),
    Entry(
        what="Standardized mean difference",
        python=(
            "standardized_difference.compare_standardized_numbers",
            "standardized_difference.compare_standardized_categories",
        ),
        r="from mean(), var(), prop.table()",
        held=_reference(
            "groups_against_r/standardized_difference_of_means",
            "groups_against_r/standardized_difference_of_shares",
        ),
        study="table1(differences)",
        command="table1(--differences)",
    ),
    Entry(
        what="Adjusted p values",
        python=("adjusted_p.adjust_rows(adjustment)",),
        choices="pairwise.Adjustment",
        r="p.adjust()",
        held=_reference("groups_against_r/adjusted_p_values"),
        study="table1(adjust)",
    ),
    Entry(
        what="Median difference (Hodges-Lehmann)",
        python=("hodges_lehmann.compare_medians(interval, conf_level)",),
        choices="hodges_lehmann.ShiftInterval",
        r="wilcox.test(conf.int = TRUE)",
        held=_reference(
            "groups_against_r/shift_by_the_normal_approximation",
            "groups_against_r/exact_shift",
            "options_description/shifts_at_other_levels",
        ),
    ),
)

SHARES = (
    Entry(
        what="A proportion",
        python=("proportions.estimate_proportion(method, conf_level)",),
        choices="proportions.ProportionMethod",
        r="binom.test, prop.test, qbeta",
        held=_reference(
            "description_against_r/intervals_of_proportions",
            "shares_against_r/intervals_of_one_share",
            "options_description/one_share_at_other_levels",
        ),
        study="proportions(interval)",
    ),
    Entry(
        what="Difference of two proportions",
        python=("proportion_differences.compare_proportions(method, conf_level)",),
        choices="proportion_differences.DifferenceMethod",
        r="prop.test; the score equations solved",
        held=_reference(
            "shares_against_r/intervals_of_a_difference",
            "options_description/two_shares_at_other_levels",
        ),
    ),
    Entry(
        what="Ratio of two proportions or odds",
        python=("proportion_ratios.compare_ratio(kind, conf_level)",),
        choices="proportion_ratios.RatioKind",
        r="from log(); fisher.test()",
        held=_reference("shares_against_r/ratios", "groups_against_r/conditional_odds_ratio"),
    ),
    Entry(
        what="Paired changes (McNemar)",
        python=("paired.compare_pairs(test, conf_level)",),
        choices="paired.PairedTest",
        r="mcnemar.test, binom.test",
        held=_reference("shares_against_r/mcnemar"),
    ),
    Entry(
        what="Events per person-time, and the ratio of two rates",
        python=("rates.estimate_rate(per, conf_level)", "rates.compare_rates"),
        r="poisson.test()",
        held=_reference("shares_against_r/rates", "options_description/a_rate_at_other_levels"),
    ),
)

SECTIONS: dict[str, tuple[Entry, ...]] = {
    "Risk table": RISK_TABLE,
    "Survival curves": CURVES,
    "Comparisons": COMPARISONS,
    "Competing risks": COMPETING,
    "States": STATES,
    "Exposure that begins during follow-up": EXPOSURE,
    "Regression": REGRESSION,
    "Sample size and precision": SIZE,
    "Describing a cohort": DESCRIBING,
    "Proportions, pairs and rates": SHARES,
}


def choices_of(entry: Entry) -> tuple[str, ...]:
    """The values that the option of an entry may have."""
    module, _, name = entry.choices.partition(".")
    return get_args(getattr(import_module(f"sequela.stats.{module}"), name))


def coverage_page() -> str:
    """docs/reference/statistics/coverage.md."""
    parts = []
    for heading, entries in SECTIONS.items():
        columns = ("what", "Python", "R", "study file", "command", "held to R by")
        parts += [f"## {heading}", table(columns, [_line(entry) for entry in entries])]
    return page(
        "What there is, and where",
        "Every estimator, option and test: the function, the call of R that gives the same "
        "numbers, the exhibit and the key that reach it from a study file, the command for a "
        "plain table, and the test that holds it. A blank is what only Python reaches. Modules "
        "are those of `sequela.stats`.",
        *parts,
    )


def _line(entry: Entry) -> tuple[str, ...]:
    values = ", ".join(f"`{value}`" for value in choices_of(entry)) if entry.choices else ""
    tests = (test.rpartition("/")[2].removesuffix(".py") for test in entry.held)
    return (
        entry.what + (f": {values}" if values else ""),
        _code(entry.python),
        f"`{entry.r}`" if "(" in entry.r else entry.r,
        _code((entry.study,)),
        _code((entry.command,)),
        _code(tuple(tests)),
    )


def _code(texts: tuple[str, ...]) -> str:
    return "; ".join(f"`{text}`" for text in texts if text)
