# Writes cox.csv: what R answers about Cox and logistic regression, in long form, and the data
# sets data/cox_*.csv that it asked about.
# Run in this folder: Rscript --vanilla make_cox.R   (made with R 4.2.2, survival 3.5-3)
#
# Columns: id (data set and model), quantity, group (covariate or term), time, value. `time` is
# the time of a curve's value, or the number of a row for residuals. An empty value is NA.
# Fits run to convergence (eps 1e-14), so that what is left is rounding, not stopping early.
suppressMessages(library(survival))
rows <- list()
add <- function(id, quantity, value, group = "", time = NA)
  rows[[length(rows) + 1]] <<- data.frame(id, quantity, group, time, value = as.numeric(value))
export <- function(x, name) {
  write.csv(x, file.path("data", paste0("cox_", name, ".csv")), row.names = FALSE, na = "", quote = FALSE)
  x
}
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)

lung <- export(transform(survival::lung[, c("time", "status", "age", "sex", "ph.ecog", "wt.loss", "inst")], status = status - 1), "lung")
veteran <- export(transform(survival::veteran, celltype = as.character(celltype), prior = NULL, diagtime = NULL), "veteran")
veteran$celltype <- factor(veteran$celltype, c("squamous", "smallcell", "adeno", "large"))
ovarian <- export(survival::ovarian[, c("futime", "fustat", "age", "resid.ds", "rx", "ecog.ps")], "ovarian")
aml <- export(transform(survival::aml, x = as.integer(x == "Nonmaintained")), "aml")
heart <- export(transform(survival::heart, transplant = as.integer(transplant == 1)), "heart")
pbc <- export(transform(subset(survival::pbc, !is.na(trt)), dead = as.integer(status == 2), logbili = log(bili))[, c("time", "dead", "trt", "age", "edema", "logbili", "albumin", "stage")], "pbc")
gbsg <- export(survival::gbsg[, c("rfstime", "status", "age", "size", "grade", "nodes", "pgr", "hormon")], "gbsg")
bladder2 <- export(survival::bladder2[, c("id", "rx", "number", "size", "start", "stop", "event", "enum")], "bladder2")
colon <- export(survival::colon[, c("id", "rx", "node4", "status", "time", "etype")], "colon")
mgus2 <- export(transform(subset(survival::mgus2, !is.na(mspike)), male = as.integer(sex == "M"))[, c("age", "male", "mspike", "futime", "death")], "mgus2")

tests <- function(id, m) {
  s <- summary(m)
  V <- as.matrix(vcov(m))
  add(id, "coef", coef(m), names(coef(m)))
  add(id, "se", sqrt(diag(V)), names(coef(m)))
  if (!is.null(m$naive.var)) add(id, "naive_se", sqrt(diag(as.matrix(m$naive.var))), names(coef(m)))
  add(id, "loglik", m$loglik[2]); add(id, "loglik_null", m$loglik[1])
  add(id, "lr", s$logtest[["test"]]); add(id, "wald", as.numeric(m$wald.test))
  add(id, "score_test", m$score); add(id, "n", m$n); add(id, "nevent", m$nevent)
}
agreement <- function(id, m) {
  k <- concordance(m, keepstrata = FALSE)
  add(id, "concordance", k$concordance); add(id, "concordance_se", sqrt(k$var))
  add(id, "pairs", k$count[1:3], c("concordant", "discordant", "tied"))
}
residuals_of <- function(id, m, every = 7) {
  pick <- function(x) seq(1, NROW(x), by = every)
  for (type in c("martingale", "deviance")) {
    x <- resid(m, type); add(id, type, x[pick(x)], time = pick(x))
  }
  for (type in c("score", "dfbeta", "schoenfeld", "scaledsch")) {
    x <- as.matrix(resid(m, type))
    for (j in seq_len(ncol(x))) add(id, type, x[pick(x), j], names(coef(m))[j], pick(x))
  }
}
ph <- function(id, m, transforms = c("km", "identity", "log", "rank")) for (tf in transforms) {
  z <- cox.zph(m, tf)$table
  add(id, paste0("zph:", tf), z[, "chisq"], rownames(z)); add(id, paste0("zph_df:", tf), z[, "df"], rownames(z))
}
curve <- function(id, m, x) {
  b <- basehaz(m, centered = FALSE)
  if (is.null(b$strata)) add(id, "basehaz", b$hazard, time = b$time)
  else add(id, "basehaz", b$hazard, sub(".*=", "", b$strata), b$time)
  s <- survfit(m, newdata = x, conf.type = "log-log")
  keep <- seq(1, length(s$time), by = 5)
  if (is.null(s$strata)) for (what in c("surv", "std.err", "lower", "upper"))
    add(id, paste0("curve:", what), s[[what]][keep], time = s$time[keep])
}
# Where a profile log-likelihood has fallen by half a chi-squared quantile, by uniroot.
profile_ci <- function(id, m, refit, name) {
  drop <- qchisq(0.95, 1) / 2
  b <- coef(m)[[name]]; se <- sqrt(vcov(m)[name, name])
  f <- function(v) m$loglik[2] - refit(v) - drop
  add(id, "profile_low", uniroot(f, c(b - 6 * se, b), tol = 1e-13)$root, name)
  add(id, "profile_high", uniroot(f, c(b, b + 6 * se), tol = 1e-13)$root, name)
}

for (ti in c("efron", "breslow", "exact")) {
  id <- paste0("lung:", ti)
  m <- coxph(Surv(time, status) ~ age + sex + ph.ecog, lung, ties = ti, control = tight)
  tests(id, m)
  if (ti != "exact") { agreement(id, m); residuals_of(id, m); ph(id, m); curve(id, m, data.frame(age = 60, sex = 2, ph.ecog = 1)) }
}
m <- coxph(Surv(time, status) ~ age + sex + ph.ecog, lung, control = tight)
profile_ci("lung:efron", m, function(v) coxph(Surv(time, status) ~ sex + ph.ecog + offset(v * age), lung, control = tight)$loglik[2], "age")
profile_ci("lung:efron", m, function(v) coxph(Surv(time, status) ~ age + ph.ecog + offset(v * sex), lung, control = tight)$loglik[2], "sex")
m <- coxph(Surv(time, status) ~ age + ph.ecog + strata(sex), lung, control = tight)
tests("lung:strata", m); agreement("lung:strata", m); residuals_of("lung:strata", m); ph("lung:strata", m); curve("lung:strata", m, data.frame(age = 60, ph.ecog = 1))
m <- coxph(Surv(time, status) ~ age + sex, lung, weights = 1 + (age > 60), control = tight)
tests("lung:weights", m); residuals_of("lung:weights", m); curve("lung:weights", m, data.frame(age = 60, sex = 1)); agreement("lung:weights", m); ph("lung:weights", m)
m <- coxph(Surv(time, status) ~ age + sex, lung, weights = 0.3 + age / 100, control = tight)
tests("lung:fractional", m); curve("lung:fractional", m, data.frame(age = 60, sex = 1)); agreement("lung:fractional", m)
m <- coxph(Surv(time, status) ~ sex + offset(age / 50), lung, control = tight)
tests("lung:offset", m); curve("lung:offset", m, data.frame(age = 60, sex = 1)); residuals_of("lung:offset", m)
m <- coxph(Surv(time, status) ~ sex * ph.ecog + age, lung, control = tight); tests("lung:interaction", m)
m <- coxph(Surv(time, status) ~ age + sex, lung, cluster = inst, control = tight); tests("lung:cluster", m); agreement("lung:cluster", m)
m <- coxph(Surv(floor(time / 4), time, status) ~ age + sex, lung, control = tight)
tests("lung:delayed", m); agreement("lung:delayed", m); residuals_of("lung:delayed", m); ph("lung:delayed", m); curve("lung:delayed", m, data.frame(age = 60, sex = 1))

m <- coxph(Surv(time, status) ~ trt + celltype + karno + age, veteran, control = tight)
tests("veteran", m); agreement("veteran", m); residuals_of("veteran", m); ph("veteran", m)
add("veteran", "zph_each:km", cox.zph(m, terms = FALSE)$table[, "chisq"], c(names(coef(m)), "GLOBAL"))
m <- coxph(Surv(futime, fustat) ~ age + rx + resid.ds + ecog.ps, ovarian, control = tight)
tests("ovarian", m); agreement("ovarian", m); residuals_of("ovarian", m, 1); ph("ovarian", m); curve("ovarian", m, data.frame(age = 55, rx = 1, resid.ds = 2, ecog.ps = 1))
for (ti in c("efron", "breslow", "exact")) {
  m <- coxph(Surv(time, status) ~ x, aml, ties = ti, control = tight); tests(paste0("aml:", ti), m)
}
m <- coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, heart, control = tight)
tests("heart", m); agreement("heart", m); residuals_of("heart", m); ph("heart", m)
m <- coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, heart, ties = "breslow", control = tight); tests("heart:breslow", m)
# With exact ties and delayed entry survival 3.5-3 answers a bare list.
m <- coxph(Surv(start, stop, event) ~ transplant, heart, ties = "exact", control = tight)
add("heart:exact", "mantel_byar", m$score); add("heart:exact", "exact_coef", m$coefficients); add("heart:exact", "exact_se", sqrt(m$var[1, 1]))
m <- coxph(Surv(start, stop, event) ~ transplant, heart, cluster = id, control = tight); tests("heart:cluster", m); agreement("heart:cluster", m)
m <- coxph(Surv(time, dead) ~ trt + age + edema + logbili + albumin, pbc, control = tight)
tests("pbc", m); agreement("pbc", m); ph("pbc", m); curve("pbc", m, data.frame(trt = 1, age = 50, edema = 0, logbili = 0.6, albumin = 3.5))
m <- coxph(Surv(time, dead) ~ trt + age + logbili + strata(stage), pbc, control = tight); tests("pbc:strata", m); agreement("pbc:strata", m); ph("pbc:strata", m)
m <- coxph(Surv(rfstime, status) ~ age + size + grade + nodes + pgr + hormon, gbsg, control = tight)
tests("gbsg", m); agreement("gbsg", m); ph("gbsg", m); residuals_of("gbsg", m, 61)
m <- coxph(Surv(start, stop, event) ~ rx + number + size + strata(enum), bladder2, cluster = id, control = tight)
tests("bladder2", m); agreement("bladder2", m); ph("bladder2", m)
m <- coxph(Surv(time, status) ~ rx + node4 + strata(etype), colon, cluster = id, control = tight); tests("colon", m); agreement("colon", m); ph("colon", m)
m <- coxph(Surv(age, age + futime / 12, death) ~ male + mspike, mgus2, control = tight); tests("mgus2:age", m); agreement("mgus2:age", m); ph("mgus2:age", m)

# Logistic regression: death within the study, by age, residual disease and treatment.
logit <- function(id, formula, data, w = rep(1, nrow(data))) {
  data$w <- w
  environment(formula) <- environment()
  m <- glm(formula, binomial, data, w, control = glm.control(epsilon = 1e-14, maxit = 100))
  add(id, "coef", coef(m), names(coef(m))); add(id, "se", sqrt(diag(vcov(m))), names(coef(m)))
  add(id, "loglik", logLik(m)); add(id, "lr", m$null.deviance - m$deviance)
  X <- model.matrix(m)
  for (name in names(coef(m))[-1]) {
    other <- X[, colnames(X) != name, drop = FALSE]; y <- m$y; w <- m$prior.weights
    f <- function(v) glm.fit(other, y, w, offset = v * X[, name], family = binomial(), control = glm.control(epsilon = 1e-14, maxit = 100))$deviance - m$deviance - qchisq(0.95, 1)
    b <- coef(m)[[name]]; s <- sqrt(vcov(m)[name, name])
    add(id, "profile_low", uniroot(f, c(b - 6 * s, b), tol = 1e-13)$root, name)
    add(id, "profile_high", uniroot(f, c(b, b + 6 * s), tol = 1e-13)$root, name)
  }
}
logit("logistic:ovarian", fustat ~ age + resid.ds, ovarian)
logit("logistic:lung", status ~ age + sex + ph.ecog, lung)
logit("logistic:pbc", dead ~ trt + age + logbili + albumin, pbc)
logit("logistic:gbsg", status ~ age + size + nodes + hormon, gbsg, 1 + (gbsg$age > 50))

out <- do.call(rbind, rows)
number <- function(v) ifelse(is.na(v), "", sub(" +", "", formatC(v, digits = 17, format = "g", width = 1)))
out$time <- number(out$time); out$value <- number(out$value)
write.csv(out, "cox.csv", row.names = FALSE, quote = FALSE)
cat(nrow(out), "rows\n")
