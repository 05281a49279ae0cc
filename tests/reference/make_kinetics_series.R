# What R says of many invented series of a disease burden, plain and awkward.
# Run: Rscript --vanilla make_kinetics_series.R kinetics_series.csv kinetics_series_answers.csv
suppressMessages({library(survival); library(MASS)})
set.seed(20261126)
series <- data.frame(); answers <- data.frame()
g <- function(x) sprintf("%.15g", x)
keep <- function(id, cv, day, low, high, events = NA, total = NA, rate, se, df = NA) {
  series <<- rbind(series, data.frame(id, cv = cv, day = g(day), low = g(low), high = g(high),
    events = ifelse(is.na(events), "", g(events)), total = ifelse(is.na(total), "", g(total))))
  # Student's t where the scatter is estimated, else the normal distribution.
  half <- se * if (is.na(df)) qnorm(0.975) else qt(0.975, df)
  answers <<- rbind(answers, data.frame(id, rate = g(rate), low = g(rate - half), high = g(rate + half)))
}
days_of <- function(n) sort(round(c(0, runif(n - 1, 1, 300)), 1))
burden_of <- function(d, scatter) exp(log(runif(1, 0.5, 80)) + runif(1, -0.06, 0.02) * d + rnorm(length(d), 0, scatter))

# Exact values: a least-squares line.
for (i in 1:8) {
  d <- days_of(2 + i); b <- signif(burden_of(d, 0.3), 4); m <- summary(lm(log(b) ~ d))$coefficients
  keep(paste0("exact-", i), NA, d, b, b, rate = m[2, 1], se = m[2, 2], df = length(d) - 2)
}
# Values below detection. `left` estimates the scatter from three or more exact values, and widens
# the likelihood's error by exact / (exact - 2); `left-cv` has it declared; the last are intervals.
# The likelihood is maximised from optim's place, for survreg alone may run away from it.
left <- function(id, d, lo, hi, cv = NA) {
  known <- is.finite(hi); x <- (d - min(d))[known] / 100  # a lower bound alone is left out
  low <- ifelse(lo > 0, log(lo), -Inf)[known]; high <- log(hi[known]); exact <- sum(low == high)
  fixed <- if (is.na(cv)) 0 else sqrt(log1p(cv^2))
  minus <- function(p) {
    s <- if (fixed) fixed else exp(p[3]); m <- p[1] + p[2] * x
    up <- pnorm(high, m, s, log.p = TRUE); down <- pnorm(low, m, s, log.p = TRUE)
    -sum(ifelse(low == high, dnorm(low, m, s, log = TRUE), up + log1p(-exp(pmin(down - up, 0)))))
  }
  p <- c(coef(lm(low ~ x, subset = is.finite(low))), if (!fixed) log(0.5))
  for (i in 1:20) p <- optim(p, minus, control = list(maxit = 5000, reltol = 1e-16))$par
  s <- Surv(ifelse(is.finite(low), low, NA), high, type = "interval2")
  m <- survreg(s ~ x, dist = "gaussian", scale = fixed, init = p, control = survreg.control(rel.tolerance = 1e-12, maxiter = 1000))
  stopifnot(m$loglik[2] >= -minus(p) - 1e-7)
  se <- sqrt(vcov(m)[2, 2]) / 100; rate <- coef(m)[2] / 100
  if (fixed) keep(id, cv, d, lo, hi, rate = rate, se = se)
  else keep(id, NA, d, lo, hi, rate = rate, se = se * sqrt(exact / (exact - 2)), df = exact - 2)
}
made <- 0
while (made < 10) {
  d <- days_of(sample(4:9, 1)); b <- signif(burden_of(d, 0.4), 4); lod <- sample(c(0.001, 0.01, 0.5), 1)
  seen <- b >= lod
  if (sum(seen) < 3 || all(seen)) next
  made <- made + 1
  left(paste0("left-", made), d, ifelse(seen, b, 0), ifelse(seen, b, lod))
  left(paste0("left-cv-", made), d, ifelse(seen, b, 0), ifelse(seen, b, lod), cv = sample(c(0.1, 0.25, 0.6), 1))
}
# Awkward ones: bounds that say nothing, among values that scatter little; two equal values; one day twice.
left("left-loose", c(7, 43, 96.1, 202.1, 220.3), c(9.324e-7, 0, 3.825e-7, 1.325e-7, 0), c(9.324e-7, 1, 3.825e-7, 1.325e-7, 0.001))
left("left-equal-cv", c(0, 14, 30, 60), c(5, 5, 5, 0), c(5, 5, 5, 0.01), cv = 0.2)
left("left-equal", c(0, 14, 30, 60), c(5, 5, 5, 0), c(5, 5, 5, 0.01))
left("left-day-twice-cv", c(0, 0, 21, 21), c(40, 32, 0, 0.02), c(40, 32, 0.01, 0.02), cv = 0.15)
left("left-far-calendar-cv", 20000 + c(0, 21, 50), c(40, 3, 0), c(40, 3, 0.01), cv = 0.15)
for (i in 1:6) {
  d <- days_of(5); b <- signif(burden_of(d, 0.3), 4); lo <- hi <- b
  hi[2] <- b[2] * 1.5; hi[4] <- b[4] * 2; hi[5] <- if (i %% 2) Inf else b[5]
  left(paste0("interval-cv-", i), d, lo, hi, cv = 0.3)
}
# Counts: negative binomial with the declared CV, and Poisson with the dispersion estimated (at least 1).
# The likelihood is maximised from optim's place, for glm alone may run away from it.
counts <- function(id, t, k, n, cv = NA) {
  eta <- function(p) p[1] + p[2] * t / 100 + log(n)
  minus <- function(p) if (is.na(cv)) -sum(k * eta(p) - exp(eta(p))) else -sum(dnbinom(k, size = 1 / cv^2, mu = exp(eta(p)), log = TRUE))
  p <- optim(c(log(sum(k) / sum(n)), 0), minus, control = list(maxit = 5000, reltol = 1e-15))$par
  family <- if (is.na(cv)) quasipoisson() else negative.binomial(theta = 1 / cv^2)
  x <- t / 100
  m <- suppressWarnings(glm(k ~ x + offset(log(n)), family = family, start = p, epsilon = 1e-15, maxit = 1000))
  stopifnot(-minus(coef(m)) >= -minus(p) - 1e-6)
  se <- sqrt(summary(m, dispersion = 1)$cov.scaled[2, 2]) / 100
  share <- 100 * k / n; high <- ifelse(k > 0, share, Inf); df <- length(t) - 2
  if (is.na(cv)) {
    chi <- sum((k - fitted(m))^2 / fitted(m))
    keep(id, NA, t, share, high, k, n, rate = coef(m)[2] / 100, se = se * sqrt(max(1, chi / df)), df = df)
  } else keep(id, cv, t, share, high, k, n, rate = coef(m)[2] / 100, se = se)
}
for (i in 1:12) {
  t <- days_of(sample(3:7, 1)); n <- sample(c(100, 20000, 500000, 5e6), length(t), TRUE)
  k <- pmin(n, rpois(length(t), n * pmin(0.9, burden_of(t, 0.3) / 100)))
  k[1] <- max(k[1], 3); k[2] <- max(k[2], 1)
  counts(paste0("counts-", i), t, k, n); counts(paste0("counts-cv-", i), t, k, n, cv = sample(c(0.1, 0.2, 0.5), 1))
}
# Awkward counts: zero among many after full shares, zeros around, all equal, one day twice, two samples.
counts("counts-cv-late-zero", c(99, 182, 279), c(450000, 90, 0), c(500000, 100, 5e6), cv = 0.2)
counts("counts-late-zero", c(14, 94.1, 292.3), c(46845, 500000, 0), c(500000, 500000, 5e6))
counts("counts-zeros-around", c(1, 7, 248.5, 273.3), c(2, 0, 500000, 0), c(20000, 100, 500000, 5e6))
counts("counts-cv-zeros-around", c(1, 72.4, 102.2, 242.1), c(324268, 0, 1619435, 0), c(500000, 500000, 5e6, 5e6), cv = 0.2)
counts("counts-equal", c(0, 10, 20), c(50, 50, 50), rep(1000, 3)); counts("counts-cv-equal", c(0, 10, 20), c(50, 50, 50), rep(1000, 3), cv = 0.1)
counts("counts-cv-day-twice", c(0, 0, 20, 20), c(50, 80, 5, 0), c(1000, 2000, 1000, 500), cv = 0.1)
counts("counts-cv-two", c(0, 59), c(13000, 12500), c(5e5, 5e5), cv = 0.1)
out <- commandArgs(TRUE)
write.csv(series, out[1], row.names = FALSE, na = "", quote = FALSE)
write.csv(answers, out[2], row.names = FALSE, na = "", quote = FALSE)
