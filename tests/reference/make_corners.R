# Writes corners.csv: what R answers on small invented data with what breaks conventions: heavy
# ties, times that differ by rounding, time zero, delayed entry, one to four patients, groups and
# strata of one, states in which nobody is seen from the start. In the long form of survival.csv.
# Run in this folder: Rscript --vanilla make_corners.R
#   (made with R 4.2.2, survival 3.5-3, cmprsk 2.2-11)
#
# data/corners.csv and data/states_corners.csv are invented; no patient stands behind a row.
suppressMessages({ library(survival); library(cmprsk) })
rows <- list()
add <- function(id, quantity, value, group = "", time = NA) if (length(value))
  rows[[length(rows) + 1]] <<- data.frame(id, quantity, group, time, value = as.numeric(value))
tried <- function(e) { r <- try(suppressWarnings(e), silent = TRUE); if (inherits(r, "try-error")) NULL else r }
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)

curve <- function(id, what, x, f) {
  fit <- survfit(f, x, conf.type = "log-log")
  for (q in c("surv", "n.risk", "lower", "upper")) add(id, paste(what, q), fit[[q]], time = fit$time)
  q <- tried(quantile(fit, c(0.25, 0.5, 0.75)))
  if (!is.null(q)) add(id, paste(what, "quantile"), q$quantile, time = c(0.25, 0.5, 0.75))
}
model <- function(id, what, x, f, ties, cluster = NULL) {
  x$cl <- if (is.null(cluster)) seq_len(nrow(x)) else cluster
  m <- tried(if (is.null(cluster)) coxph(f, x, ties = ties, control = tight) else
    coxph(f, x, ties = ties, cluster = cl, control = tight))
  # Separated data have no estimate to compare.
  if (is.null(m) || any(is.na(coef(m))) || any(abs(coef(m)) * c(10, 1) > 15)) return()
  add(id, paste(what, "coef"), coef(m), names(coef(m))); add(id, paste(what, "se"), sqrt(diag(vcov(m))), names(coef(m)))
  add(id, paste(what, "loglik"), m$loglik[2]); add(id, paste(what, "score"), m$score)
  z <- tried(cox.zph(m)$table)
  if (!is.null(z)) add(id, paste(what, "zph"), z[, "chisq"], rownames(z))
  k <- tried(concordance(m)); if (!is.null(k)) add(id, paste(what, "concordance"), k$concordance)
}
d <- read.csv("data/corners.csv")
d$status <- as.integer(d$event > 0)
for (id in unique(d$case)) {
  x <- d[d$case == id, ]; late <- x[x$entry < x$time, ]
  curve(id, "km", x, Surv(time, status) ~ 1)
  if (nrow(late)) curve(id, "late", late, Surv(entry, time, status) ~ 1)
  for (rho in c(0, 1)) {
    s <- tried(survdiff(Surv(time, status) ~ group, x, rho = rho)); add(id, "survdiff", s$chisq, time = rho)
    s <- tried(survdiff(Surv(time, status) ~ group + strata(stratum), x, rho = rho)); add(id, "stratified", s$chisq, time = rho)
  }
  if (nrow(x) > 4) {
    for (ties in c("efron", "breslow")) {
      model(id, paste("cox", ties), x, Surv(time, status) ~ x1 + x2, ties)
      model(id, paste("late", ties), late, Surv(entry, time, status) ~ x1 + x2, ties)
    }
    model(id, "strata efron", x, Surv(time, status) ~ x1 + x2 + strata(stratum), "efron")
    model(id, "cluster efron", x, Surv(time, status) ~ x1 + x2, "efron", x$cluster)
    # cmprsk does not bring times together that differ by rounding, so those data are not put to it.
    if (!grepl("near", id)) {
      ci <- cuminc(x$time, x$event, x$group, cencode = 0); add(id, "gray", ci$Tests[, "stat"], rownames(ci$Tests))
      ci <- cuminc(x$time, x$event, x$group, x$stratum, cencode = 0); add(id, "gray stratified", ci$Tests[, "stat"], rownames(ci$Tests))
      y <- x[x$time > 0, ]
      m <- tried(crr(y$time, y$event, cbind(y$x1, y$x2), failcode = 1, cencode = 0, gtol = 1e-12, maxiter = 50))
      if (!is.null(m) && m$converged) { add(id, "crr coef", m$coef, c("x1", "x2")); add(id, "crr se", sqrt(diag(m$var)), c("x1", "x2")) }
    }
    f <- survfit(Surv(time, factor(event, 0:2)) ~ 1, x)
    for (k in 1:2) { add(id, "aj", f$pstate[, k + 1], k, f$time); add(id, "aj se", f$std.err[, k + 1], k, f$time) }
  }
}
s <- read.csv("data/states_corners.csv")
s$event <- factor(ifelse(s$event == "", "none", s$event), c("none", "a", "b", "c"))
for (one in unique(s$case)) {
  f <- survfit(Surv(tstart, tstop, event) ~ 1, s[s$case == one, ], id = id, istate = istate)
  for (k in f$states) add(one, "pstate", f$pstate[, match(k, f$states)], k, f$time)
  # With mixed first states survival 3.5-3 takes their shares as known; decision 010.
  if (!grepl("mixed", one)) for (k in f$states) add(one, "pstate se", f$std.err[, match(k, f$states)], k, f$time)
}
out <- do.call(rbind, rows)
number <- function(v) ifelse(is.na(v), "", sub(" +", "", formatC(v, digits = 15, format = "g", width = 1)))
out$time <- number(out$time); out$value <- number(out$value)
write.csv(out, "corners.csv", row.names = FALSE, quote = FALSE)
cat(nrow(out), "rows\n")
