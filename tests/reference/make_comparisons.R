# Writes comparisons.csv: what R answers on comparing groups, in the long form of survival.csv.
# Run in this folder: Rscript --vanilla make_comparisons.R   (made with R 4.2.2, survival 3.5-3)
#
# data/compare_*.csv are exported here from R's survival package.
# Where R has no function (weights other than rho, delayed entry, max-combo, fixed times), the
# answer is worked out below from the definition, in plain loops over the event times.
suppressMessages(library(survival))
rows <- list()
add <- function(id, quantity, value, group = "", time = NA)
  rows[[length(rows) + 1]] <<- data.frame(id, quantity, group, time, value = as.numeric(value))
export <- function(x, name)
  write.csv(x, file.path("data", paste0("compare_", name, ".csv")), row.names = FALSE, na = "", quote = FALSE)

# One form for all: time, status (0, 1), start (an invented delayed entry), groups and strata.
shape <- function(x) transform(x, start = floor(time / 4))
data <- list(
  lung = shape(with(survival::lung, data.frame(time, status = status - 1, sex, ecog = ph.ecog, inst))),
  veteran = shape(with(survival::veteran, data.frame(time, status, trt, celltype = as.character(celltype), prior))),
  ovarian = shape(with(survival::ovarian, data.frame(time = futime, status = fustat, rx, resid.ds))),
  aml = shape(with(survival::aml, data.frame(time, status, x))),
  colon = shape(with(subset(survival::colon, etype == 2), data.frame(time, status, rx = as.character(rx), node4, differ))),
  pbc = shape(with(survival::pbc, data.frame(time, status = as.integer(status == 2), trt, stage, sex)))
)
for (name in names(data)) export(data[[name]], name)

# Observed, expected and variance of the weighted test, by loops; `late` counts delayed entry.
loops <- function(d, weight, other = weight, late = FALSE) {
  groups <- sort(unique(as.character(d$group)))
  o <- e <- setNames(numeric(length(groups)), groups); v <- matrix(0, length(groups), length(groups))
  start <- if (late) d$start else rep(-1, nrow(d))
  for (s in unique(d$stratum)) {
    x <- d[d$stratum == s, ]; st <- start[d$stratum == s]; surv <- 1; tilde <- 1
    for (t in sort(unique(x$time[x$status == 1]))) {
      here <- st < t & x$time >= t; Y <- sum(here); died <- here & x$time == t & x$status == 1; D <- sum(died)
      y <- sapply(groups, function(g) sum(here & x$group == g))
      dd <- sapply(groups, function(g) sum(died & x$group == g))
      tilde <- tilde * (1 - D / (Y + 1))
      w <- weight(Y, surv, tilde); w2 <- other(Y, surv, tilde)
      o <- o + w * dd; e <- e + w * D * y / Y
      if (Y > 1) v <- v + w * w2 * D * (Y - D) / (Y - 1) * (diag(y / Y, length(y)) - outer(y / Y, y / Y))
      surv <- surv * (1 - D / Y)
    }
  }
  list(groups = groups, obs = o, exp = e, var = v)
}
chi <- function(r) { u <- (r$obs - r$exp)[-1]; sum(u * solve(r$var[-1, -1, drop = FALSE], u)) }
fh <- function(rho, gamma) function(Y, S, tilde) S^rho * (1 - S)^gamma
weights <- list(
  "log-rank" = function(Y, S, tilde) 1, "gehan-wilcoxon" = function(Y, S, tilde) Y,
  "tarone-ware" = function(Y, S, tilde) sqrt(Y), "peto-peto" = fh(1, 0),
  "modified-peto-peto" = function(Y, S, tilde) tilde * Y / (Y + 1),
  "fh 0 1" = fh(0, 1), "fh 1 1" = fh(1, 1), "fh 0.5 2" = fh(0.5, 2))

tests <- function(name, group, stratum = NULL) {
  d <- data[[name]]; d$group <- d[[group]]; d$stratum <- if (is.null(stratum)) 1 else d[[stratum]]
  d <- d[!is.na(d$group) & !is.na(d$stratum) & !is.na(d$time), ]
  id <- paste(c(name, group, stratum), collapse = ":")
  for (w in names(weights)) for (late in c(FALSE, TRUE)) {
    dd <- if (late) d[d$start < d$time, ] else d
    r <- loops(dd, weights[[w]], late = late); q <- paste0(w, if (late) ":late")
    add(id, paste0("chi_squared:", q), chi(r))
    add(id, paste0("observed:", q), r$obs, r$groups); add(id, paste0("expected:", q), r$exp, r$groups)
  }
  # R's own, where it has one.
  f <- if (is.null(stratum)) Surv(time, status) ~ group else Surv(time, status) ~ group + strata(stratum)
  for (rho in c(0, 0.5, 1)) {
    s <- survdiff(f, d, rho = rho)
    add(id, "survdiff", s$chisq, time = rho)
    add(id, "survdiff_p", pchisq(s$chisq, length(s$n) - 1, lower.tail = FALSE), time = rho)
  }
  s <- survdiff(f, d); score <- seq_along(s$n)
  u <- rowSums(as.matrix(s$obs)) - rowSums(as.matrix(s$exp))
  add(id, "trend", sum(score * u)^2 / sum(score * (s$var %*% score)))
  g <- sort(unique(as.character(d$group))); pairs <- combn(g, 2)
  p <- apply(pairs, 2, function(two) {
    s <- survdiff(f, d[d$group %in% two, ]); pchisq(s$chisq, 1, lower.tail = FALSE) })
  label <- apply(pairs, 2, paste, collapse = " vs ")
  add(id, "pair_p", p, label); add(id, "pair_holm", p.adjust(p, "holm"), label)
  add(id, "pair_bh", p.adjust(p, "BH"), label)
  if (length(g) == 2) combo(id, d)
}

# Max-combo: four standardised scores; the p value by nested numerical integration of the
# normal density over the region where none is beyond the greatest.
combo <- function(id, d) {
  four <- list(fh(1, 0), fh(0, 1), fh(0, 0), fh(1, 1)); V <- matrix(0, 4, 4); u <- numeric(4)
  for (a in 1:4) { r <- loops(d, four[[a]]); u[a] <- (r$obs - r$exp)[1]
    for (b in 1:4) V[a, b] <- loops(d, four[[a]], four[[b]])$var[1, 1] }
  s <- sqrt(diag(V)); m <- max(abs(u / s)); lim <- m * s
  slope <- solve(V[1:2, 1:2], V[1:2, 4]); sd4 <- sqrt(V[4, 4] - sum(slope * V[1:2, 4]))
  beta <- V[1, 2] / V[1, 1]; sd2 <- sqrt(V[2, 2] - V[1, 2]^2 / V[1, 1])
  inner <- function(x) {
    lo <- max(-lim[2], -lim[3] - x); hi <- min(lim[2], lim[3] - x); if (lo >= hi) return(0)
    integrate(function(y) { mu <- slope[1] * x + slope[2] * y
      dnorm(y, beta * x, sd2) * (pnorm((lim[4] - mu) / sd4) - pnorm((-lim[4] - mu) / sd4)) },
      lo, hi, rel.tol = 1e-12, abs.tol = 1e-14, subdivisions = 1000L)$value }
  # The borders of the region bend where its lines cross.
  cut <- sort(unique(c(-lim[1], lim[1], pmax(-lim[1], pmin(lim[1], c(lim[2] - lim[3], lim[3] - lim[2]))))))
  total <- sum(sapply(seq_len(length(cut) - 1), function(i) integrate(
    function(x) dnorm(x, 0, s[1]) * sapply(x, inner), cut[i], cut[i + 1],
    rel.tol = 1e-12, abs.tol = 1e-14, subdivisions = 1000L)$value))
  add(id, "combo_statistic", m); add(id, "combo_p", 1 - total)
}

tests("lung", "sex"); tests("lung", "ecog"); tests("lung", "sex", "inst"); tests("lung", "sex", "ecog")
tests("veteran", "celltype"); tests("veteran", "trt"); tests("veteran", "trt", "celltype")
tests("veteran", "celltype", "prior"); tests("ovarian", "rx"); tests("ovarian", "rx", "resid.ds")
tests("aml", "x"); tests("colon", "rx"); tests("colon", "rx", "node4"); tests("colon", "node4")
tests("pbc", "trt"); tests("pbc", "stage"); tests("pbc", "trt", "stage"); tests("pbc", "stage", "sex")

# Restricted means, survival at a fixed time, conditional survival, quantiles, by group.
curves <- function(name, group, horizons) {
  d <- data[[name]]; d$group <- d[[group]]; d <- d[!is.na(d$group), ]; id <- paste(name, group, sep = ":")
  means <- list(); points <- list(); g <- sort(unique(as.character(d$group)))
  for (h in horizons) {
    for (one in g) {
      fit <- survfit(Surv(time, status) ~ 1, d[d$group == one, ])
      t <- summary(fit, rmean = h)$table; s <- summary(fit, times = h)
      means[[one]] <- c(t[["rmean"]], t[["se(rmean)"]]); points[[one]] <- c(s$surv, s$std.err)
      add(id, "rmean", means[[one]][1], one, h); add(id, "rmean_se", means[[one]][2], one, h)
    }
    m <- means[[g[1]]] - means[[g[2]]]; se <- sqrt(means[[g[1]]][2]^2 + means[[g[2]]][2]^2); z <- qnorm(0.975)
    add(id, "rmean_difference", c(m[1], se, m[1] - z * se, m[1] + z * se, 2 * pnorm(-abs(m[1] / se))),
        c("", "std_err", "ci_low", "ci_high", "p_value"), h)
    a <- points[[g[1]]]; b <- points[[g[2]]]; m <- a[1] - b[1]; se <- sqrt(a[2]^2 + b[2]^2)
    add(id, "difference", c(m, se, m - z * se, m + z * se, 2 * pnorm(-abs(m / se))),
        c("", "std_err", "ci_low", "ci_high", "p_value"), h)
    x <- (log(-log(a[1])) - log(-log(b[1])))^2 / ((a[2] / (a[1] * log(a[1])))^2 + (b[2] / (b[1] * log(b[1])))^2)
    add(id, "cloglog", c(x, pchisq(x, 1, lower.tail = FALSE)), c("chi_squared", "p_value"), h)
  }
  given <- horizons[1] + 0.5   # between two days, where nothing happens
  for (one in g) for (type in c("log-log", "log", "plain")) {
    s <- summary(survfit(Surv(time, status) ~ 1, d[d$group == one, ], start.time = given, conf.type = type),
                 times = horizons[-1])
    add(id, paste0("conditional:", type), s$surv, one, s$time)
    add(id, paste0("conditional_low:", type), s$lower, one, s$time)
    add(id, paste0("conditional_high:", type), s$upper, one, s$time)
  }
}
curves("lung", "sex", c(180, 365, 600)); curves("veteran", "trt", c(60, 120, 300))
curves("colon", "node4", c(365, 1000, 2000)); curves("pbc", "trt", c(500, 1500, 3000))
curves("aml", "x", c(10, 23, 31))

# Sample size and precision, from their formulas.
for (h in c(0.5, 1.5, 2)) for (p in c(0.5, 0.3)) for (power in c(0.8, 0.9))
  add(paste("events", h, p, power), "events", (qnorm(0.975) + qnorm(power))^2 / (p * (1 - p) * log(h)^2))
for (n in c(5, 32, 200)) for (p in c(0, 0.1, 0.5)) {
  width <- sapply(0:n, function(x) diff(binom.test(x, n)$conf.int))
  add(paste("width", n, p), "clopper-pearson", sum(dbinom(0:n, n, p) * width))
  width <- sapply(0:n, function(x) suppressWarnings(diff(prop.test(x, n, correct = FALSE)$conf.int)))
  add(paste("width", n, p), "wilson", sum(dbinom(0:n, n, p) * width))
}
# Greenwood's sum with constant hazards, integrated: n people, survival, share censored.
for (n in c(20, 100)) for (s in c(0.5, 0.8)) for (cens in c(0, 0.3)) {
  l <- -log(s); k <- -log(1 - cens)
  v <- integrate(function(u) l * exp((l + k) * u), 0, 1, rel.tol = 1e-12)$value / n
  f <- exp(qnorm(0.975) * sqrt(v) / l)
  add(paste("limits", n, s, cens), "low", s^f); add(paste("limits", n, s, cens), "high", s^(1 / f))
}

out <- do.call(rbind, rows)
number <- function(v) ifelse(is.na(v), "", sub(" +", "", formatC(v, digits = 17, format = "g", width = 1)))
out$time <- number(out$time); out$value <- number(out$value)
write.csv(out, "comparisons.csv", row.names = FALSE, quote = FALSE)
cat(nrow(out), "rows\n")
