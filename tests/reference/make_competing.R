# Writes competing.csv: what R answers on competing risks, time-dependent exposure and states,
# in the long form of survival.csv.
# Run in this folder: Rscript --vanilla make_competing.R
#   (made with R 4.2.2, survival 3.5-3, cmprsk 2.2-11)
#
# data/compete_*.csv, exposure_heart.csv and states_*.csv are exported here from R's survival.
suppressMessages({ library(survival); library(cmprsk) })
rows <- list()
add <- function(id, quantity, value, group = "", time = NA)
  rows[[length(rows) + 1]] <<- data.frame(id, quantity, group, time, value = as.numeric(value))
export <- function(x, name)
  write.csv(x, file.path("data", paste0(name, ".csv")), row.names = FALSE, na = "", quote = FALSE)

# Competing risks: time, event (0 censored, 1.. causes), groups, strata, covariates.
m <- survival::mgus2
data <- list(
  mgus2 = with(m, data.frame(time = ifelse(pstat == 0, futime, ptime),
    event = ifelse(pstat == 0, 2 * death, 1), sex = as.character(sex), age, mspike, hgb,
    band = as.character(cut(age, c(0, 60, 75, 200), labels = c("a", "b", "c"))))),
  pbc = with(survival::pbc, data.frame(time, event = status, trt, stage, sex = as.character(sex), age, bili)),
  transplant = with(subset(survival::transplant, !is.na(futime)), data.frame(time = futime,
    event = as.integer(event) - 1, abo = as.character(abo), sex = as.character(sex), age))
)
for (name in names(data)) export(data[[name]], paste0("compete_", name))

incidence <- function(name, group, at) {
  d <- data[[name]]; d$group <- as.character(d[[group]]); d <- d[!is.na(d$group), ]
  causes <- seq_len(max(d$event)); id <- paste(name, group, sep = ":")
  for (g in sort(unique(d$group))) {
    x <- d[d$group == g, ]
    for (type in c("log", "log-log", "plain")) {
      f <- survfit(Surv(time, factor(event, c(0, causes))) ~ 1, x, conf.type = type)
      s <- summary(f, times = at[at <= max(x$time)])
      for (k in causes) {
        add(id, paste0("low:", type, ":", k), s$lower[, k + 1], g, s$time)
        add(id, paste0("high:", type, ":", k), s$upper[, k + 1], g, s$time)
      }
    }
    some <- unique(c(seq(1, length(f$time), by = 9), length(f$time)))
    for (k in causes) {
      add(id, paste0("pstate:", k), f$pstate[some, k + 1], g, f$time[some])
      add(id, paste0("se:", k), f$std.err[some, k + 1], g, f$time[some])
    }
    ci <- cuminc(x$time, x$event, cencode = 0)
    tp <- timepoints(ci, at[at <= max(x$time)])
    for (k in seq_along(sort(unique(x$event[x$event > 0])))) {
      cause <- sort(unique(x$event[x$event > 0]))[k]; row <- paste("1", cause)
      add(id, paste0("cuminc:", cause), tp$est[row, ], g, as.numeric(colnames(tp$est)))
      add(id, paste0("aalen_var:", cause), tp$var[row, ], g, as.numeric(colnames(tp$est)))
    }
    s <- survfit(Surv(time, event == 1) ~ 1, x)
    add(id, "cause_specific", s$surv[some], g, s$time[some])
  }
}
gray <- function(name, group, stratum = NULL, rho = 0) {
  d <- data[[name]]; d$group <- as.character(d[[group]])
  d$stratum <- if (is.null(stratum)) 1 else d[[stratum]]
  d <- d[!is.na(d$group) & !is.na(d$stratum), ]
  ci <- if (is.null(stratum)) cuminc(d$time, d$event, d$group, rho = rho, cencode = 0) else
    cuminc(d$time, d$event, d$group, strata = d$stratum, rho = rho, cencode = 0)
  id <- paste(c(name, group, stratum, rho), collapse = ":")
  add(id, "gray", ci$Tests[, "stat"], rownames(ci$Tests))
  add(id, "gray_p", ci$Tests[, "pv"], rownames(ci$Tests))
  add(id, "gray_df", ci$Tests[, "df"], rownames(ci$Tests))
}
regression <- function(name, covariates, cause = 1) {
  d <- data[[name]][, c("time", "event", covariates)]; d <- d[complete.cases(d), ]
  # crr takes G(0), not G(0-), for those who leave at zero, so they are left out here.
  d <- d[d$time > 0, ]
  X <- sapply(covariates, function(v) if (is.character(d[[v]])) as.numeric(d[[v]] == max(d[[v]])) else d[[v]])
  f <- crr(d$time, d$event, X, failcode = cause, cencode = 0, gtol = 1e-14, maxiter = 50)
  id <- paste(name, paste(covariates, collapse = "+"), cause, sep = ":")
  add(id, "crr_coef", f$coef, covariates); add(id, "crr_se", sqrt(diag(f$var)), covariates)
  add(id, "crr_loglik", f$loglik)
}
incidence("mgus2", "sex", c(12, 60, 120, 240, 300)); incidence("mgus2", "band", c(12, 60, 120, 240))
incidence("pbc", "trt", c(200, 1000, 2500, 4000)); incidence("pbc", "stage", c(1000, 2500))
incidence("transplant", "abo", c(30, 90, 365, 730)); incidence("transplant", "sex", c(30, 365))
# Delayed entry: (start, stop], with an invented entry at a quarter of the time.
for (name in c("mgus2", "transplant")) {
  x <- data[[name]]; x <- x[x$time > 0, ]; x$start <- floor(x$time / 4); x$id <- seq_len(nrow(x)); causes <- seq_len(max(x$event))
  f <- survfit(Surv(start, time, factor(event, c(0, causes))) ~ 1, x, id = id)
  s <- summary(f, times = c(12, 30, 60, 120, 240))
  for (k in causes) { add(name, paste0("late_pstate:", k), s$pstate[, k + 1], time = s$time)
    add(name, paste0("late_se:", k), s$std.err[, k + 1], time = s$time) }
}
for (rho in c(0, 1)) {
  gray("mgus2", "sex", rho = rho); gray("mgus2", "band", rho = rho); gray("mgus2", "sex", "band", rho = rho)
  gray("pbc", "trt", rho = rho); gray("pbc", "stage", rho = rho); gray("pbc", "trt", "stage", rho = rho)
  gray("transplant", "abo", rho = rho); gray("transplant", "abo", "sex", rho = rho)
}
regression("mgus2", c("age", "sex", "mspike")); regression("mgus2", c("age", "sex", "mspike"), 2)
regression("pbc", c("age", "bili", "sex")); regression("pbc", c("age", "bili", "trt"), 2)
regression("transplant", c("age", "sex")); regression("transplant", "age", 2); regression("transplant", "age", 3)

# Time-dependent exposure: the Stanford heart transplants, one row a patient.
h <- survival::heart
person <- data.frame(
  time = tapply(h$stop, h$id, max), event = tapply(h$event, h$id, max),
  exposure = tapply(ifelse(h$transplant == 1, h$start, NA), h$id, function(x) if (all(is.na(x))) NA else min(x, na.rm = TRUE)))
export(person, "exposure_heart")
for (type in c("log", "log-log")) {
  f <- survfit(Surv(start, stop, event) ~ transplant, h, conf.type = type)
  s <- summary(f, times = c(30, 90, 180, 365, 730)); g <- sub("transplant=", "", as.character(s$strata))
  for (what in c("surv", "lower", "upper", "n.risk")) add("heart", paste0(what, ":", type), s[[what]], g, s$time)
}
o <- e <- v <- 0
for (t in sort(unique(h$stop[h$event == 1]))) {
  here <- h$start < t & h$stop >= t; n <- sum(here); d <- sum(here & h$stop == t & h$event == 1)
  y <- sum(here & h$transplant == 1)
  o <- o + sum(here & h$stop == t & h$event == 1 & h$transplant == 1); e <- e + d * y / n
  if (n > 1) v <- v + d * (n - d) / (n - 1) * y / n * (1 - y / n)
}
add("heart", "mantel_byar", c(o, e, (o - e)^2 / v), c("observed", "expected", "chi_squared"))
for (landmark in c(30, 60)) {
  x <- person[person$time > landmark, ]; x$group <- !is.na(x$exposure) & x$exposure <= landmark
  add("heart", "landmark_kept", c(sum(x$group), sum(!x$group)), c("exposed", "not exposed"), landmark)
  add("heart", "landmark_left_out", c(sum(person$time <= landmark & person$event == 1),
    sum(person$time <= landmark & person$event == 0)), c("event by the landmark", "censored by the landmark"), landmark)
  s <- survdiff(Surv(time - landmark, event) ~ group, x); add("heart", "landmark_log_rank", s$chisq, time = landmark)
  s <- summary(survfit(Surv(time - landmark, event) ~ group, x, conf.type = "log-log"), times = 365)
  for (what in c("surv", "lower", "upper")) add("heart", paste0("landmark_", what), s[[what]], c("not exposed", "exposed"), landmark)
}

# Multi-state: rows (start, stop] with the state left and the state reached ("" for none).
states <- function(name, d, at, graph_states, horizon) {
  d$event <- factor(d$event, c("", graph_states[-1])); levels(d$event)[1] <- "none"
  f <- survfit(Surv(tstart, tstop, event) ~ 1, d, id = id, influence = TRUE, istate = istate)
  s <- summary(f, times = at)
  for (k in seq_along(f$states)) {
    add(name, "pstate", s$pstate[, k], f$states[k], s$time)
    add(name, "se", s$std.err[, k], f$states[k], s$time)
  }
  t <- summary(f, rmean = horizon)$table
  add(name, "rmean", t[, "rmean"], rownames(t), horizon)
  if ("se(rmean)" %in% colnames(t)) add(name, "rmean_se", t[, "se(rmean)"], rownames(t), horizon)
}
# mgus2: MGUS, then myeloma or death, and death after myeloma. Both on one day: half a month later.
p <- with(m, data.frame(id, ptime, futime = ifelse(pstat == 1 & ptime >= futime, ptime + 0.5, futime), pstat, death))
a <- with(p, data.frame(id, tstart = 0, tstop = ifelse(pstat == 1, ptime, futime), istate = "mgus",
  event = ifelse(pstat == 1, "pcm", ifelse(death == 1, "death", ""))))
b <- with(subset(p, pstat == 1), data.frame(id, tstart = ptime, tstop = futime, istate = "pcm", event = ifelse(death == 1, "death", "")))
d <- rbind(a, b); d <- d[order(d$id, d$tstart), ]; d <- d[d$tstop > d$tstart, ]
export(d, "states_mgus2"); states("mgus2", d, c(12, 60, 120, 240, 360), c("mgus", "pcm", "death"), 240)
# myeloid: entry, CR, transplant, relapse, death, as in the package's vignette on competing risks.
ms <- tmerge(myeloid[, 1:3], myeloid, id = id, death = event(futime, death), sct = event(txtime),
             cr = event(crtime), relapse = event(rltime))
code <- with(ms, cr + 2 * sct + 4 * relapse + 8 * death)
ms <- ms[!ms$id %in% unique(ms$id[!code %in% c(0, 1, 2, 4, 8)]), ]
code <- with(ms, cr + 2 * sct + 4 * relapse + 8 * death)
ms$event <- c("", "CR", "SCT", "", "relapse", "", "", "", "death")[code + 1]
ms <- ms[order(ms$id, ms$tstart), ]
ms$istate <- "entry"
for (i in seq_len(nrow(ms))[-1]) if (ms$id[i] == ms$id[i - 1])
  ms$istate[i] <- if (ms$event[i - 1] == "") ms$istate[i - 1] else ms$event[i - 1]
d <- ms[, c("id", "tstart", "tstop", "istate", "event")]
export(d, "states_myeloid"); states("myeloid", d, c(90, 180, 365, 730, 1500), c("entry", "CR", "SCT", "relapse", "death"), 730)

out <- do.call(rbind, rows)
number <- function(v) ifelse(is.na(v), "", sub(" +", "", formatC(v, digits = 17, format = "g", width = 1)))
out$time <- number(out$time); out$value <- number(out$value)
write.csv(out, "competing.csv", row.names = FALSE, quote = FALSE)
cat(nrow(out), "rows\n")
