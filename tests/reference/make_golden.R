# The key numbers of the published series, computed by R from the tables of the example alone.
# Rscript tests/reference/make_golden.R   (from the root of the project; needs `survival`)
#
# Written to lenalidomide_golden.csv as result rows: what Sequela must give to 1e-9.
# S(60) is 0.42649, which rounds to 0.426; where 0.427 is quoted it was rounded from 0.4265.

suppressPackageStartupMessages(library(survival))

chart <- function(name) {
  read.csv(file.path("examples/lenalidomide", paste0(name, ".csv")),
           colClasses = "character", na.strings = "", check.names = FALSE)
}
months <- function(text) as.numeric(sub(" months$", "", text))

patients <- chart("patients")$patient_id
last <- chart("followup")
last <- last[match(patients, last$patient_id), ]
time <- months(last$last_contact)
dead <- as.integer(last$vital_status == "dead")

treatments <- chart("treatments")
treated <- patients %in% treatments$patient_id[which(treatments$intent == "induction")]
grafts <- chart("transplants")
first_remission <- grafts$type == "allogeneic" & grafts$indication == "B-ALL" &
  grafts$disease_status == "first remission"
transplanted <- patients %in% grafts$patient_id[which(first_remission)]

golden <- data.frame()
row <- function(exhibit, statistic, value, set = "all", variable = "os", level = "",
                at = NA, n = NA) {
  state <- if (is.na(value)) "not_reached" else "ok"
  golden <<- rbind(golden, data.frame(exhibit, set, variable, level, time = at, statistic,
                                      value, state, n))
}

curve <- function(exhibit, set, in_set, type, times = c(12, 24, 36, 60)) {
  data <- data.frame(time = time[in_set], dead = dead[in_set])
  fit <- survfit(Surv(time, dead) ~ 1, data = data, conf.type = type)
  middle <- quantile(fit, 0.5)
  n <- sum(in_set)
  row(exhibit, "events", sum(data$dead), set, n = n)
  row(exhibit, "median", unname(middle$quantile), set, n = n)
  row(exhibit, "median_ci_low", unname(middle$lower), set, n = n)
  row(exhibit, "median_ci_high", unname(middle$upper), set, n = n)
  at <- summary(fit, times = times)
  for (i in seq_along(times)) {
    row(exhibit, "survival", at$surv[i], set, at = times[i], n = n)
    row(exhibit, "survival_ci_low", at$lower[i], set, at = times[i], n = n)
    row(exhibit, "survival_ci_high", at$upper[i], set, at = times[i], n = n)
    row(exhibit, "at_risk", at$n.risk[i], set, at = times[i], n = n)
  }
}
everyone <- rep(TRUE, length(patients))
curve("os", "all", everyone, "log-log")
curve("os-log", "all", everyone, "log")
curve("os-transplanted", "transplanted", transplanted, "log-log")

# follow-up: of the survivors, and with deaths as the censorings
alive <- time[dead == 0]
row("followup", "median", median(alive), "survivors", "observed_months", n = length(alive))
row("followup", "min", min(alive), "survivors", "observed_months", n = length(alive))
row("followup", "max", max(alive), "survivors", "observed_months", n = length(alive))
reverse <- quantile(survfit(Surv(time, 1 - dead) ~ 1, conf.type = "log-log"), 0.5)
row("followup", "reverse_km_median", unname(reverse$quantile), n = 32)
row("followup", "reverse_km_median_ci_low", unname(reverse$lower), n = 32)
row("followup", "reverse_km_median_ci_high", unname(reverse$upper), n = 32)

# age at the diagnosis of B-ALL
age <- as.numeric(chart("patients")$age)
for (s in list(c("median", 0.5), c("q1", 0.25), c("q3", 0.75), c("min", 0), c("max", 1))) {
  row("table-1", s[1], unname(quantile(age, as.numeric(s[2]), type = 7)),
      variable = "age_at_diagnosis", n = 32)
}

# remission among the treated, by best response and with the last status
judged <- chart("assessments")
remission <- function(timepoints) {
  found <- judged$what == "response" & judged$value == "CR" & judged$timepoint %in% timepoints
  sum(treated & patients %in% judged$patient_id[found])
}
proportion <- function(variable, count, n, set = "treated") {
  interval <- binom.test(count, n)$conf.int
  row("response", "count", count, set, variable, "yes", n = n)
  row("response", "proportion", count / n, set, variable, "yes", n = n)
  row("response", "proportion_ci_low", interval[1], set, variable, "yes", n = n)
  row("response", "proportion_ci_high", interval[2], set, variable, "yes", n = n)
}
proportion("remission_by_best_response", remission("best"), sum(treated))
proportion("remission_by_any_report", remission(c("best", "last contact")), sum(treated))
proportion("regressed", 5, 5, "all")

# Event-free survival of the treated: refractory and relapse have no time. Undated events lie
# anywhere in (0, last contact]. The curve is lowest at a time t when every event that can lie
# before t lies as near to t as it can (the fewer are left at risk, the deeper a step), and
# highest when each lies as late as it can. Searched here over one undated event after another
# (coordinate search from both ends), which needs no such argument.
events <- chart("events")
undated <- patients %in% c(events$patient_id[events$what == "relapse"],
                           judged$patient_id[judged$what == "refractory" & judged$value == "yes"])
in_set <- treated
u <- undated[in_set]
end <- time[in_set]
died <- dead[in_set]
event <- as.integer(u | died == 1)
surv_at <- function(place, t) {
  fit <- survfit(Surv(place, event) ~ 1)
  summary(fit, times = t, extend = TRUE)$surv
}
bound <- function(t, sign) {
  best <- NA
  for (start in c("early", "late")) {
    place <- end
    if (start == "early") place[u] <- 1e-6
    value <- surv_at(place, t)
    repeat {
      before <- value
      for (i in which(u)) {
        candidates <- sort(unique(c(1e-6, end[end <= end[i]], t[t <= end[i]], end[i],
                                    pmin(t + 1e-6, end[i]))))
        for (candidate in candidates) {
          trial <- place
          trial[i] <- candidate
          found <- surv_at(trial, t)
          if (sign * found < sign * value - 1e-15) {
            value <- found
            place <- trial
          }
        }
      }
      if (value == before) break
    }
    best <- if (is.na(best)) value else sign * min(sign * best, sign * value)
  }
  best
}
n <- sum(in_set)
row("efs", "events", sum(event), "treated", "efs", n = n)
row("efs", "events_without_a_time", sum(u), "treated", "efs", n = n)
for (t in c(12, 24, 36, 60)) {
  row("efs", "survival_low_bound", bound(t, 1), "treated", "efs", at = t, n = n)
  row("efs", "survival_high_bound", bound(t, -1), "treated", "efs", at = t, n = n)
}

golden$value <- ifelse(is.na(golden$value), "", sprintf("%.15g", golden$value))
golden$time <- ifelse(is.na(golden$time), "", format(golden$time, trim = TRUE))
write.csv(golden, "tests/reference/lenalidomide_golden.csv", row.names = FALSE, quote = FALSE)
