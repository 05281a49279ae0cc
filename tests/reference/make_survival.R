# Writes survival.csv: what R answers for the data sets in data/, in long form.
# Run in this folder: Rscript --vanilla make_survival.R   (made with R 4.2.2, survival 3.5-3)
#
# data/lung.csv, ovarian.csv, aml.csv are exported here from R's survival package.
# data/series.csv holds follow-up and vital status of the published series (its Table 2).
# data/cases.csv holds invented cases, each for one convention.
#
# Columns: id (data set or case), quantity, group, time, value. `time` is the time of a
# curve's value, or the share p of a quantile. An empty value is NA or NaN in R.
suppressMessages(library(survival))
rows <- list()
add <- function(id, quantity, value, group = "", time = NA)
  rows[[length(rows) + 1]] <<- data.frame(id, quantity, group, time, value = as.numeric(value))
export <- function(x, name)
  write.csv(x, file.path("data", paste0(name, ".csv")), row.names = FALSE, na = "", quote = FALSE)

lung_days <- survival::lung[, c("time", "status", "sex", "ph.ecog")]
lung_days$status <- lung_days$status - 1
export(lung_days, "lung")
export(ovarian[, c("futime", "fustat", "rx")], "ovarian")
export(transform(aml, x = as.character(x)), "aml")
series <- read.csv("data/series.csv")
series$status <- as.integer(series$vital_status == "dead")
cases <- read.csv("data/cases.csv")

conf_types <- c(plain = "plain", log = "log", `log-log` = "log-log", logit = "logit", arcsine = "arcsin")
shares <- c(0.1, 0.25, 0.5, 0.75, 0.9)

curve <- function(id, time, status, group = "", at = NULL, whole_band = group == "") {
  for (name in names(conf_types)) {
    fit <- survfit(Surv(time, status) ~ 1, conf.type = conf_types[[name]])
    if (whole_band) add(id, paste0("low:", name), fit$lower, group, fit$time)
    if (whole_band) add(id, paste0("high:", name), fit$upper, group, fit$time)
    # With one distinct share of the curve reached, R's quantile stops with an error.
    q <- try(quantile(fit, shares), silent = TRUE)
    if (!inherits(q, "try-error")) {
      add(id, paste0("quantile:", name), q$quantile, group, shares)
      add(id, paste0("quantile_low:", name), q$lower, group, shares)
      add(id, paste0("quantile_high:", name), q$upper, group, shares)
    }
  }
  add(id, "survival", fit$surv, group, fit$time)
  add(id, "std_err", fit$surv * fit$std.err, group, fit$time)
  add(id, "at_risk", fit$n.risk, group, fit$time)
  add(id, "events", fit$n.event, group, fit$time)
  add(id, "censored", fit$n.censor, group, fit$time)
  if (!is.null(at)) {
    s <- summary(survfit(Surv(time, status) ~ 1, conf.type = "log-log"), times = at)
    for (what in c("surv", "std.err", "lower", "upper", "n.risk"))
      add(id, paste0("at:", what), s[[what]], group, s$time)
  }
}
reverse_km <- function(id, time, status) {
  q <- quantile(survfit(Surv(time, 1 - status) ~ 1, conf.type = "log-log"), 0.5)
  add(id, "reverse_median", q$quantile); add(id, "reverse_median_low", q$lower)
  add(id, "reverse_median_high", q$upper)
}
log_rank <- function(id, time, status, group) {
  s <- survdiff(Surv(time, status) ~ group)
  df <- length(s$n) - 1
  add(id, "chi_squared", s$chisq); add(id, "degrees_of_freedom", df)
  add(id, "p_value", pchisq(s$chisq, df, lower.tail = FALSE))
  add(id, "observed", s$obs, sub("group=", "", names(s$n)))
  add(id, "expected", s$exp, sub("group=", "", names(s$n)))
}

at_days <- c(0, 5, 90, 91, 180, 365, 730, 1000)
with(lung_days, curve("lung", time, status, at = at_days))
for (g in 1:2) with(subset(lung_days, sex == g), curve("lung", time, status, paste(g), at_days))
with(ovarian, curve("ovarian", futime, fustat, at = c(100, 365, 638, 1200)))
with(aml, curve("aml", time, status, at = c(5, 12, 23, 100)))
with(series, curve("series", followup_months, status, at = c(12, 24, 36, 60)))
for (name in unique(cases$case)) with(subset(cases, case == name), curve(name, time, status))
with(lung_days, reverse_km("lung", time, status))
with(ovarian, reverse_km("ovarian", futime, fustat))
with(aml, reverse_km("aml", time, status))
with(series, reverse_km("series", followup_months, status))
with(subset(cases, case == "event_with_censoring"), reverse_km("event_with_censoring", time, status))
with(lung_days, log_rank("lung:sex", time, status, sex))
with(subset(lung_days, !is.na(ph.ecog)), log_rank("lung:ph.ecog", time, status, ph.ecog))
with(ovarian, log_rank("ovarian:rx", futime, fustat, rx))
with(aml, log_rank("aml:x", time, status, x))
with(series, log_rank("series:institution", followup_months, status, institution))
with(series, log_rank("series:population", followup_months, status, population_at_diagnosis))

# Delayed entry: (start, stop], on lung with an invented entry at a quarter of the time.
late <- transform(lung_days, start = floor(time / 4))
fit <- survfit(Surv(start, time, status) ~ 1, late, conf.type = "log-log")
for (what in c("surv", "n.risk")) add("lung_delayed", what, fit[[what]], time = fit$time)
add("lung_delayed", "std_err", fit$surv * fit$std.err, time = fit$time)

# Proportions: `time` is n, the group x.
for (n in c(1, 2, 5, 13, 28, 32, 400)) for (x in unique(c(0, 1, n %/% 3, n - 1, n)))
  for (level in c(0.9, 0.95)) {
    ci <- binom.test(x, n, conf.level = level)$conf.int
    add(paste("clopper-pearson", level), "low", ci[1], x, n)
    add(paste("clopper-pearson", level), "high", ci[2], x, n)
    ci <- suppressWarnings(prop.test(x, n, correct = FALSE, conf.level = level)$conf.int)
    add(paste("wilson", level), "low", ci[1], x, n)
    add(paste("wilson", level), "high", ci[2], x, n)
  }

# Numbers: quantiles of type 7, mean and standard deviation.
numbers <- list(lung_time = lung_days$time, series_followup = series$followup_months, one = 3.5,
                two = c(4, 1), ties = c(2, 2, 2, 7, 7), ecog = na.omit(lung_days$ph.ecog))
for (name in names(numbers)) {
  x <- numbers[[name]]
  p <- c(0, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.9, 1)
  add(name, "type7", quantile(x, p, type = 7), time = p)
  add(name, "mean", mean(x)); add(name, "sd", sd(x))
}

out <- do.call(rbind, rows)
number <- function(v) ifelse(is.na(v), "", sub(" +", "", formatC(v, digits = 17, format = "g", width = 1)))
out$time <- number(out$time); out$value <- number(out$value)
write.csv(out, "survival.csv", row.names = FALSE, quote = FALSE)
cat(nrow(out), "rows\n")
