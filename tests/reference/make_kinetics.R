# What R says of disease burdens over time. Run: Rscript --vanilla make_kinetics.R > kinetics.csv
suppressMessages({library(survival); library(MASS)})
out <- data.frame()
add <- function(id, quantity, value) out <<- rbind(out, data.frame(id, quantity, value = sprintf("%.15g", value)))
line <- function(id, m, level = 0.975) {
  add(id, "rate", coef(m)[2]); add(id, "low", confint(m)[2, 1]); add(id, "high", confint(m)[2, 2])
}
# Exact values: a least-squares line through the logarithms.
line("exact", lm(log(b) ~ d, data.frame(d = c(0, 7, 20, 41), b = c(40, 26, 8.5, 1.1))))
# Values below detection, the scatter estimated and declared (CV 25 %).
d <- c(0, 7, 14, 28, 42, 60); b <- c(2.5, 1.4, 0.55, 0.2, NA, NA); lod <- 0.05
s <- Surv(log(ifelse(is.na(b), lod, b)), !is.na(b), type = "left")
tight <- survreg.control(rel.tolerance = 1e-14, maxiter = 200)
m <- survreg(s ~ d, dist = "gaussian", control = tight)
add("left", "rate", coef(m)[2]); add("left", "se", sqrt(vcov(m)[2, 2])); add("left", "scale", m$scale); add("left", "loglik", m$loglik[2])
m <- survreg(s ~ d, dist = "gaussian", scale = sqrt(log1p(0.25^2)), control = tight)
add("left_cv", "rate", coef(m)[2]); add("left_cv", "se", sqrt(vcov(m)[2, 2])); add("left_cv", "loglik", m$loglik[2])
# Intervals, one open above.
lo <- log(c(40, 10, 4, 2, 0.5)); hi <- log(c(40, 15, 4, 3, 0.5)); hi[4] <- NA
m <- survreg(Surv(lo, hi, type = "interval2") ~ dd, data.frame(dd = c(0, 7, 14, 21, 35)), dist = "gaussian", scale = 0.3, control = tight)
add("interval", "rate", coef(m)[2]); add("interval", "se", sqrt(vcov(m)[2, 2])); add("interval", "loglik", m$loglik[2])
# Counts: negative binomial with a declared CV of 20 %, and Poisson with estimated dispersion.
k <- c(12500, 4200, 550, 61, 0); n <- c(500000, 480000, 510000, 495000, 600000); t <- c(0, 21, 59, 90, 130)
m <- glm(k ~ t + offset(log(n)), family = negative.binomial(theta = 1 / 0.2^2), epsilon = 1e-14, maxit = 200)
v <- summary(m, dispersion = 1)$cov.scaled
add("counts_cv", "rate", coef(m)[2]); add("counts_cv", "se", sqrt(v[2, 2]))
m <- glm(k ~ t + offset(log(n)), family = quasipoisson, epsilon = 1e-14, maxit = 200)
add("counts", "rate", coef(m)[2]); add("counts", "se", sqrt(vcov(m)[2, 2])); add("counts", "t", qt(0.975, 3))
# Two samples of 2.6 and 2.5 % of 500,000: counting alone, and with a CV of 10 %.
add("two", "p_counting", poisson.test(c(13000, 12500), c(500000, 500000))$p.value)
se <- sqrt(1 / 13000 + 1 / 12500 + 2 * 0.1^2)
add("two", "se_cv", se); add("two", "p_cv", 2 * pnorm(-abs(log(12500 / 13000)) / se))
write.csv(out, row.names = FALSE, na = "")
