# Writes options.csv: what R answers when options meet (weights, delayed entry, strata, ties,
# clusters, transforms), on data that no other script here asks about; in long form.
# Run in this folder: Rscript --vanilla make_options.R
#   (made with R 4.2.2, survival 3.5-3, cmprsk 2.2-11, MASS 7.3, boot 1.3)
#
# data/options_*.csv are exported here from R's packages survival (rotterdam, every fourth row;
# nwtco, every eighth; diabetic, rats, cgd, kidney, stanford2), MASS (Melanoma, gehan, birthwt)
# and boot (channing). Weights are whole numbers, so that they count rows, or fractions.
# Where R has no function (log-rank tests with delayed entry, Firth's penalty), the answer is
# worked out from its definition, in plain loops or by refitted likelihoods.
suppressMessages({ library(survival); library(cmprsk) })
rows <- list()
add <- function(id, quantity, value, group = "", time = NA)
  rows[[length(rows) + 1]] <<- data.frame(id, quantity, group, time, value = as.numeric(value))
export <- function(x, name) {
  write.csv(x, file.path("data", paste0("options_", name, ".csv")), row.names = FALSE, na = "", quote = FALSE)
  invisible(x)
}
every <- function(x, k) x[seq(1, nrow(x), by = k), ]
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)

rotterdam <- export(with(every(survival::rotterdam, 4), data.frame(rtime, recur, dtime, death, meno,
  size = as.integer(size), grade, nodes, age, hormon, w = nodes %% 3 + 1, start = floor(dtime / 3) * (age > 50))), "rotterdam")
nwtco <- export(with(every(survival::nwtco, 8), data.frame(edrel, rel, stage, histol, age,
  w = ifelse(rel == 1, 1, 2.5 + stage / 4))), "nwtco")
diabetic <- export(with(survival::diabetic, data.frame(id, laser = as.character(laser), age, trt, risk, time, status)), "diabetic")
rats <- export(with(survival::rats, data.frame(litter, rx, time, status, male = as.integer(sex == "m"))), "rats")
cgd <- export(with(survival::cgd, data.frame(id, treat = as.integer(treat == "rIFN-g"), age, steroids,
  hos = as.integer(hos.cat), tstart, tstop, enum, status)), "cgd")
kidney <- export(with(survival::kidney, data.frame(id, time, status, age, sex, disease = as.character(disease))), "kidney")
stanford2 <- export(with(survival::stanford2, data.frame(time, status, age, t5)), "stanford2")
melanoma <- export(with(MASS::Melanoma, data.frame(time, event = c(1, 0, 2)[status], sex, age, thick = thickness, ulcer,
  band = as.integer(cut(thickness, c(0, 1.5, 4, 100))), w = year %% 3 + 1)), "melanoma")
gehan <- export(with(MASS::gehan, data.frame(pair, time, cens, treat = as.integer(treat == "6-MP"))), "gehan")
channing <- export(with(subset(boot::channing, exit > entry), data.frame(male = as.integer(sex == "Male"), entry, exit, cens)), "channing")
birthwt <- export(with(MASS::birthwt, data.frame(low, age, lwt, race = as.character(race), smoke, ht)), "birthwt")

# Curves ---------------------------------------------------------------------------------------
repeated <- function(d, w) d[rep(seq_len(nrow(d)), w), ]
curve <- function(id, f, level) {
  keep <- unique(c(seq(1, length(f$time), length.out = min(25, length(f$time))), length(f$time)))
  for (what in c("surv", "std.err", "lower", "upper"))
    add(id, paste0(what, ":", f$conf.type), f[[what]][keep], time = f$time[keep])
  q <- quantile(f, c(0.1, 0.25, 0.5, 0.6, 0.75, 0.9))
  for (what in names(q)) add(id, paste0("quantile_", what, ":", f$conf.type), q[[what]], time = c(0.1, 0.25, 0.5, 0.6, 0.75, 0.9))
}
types <- c("plain", "log", "log-log", "logit", "arcsin")
for (type in types) {
  for (g in 0:1) {
    x <- rotterdam[rotterdam$meno == g & rotterdam$start < rotterdam$dtime, ]
    curve(paste0("rotterdam:late+weights:", g), survfit(Surv(start, dtime, death) ~ 1, x, weights = w, conf.type = type, conf.int = 0.9))
    x <- channing[channing$male == g, ]
    curve(paste0("channing:late:", g), survfit(Surv(entry, exit, cens) ~ 1, x, conf.type = type))
    curve(paste0("channing:from900:", g), survfit(Surv(entry, exit, cens) ~ 1, x[x$exit > 900, ], start.time = 900, conf.type = type))
    x <- gehan[gehan$treat == g, ]
    curve(paste0("gehan:", g), survfit(Surv(time, cens) ~ 1, x, conf.type = type, conf.int = 0.99))
    curve(paste0("gehan:reverse:", g), survfit(Surv(time, 1 - cens) ~ 1, x, conf.type = type))
  }
  curve("kidney", survfit(Surv(time, status) ~ 1, kidney, conf.type = type))
  curve("stanford2", survfit(Surv(time, status) ~ 1, stanford2, conf.type = type, conf.int = 0.8))
}
for (g in 0:1) for (h in c(700, 1500, 3000)) {
  x <- rotterdam[rotterdam$meno == g & rotterdam$start < rotterdam$dtime, ]
  t <- summary(survfit(Surv(start, dtime, death) ~ 1, x, weights = w), rmean = h)$table
  add(paste0("rotterdam:late+weights:", g), "rmean", t[["rmean"]], time = h)
  add(paste0("rotterdam:late+weights:", g), "rmean_se", t[["se(rmean)"]], time = h)
}
for (g in 0:1) for (h in c(8, 10, 22)) {
  t <- summary(survfit(Surv(time, cens) ~ 1, gehan[gehan$treat == g, ]), rmean = h)$table
  add(paste0("gehan:", g), "rmean", t[["rmean"]], time = h); add(paste0("gehan:", g), "rmean_se", t[["se(rmean)"]], time = h)
}

# Log-rank tests: weights, delayed entry and strata together -------------------------------------
loops <- function(d, weight) {
  groups <- sort(unique(as.character(d$group)))
  o <- e <- setNames(numeric(length(groups)), groups); v <- matrix(0, length(groups), length(groups))
  for (s in unique(d$stratum)) {
    x <- d[d$stratum == s, ]; surv <- 1
    for (t in sort(unique(x$time[x$status == 1]))) {
      here <- x$start < t & x$time >= t; Y <- sum(here); died <- here & x$time == t & x$status == 1; D <- sum(died)
      y <- sapply(groups, function(g) sum(here & x$group == g)); dd <- sapply(groups, function(g) sum(died & x$group == g))
      w <- weight(Y, surv); o <- o + w * dd; e <- e + w * D * y / Y
      if (Y > 1) v <- v + w^2 * D * (Y - D) / (Y - 1) * (diag(y / Y, length(y)) - outer(y / Y, y / Y))
      surv <- surv * (1 - D / Y)
    }
  }
  u <- (o - e)[-1]; sc <- seq_along(groups) - mean(seq_along(groups))
  list(groups = groups, o = o, e = e, chi = if (det(v[-1, -1, drop = FALSE]) <= 1e-12) NA else sum(u * solve(v[-1, -1, drop = FALSE], u)), trend = sum(sc * (o - e))^2 / sum(sc * (v %*% sc)))
}
kinds <- list("log-rank" = function(Y, S) 1, "gehan-wilcoxon" = function(Y, S) Y, "tarone-ware" = function(Y, S) sqrt(Y),
  "peto-peto" = function(Y, S) S, "fh 0.5 0.5" = function(Y, S) sqrt(S * (1 - S)), "fh 0 2" = function(Y, S) (1 - S)^2)
test <- function(id, d) for (k in names(kinds)) {
  r <- loops(d, kinds[[k]])
  add(id, paste0("chi:", k), r$chi); add(id, paste0("trend:", k), r$trend)
  add(id, paste0("observed:", k), r$o, r$groups); add(id, paste0("expected:", k), r$e, r$groups)
}
x <- rotterdam[rotterdam$start < rotterdam$dtime, ]
test("rotterdam:late+weights+strata", repeated(with(x, data.frame(start, time = dtime, status = death, group = size, stratum = grade, w)), x$w))
test("channing:late", with(channing, data.frame(start = entry, time = exit, status = cens, group = male, stratum = 1)))
test("gehan:pairs", with(gehan, data.frame(start = -1, time, status = cens, group = treat, stratum = pair)))
test("kidney:disease", with(kidney, data.frame(start = -1, time, status, group = disease, stratum = sex)))
for (rho in c(0, 0.3, 1, 2)) {
  x <- repeated(rotterdam, rotterdam$w)
  s <- survdiff(Surv(dtime, death) ~ size + strata(grade), x, rho = rho); add("rotterdam:weights+strata", "survdiff", s$chisq, time = rho)
  s <- survdiff(Surv(time, status) ~ disease + strata(sex), kidney, rho = rho); add("kidney:disease", "survdiff", s$chisq, time = rho)
  s <- survdiff(Surv(time, cens) ~ treat, gehan, rho = rho); add("gehan", "survdiff", s$chisq, time = rho)
}

# Competing risks --------------------------------------------------------------------------------
competing <- function(id, d, at) {
  ci <- cuminc(d$time, d$event, cencode = 0); tp <- timepoints(ci, at)
  f <- survfit(Surv(time, factor(event, 0:2)) ~ 1, d, conf.type = "log-log"); s <- summary(f, times = at)
  for (k in 1:2) {
    add(id, paste0("cif:", k), s$pstate[, k + 1], time = at); add(id, paste0("cif_se:", k), s$std.err[, k + 1], time = at)
    add(id, paste0("cif_low:", k), s$lower[, k + 1], time = at); add(id, paste0("cif_high:", k), s$upper[, k + 1], time = at)
    add(id, paste0("aalen_var:", k), tp$var[paste(1, k), ], time = at)
  }
}
relapse <- with(rotterdam, data.frame(time = pmin(rtime, dtime), event = ifelse(recur == 1, 1, 2 * death), meno, size, grade, hormon, nodes, age, w))
export(relapse, "relapse")
competing("melanoma", melanoma, c(500, 1500, 2500, 4000)); competing("relapse", relapse, c(200, 1000, 2500, 5000))
for (g in 1:3) competing(paste0("melanoma:", g), melanoma[melanoma$band == g, ], c(1500, 2500, 3000))
for (rho in c(0, 0.5, 1, 2)) {
  gray <- function(id, d, group, stratum = rep(1, nrow(d))) {
    t <- cuminc(d$time, d$event, d[[group]], stratum, rho = rho, cencode = 0)$Tests
    add(id, "gray", t[, "stat"], rownames(t), rho); add(id, "gray_p", t[, "pv"], rownames(t), rho)
  }
  gray("melanoma:ulcer", melanoma, "ulcer"); gray("melanoma:ulcer:band", melanoma, "ulcer", melanoma$band)
  gray("melanoma:band:sex", melanoma, "band", melanoma$sex)
  x <- repeated(relapse, relapse$w); gray("relapse:weights:size:grade", x, "size", x$grade)
  x <- repeated(melanoma, melanoma$w); gray("melanoma:weights:ulcer:band", x, "ulcer", x$band)
}
for (k in 1:2) {
  f <- with(melanoma, crr(time, event, cbind(ulcer, sex, age), failcode = k, cencode = 0, gtol = 1e-14, maxiter = 50))
  add(paste0("melanoma:fg:", k), "coef", f$coef, names(f$coef)); add(paste0("melanoma:fg:", k), "se", sqrt(diag(f$var)), names(f$coef)); add(paste0("melanoma:fg:", k), "loglik", f$loglik)
  f <- with(relapse, crr(time, event, cbind(hormon, size, age), failcode = k, cencode = 0, gtol = 1e-14, maxiter = 50))
  add(paste0("relapse:fg:", k), "coef", f$coef, names(f$coef)); add(paste0("relapse:fg:", k), "se", sqrt(diag(f$var)), names(f$coef)); add(paste0("relapse:fg:", k), "loglik", f$loglik)
  # Censoring of its own in each group of the censoring.
  f <- with(relapse, crr(time, event, cbind(hormon, size, age), cengroup = meno, failcode = k, cencode = 0, gtol = 1e-14, maxiter = 50))
  add(paste0("relapse:fg+cengroup:", k), "coef", f$coef, names(f$coef)); add(paste0("relapse:fg+cengroup:", k), "se", sqrt(diag(f$var)), names(f$coef)); add(paste0("relapse:fg+cengroup:", k), "loglik", f$loglik)
  # Strata: rows of finegray, with the censoring of each stratum, in a stratified Cox model.
  d <- transform(relapse, id = seq_len(nrow(relapse)), status = factor(event, 0:2))
  g <- finegray(Surv(time, status) ~ strata(grade) + hormon + size + age + grade + id, d, etype = k, id = id)
  m <- coxph(Surv(fgstart, fgstop, fgstatus) ~ hormon + size + age + strata(grade), g, weights = fgwt, ties = "breslow", cluster = id, control = tight)
  add(paste0("relapse:fg+strata:", k), "coef", coef(m), names(coef(m))); add(paste0("relapse:fg+strata:", k), "se", sqrt(diag(vcov(m))), names(coef(m)))
  # Delayed entry and a coefficient that differs from 1000 days on.
  d <- transform(subset(d, time > 3), start = floor(time / 4) * (age > 50))
  g <- finegray(Surv(start, time, status) ~ hormon + size + age + id, d, etype = k, id = id)
  m <- coxph(Surv(fgstart, fgstop, fgstatus) ~ hormon + size + age, g, weights = fgwt, ties = "breslow", cluster = id, control = tight)
  add(paste0("relapse:fg+late:", k), "coef", coef(m), names(coef(m))); add(paste0("relapse:fg+late:", k), "se", sqrt(diag(vcov(m))), names(coef(m)))
  s <- survSplit(Surv(fgstart, fgstop, fgstatus) ~ ., g, cut = 1000, episode = "part")
  m <- coxph(Surv(fgstart, fgstop, fgstatus) ~ hormon + size + age + I(hormon * (part == 2)), s, weights = fgwt, ties = "breslow", cluster = id, control = tight)
  add(paste0("relapse:fg+late+split:", k), "coef", coef(m), c("hormon", "size", "age", "late")); add(paste0("relapse:fg+late+split:", k), "se", sqrt(diag(vcov(m))), c("hormon", "size", "age", "late"))
}
# States: none, one, two or more infections, with people leaving at any time.
d <- cgd; d$from <- pmin(d$enum - 1, 2); d <- subset(d, from < 2); d$event <- factor(ifelse(d$status == 1, d$enum, 0), 0:2, c("none", "one", "two"))
d$istate <- factor(d$from, 0:1, c("zero", "one"))
export(data.frame(id = d$id, treat = d$treat, tstart = d$tstart, tstop = d$tstop, origin = as.character(d$istate), target = ifelse(d$status == 1, c("one", "two")[pmin(d$enum, 2)], "")), "infections")
for (g in 0:1) {
  f <- survfit(Surv(tstart, tstop, event) ~ 1, d[d$treat == g, ], id = id, istate = istate); s <- summary(f, times = c(60, 150, 300))
  for (k in seq_along(f$states)) { add(paste0("infections:", g), "pstate", s$pstate[, k], f$states[k], s$time); add(paste0("infections:", g), "se", s$std.err[, k], f$states[k], s$time) }
  t <- summary(f, rmean = 300)$table; add(paste0("infections:", g), "rmean", t[, "rmean"], rownames(t))
}

# Cox models -------------------------------------------------------------------------------------
tests <- function(id, m) {
  s <- summary(m); V <- as.matrix(vcov(m)); add(id, "coef", coef(m), names(coef(m))); add(id, "se", sqrt(diag(V)), names(coef(m)))
  if (!is.null(m$naive.var)) add(id, "naive_se", sqrt(diag(as.matrix(m$naive.var))), names(coef(m)))
  add(id, "loglik", m$loglik[2]); add(id, "loglik_null", m$loglik[1]); add(id, "lr", s$logtest[["test"]])
  add(id, "wald", as.numeric(m$wald.test)); add(id, "score_test", m$score)
}
checks <- function(id, m, zph = TRUE) {
  k <- concordance(m, keepstrata = FALSE); add(id, "concordance", k$concordance); add(id, "concordance_se", sqrt(k$var)); add(id, "pairs", k$count[1:3], c("concordant", "discordant", "tied"))
  if (zph) for (tf in c("km", "identity", "log", "rank")) { z <- cox.zph(m, tf, terms = FALSE)$table; add(id, paste0("zph:", tf), z[, "chisq"], c(names(coef(m)), "GLOBAL")) }
  pick <- function(x) seq(1, NROW(x), by = 23)
  for (type in c("martingale", "deviance")) { x <- resid(m, type); add(id, type, x[pick(x)], time = pick(x)) }
  for (type in c("score", "dfbeta", "schoenfeld", "scaledsch")) { x <- as.matrix(resid(m, type)); for (j in seq_len(ncol(x))) add(id, type, x[pick(x), j], names(coef(m))[j], pick(x)) }
}
predicted <- function(id, m, new, types = c("log-log", "log", "plain", "logit")) {
  for (type in types) {
    f <- survfit(m, newdata = new, conf.type = type); s <- if (is.null(f$strata)) rep("1", length(f$time)) else rep(sub(".*=", "", names(f$strata)), f$strata)
    keep <- seq(1, length(f$time), by = 9)
    for (what in c("surv", "std.err", "lower", "upper")) add(id, paste0("curve_", what, ":", type), f[[what]][keep], s[keep], f$time[keep])
  }
}
late <- rotterdam[rotterdam$start < rotterdam$dtime, ]
for (ti in c("efron", "breslow")) {
  m <- coxph(Surv(start, dtime, death) ~ age + nodes + hormon + strata(size), late, weights = w, ties = ti, control = tight)
  id <- paste0("rotterdam:late+weights+strata:", ti); tests(id, m); checks(id, m); predicted(id, m, data.frame(age = 55, nodes = 3, hormon = 1))
  m <- coxph(Surv(edrel, rel) ~ age + histol + strata(stage), nwtco, weights = w, ties = ti, control = tight)
  id <- paste0("nwtco:fractional+strata:", ti); tests(id, m); checks(id, m); predicted(id, m, data.frame(age = 40, histol = 1))
  m <- coxph(Surv(time, status) ~ trt + age + risk + trt:age, diabetic, cluster = id, ties = ti, control = tight)
  id <- paste0("diabetic:cluster:", ti); tests(id, m); checks(id, m); predicted(id, m, data.frame(trt = 1, age = 20, risk = 9))
  x <- as.matrix(resid(m, "dfbeta", collapse = diabetic$id)); some <- seq(1, nrow(x), by = 11)
  for (j in seq_len(ncol(x))) add(id, "dfbeta_by_cluster", x[some, j], names(coef(m))[j], some)
}
m <- coxph(Surv(tstart, tstop, status) ~ treat + age + steroids + strata(hos), cgd, cluster = id, control = tight); tests("cgd", m); checks("cgd", m); predicted("cgd", m, data.frame(treat = 1, age = 12, steroids = 0))
m <- coxph(Surv(time, status) ~ rx + strata(male), rats, cluster = litter, control = tight); tests("rats:cluster", m)
m <- coxph(Surv(time, status) ~ age + sex + offset(age / 40) + strata(disease), kidney, control = tight); tests("kidney:offset+strata", m)
m <- coxph(Surv(time, status) ~ age + t5, stanford2, control = tight); tests("stanford2", m); checks("stanford2", m); predicted("stanford2", m, data.frame(age = 40, t5 = 1))
exact <- function(id, f, d) { m <- coxph(f, d, ties = "exact", control = tight); add(id, "coef", coef(m), names(coef(m))); add(id, "se", sqrt(diag(as.matrix(m$var))), names(coef(m))); add(id, "loglik", m$loglik[2]); add(id, "score_test", m$score) }
exact("rats:exact+strata", Surv(time, status) ~ rx + strata(male), rats); exact("gehan:exact+pairs", Surv(time, cens) ~ treat + strata(pair), gehan)
exact("kidney:exact+strata", Surv(time, status) ~ age + sex + strata(disease), kidney); exact("channing:exact+late", Surv(entry, exit, cens) ~ male, channing)

# Firth: half the log determinant of the information added to R's own log-likelihood.
firth <- function(id, f, d, n, level = 0.95, ...) {
  at <- function(b) { m <- coxph(f, d, init = b, control = coxph.control(iter.max = 0, toler.chol = 1e-15), ...)
    v <- if (is.null(m$naive.var)) m$var else m$naive.var; c(m$loglik[length(m$loglik)], -determinant(as.matrix(v))$modulus / 2, v) }
  value <- function(b) { x <- suppressWarnings(at(b)); x[1] + x[2] }
  slope <- function(b, free) sapply(free, function(j) { h <- 1e-4 * scale[j]; e <- replace(numeric(n), j, 1)
    (8 * (value(b + h * e) - value(b - h * e)) - value(b + 2 * h * e) + value(b - 2 * h * e)) / (12 * h) })
  scale <- 1; start <- suppressWarnings(at(rep(0, n))); scale <- sqrt(diag(matrix(start[-(1:2)], n)))
  best <- function(b, free) {
    if (!length(free)) return(b)
    for (i in 1:60) { g <- slope(b, free); v <- matrix(suppressWarnings(at(b))[-(1:2)], n)
      step <- solve(solve(v)[free, free, drop = FALSE], g); while (value(replace(b, free, b[free] + step)) < value(b) - 1e-9) step <- step / 2
      b[free] <- b[free] + step; if (max(abs(step / scale[free])) < 1e-9) break }
    b }
  b <- best(rep(0, n), seq_len(n)); top <- value(b); v <- matrix(suppressWarnings(at(b))[-(1:2)], n)
  add(id, "firth_coef", b, seq_len(n)); add(id, "firth_se", sqrt(diag(v)), seq_len(n)); add(id, "firth_loglik", top)
  for (j in seq_len(n)) {
    fall <- function(x) top - value(best(replace(b, j, x), setdiff(seq_len(n), j))) - qchisq(level, 1) / 2
    for (way in c(-1, 1)) { far <- 1; while (fall(b[j] + way * far * sqrt(v[j, j])) < 0) far <- far * 1.5
      add(id, if (way < 0) "firth_low" else "firth_high", uniroot(fall, sort(c(b[j], b[j] + way * far * sqrt(v[j, j]))), tol = 1e-11)$root, j) }
    add(id, "firth_lr", 2 * (top - value(best(replace(b, j, 0), setdiff(seq_len(n), j)))), j)
  }
}
firth("rats:firth+strata", Surv(time, status) ~ rx + strata(male), rats, 1)
firth("kidney:firth+strata", Surv(time, status) ~ age + I(sex - 1) + strata(disease), kidney, 2)
firth("gehan:firth", Surv(time, cens) ~ treat, gehan, 1)
firth("gehan:firth:breslow", Surv(time, cens) ~ treat, gehan, 1, 0.9, ties = "breslow")
firth("channing:firth+late", Surv(entry, exit, cens) ~ male, channing, 1)
# A cohort in which every event is on one side.
apart <- export(data.frame(time = c(2, 3, 3, 5, 8, 9, 9, 12, 14, 20, 21, 25), status = c(1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0), x = c(1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 1, 0), z = c(5, 3, 6, 2, 4, 7, 1, 3, 5, 2, 6, 4)), "apart")
firth("apart:firth", Surv(time, status) ~ x + z, apart, 2)

# Logistic models --------------------------------------------------------------------------------
logistic <- function(id, f, d, w = rep(1, nrow(d)), off = rep(0, nrow(d))) {
  d$w <- w; d$off <- off; environment(f) <- environment()
  m <- glm(f, binomial, d, weights = w, offset = off, control = glm.control(epsilon = 1e-14, maxit = 100))
  add(id, "coef", coef(m), names(coef(m))); add(id, "se", sqrt(diag(vcov(m))), names(coef(m))); add(id, "loglik", logLik(m)); add(id, "lr", m$null.deviance - m$deviance)
  X <- model.matrix(m); y <- m$y
  # Firth: the modified score equations, solved to rounding.
  solve_firth <- function(b, free) { for (i in 1:500) { p <- plogis(drop(X %*% b) + off); W <- w * p * (1 - p); v <- solve(crossprod(X, W * X))
    h <- W * rowSums((X %*% v) * X); g <- crossprod(X, w * (y - p) + h * (0.5 - p)); step <- solve(crossprod(X, W * X)[free, free, drop = FALSE], g[free]); for (cut in 1:30) { new <- replace(b, free, b[free] + step); if (is.finite(pen(new)) && pen(new) >= pen(b) - 1e-10) break; step <- step / 2 }; b <- new; if (max(abs(step)) < 1e-13) break }; b }
  pen <- function(b) { p <- plogis(drop(X %*% b) + off); sum(w * (y * log(p) + (1 - y) * log1p(-p))) + determinant(crossprod(X, w * p * (1 - p) * X))$modulus / 2 }
  all <- seq_len(ncol(X)); b <- solve_firth(0 * coef(m), all); p <- plogis(drop(X %*% b) + off)
  add(id, "firth_coef", b, names(coef(m))); add(id, "firth_se", sqrt(diag(solve(crossprod(X, w * p * (1 - p) * X)))), names(coef(m))); add(id, "firth_loglik", pen(b))
  se <- sqrt(diag(solve(crossprod(X, w * p * (1 - p) * X))))
  for (j in all[-1]) { fall <- function(x) pen(b) - pen(solve_firth(replace(b, j, x), setdiff(all, j))) - qchisq(0.95, 1) / 2
    add(id, "firth_low", uniroot(fall, c(b[j] - 4 * se[j], b[j]), tol = 1e-12)$root, names(coef(m))[j]); add(id, "firth_high", uniroot(fall, c(b[j], b[j] + 4 * se[j]), tol = 1e-12)$root, names(coef(m))[j]) }
}
logistic("birthwt", low ~ age + lwt + smoke + ht, birthwt)
logistic("birthwt:weights+offset", low ~ age + smoke, birthwt, 1 + birthwt$age %% 3, birthwt$lwt / 100 - 1)

# Describing a cohort, with intervals at other levels --------------------------------------------
for (level in c(0.8, 0.9, 0.99)) {
  z <- qnorm((1 + level) / 2)
  wilson <- function(x, n) suppressWarnings(prop.test(x, n, correct = FALSE, conf.level = level)$conf.int)
  for (k in list(c(0, 7), c(3, 50), c(25, 25), c(1, 1), c(40, 71))) {
    x <- k[1]; n <- k[2]; id <- paste("share", x, n)
    add(id, "clopper-pearson", binom.test(x, n, conf.level = level)$conf.int, c("low", "high"), level)
    add(id, "wilson", wilson(x, n), c("low", "high"), level)
    add(id, "jeffreys", c(if (x == 0) 0 else qbeta((1 - level) / 2, x + 0.5, n - x + 0.5), if (x == n) 1 else qbeta((1 + level) / 2, x + 0.5, n - x + 0.5)), c("low", "high"), level)
    p <- (x + z^2 / 2) / (n + z^2); h <- z * sqrt(p * (1 - p) / (n + z^2)); add(id, "agresti-coull", c(max(p - h, 0), min(p + h, 1)), c("low", "high"), level)
    add(id, "rate", poisson.test(x, n / 3, conf.level = level)$conf.int, c("low", "high"), level)
  }
  for (k in list(c(3, 50, 9, 41), c(0, 12, 5, 20), c(17, 17, 9, 30))) {
    a <- k[1]; m <- k[2]; b <- k[3]; n <- k[4]; id <- paste("shares", a, m, b, n)
    w1 <- wilson(a, m); w2 <- wilson(b, n); d <- a / m - b / n
    add(id, "newcombe", c(d - sqrt((a / m - w1[1])^2 + (w2[2] - b / n)^2), d + sqrt((w1[2] - a / m)^2 + (b / n - w2[1])^2)), c("low", "high"), level)
    add(id, "wald", suppressWarnings(prop.test(c(a, b), c(m, n), correct = FALSE, conf.level = level)$conf.int), c("low", "high"), level)
    if (a > 0) { s <- sqrt(1 / a - 1 / m + 1 / b - 1 / n); add(id, "risk_ratio", a / m / (b / n) * exp(c(-1, 1) * z * s), c("low", "high"), level) }
    add(id, "rate_ratio", poisson.test(c(a, b), c(m, n), conf.level = level)$conf.int, c("low", "high"), level)
  }
  t5 <- stanford2[!is.na(stanford2$t5), ]; t5 <- t5[!duplicated(t5$t5), ]
  w <- wilcox.test(t5$t5[t5$age > 45], t5$t5[t5$age <= 45], exact = TRUE, conf.int = TRUE, conf.level = level)
  add("t5", "shift-exact", c(w$conf.int, w$estimate), c("low", "high", "value"), level); add("t5", "shift-exact-p", w$p.value)
  w <- wilcox.test(thick ~ ulcer, melanoma, exact = FALSE, conf.int = TRUE, conf.level = level, tol.root = 1e-12)
  add("thick", "shift-normal", w$conf.int, c("low", "high"), level)
}
some <- function(id, value, group) {
  add(id, "kruskal", unlist(kruskal.test(value, factor(group))[c("statistic", "p.value")]), c("statistic", "p"))
  for (equal in c(TRUE, FALSE)) { f <- oneway.test(value ~ group, var.equal = equal); add(id, if (equal) "anova" else "welch-anova", c(f$statistic, f$p.value), c("statistic", "p")) }
  if (length(unique(group)) == 2) { g <- sort(unique(group)); x <- value[group == g[1]]; y <- value[group == g[2]]
    for (equal in c(TRUE, FALSE)) { f <- t.test(x, y, var.equal = equal); add(id, if (equal) "student-t" else "welch-t", c(f$statistic, f$p.value), c("statistic", "p")) }
    f <- wilcox.test(x, y, exact = FALSE); add(id, "wilcoxon", c(f$statistic, f$p.value), c("statistic", "p")) }
}
some("melanoma:thick:ulcer", melanoma$thick, melanoma$ulcer); some("melanoma:age:band", melanoma$age, melanoma$band)
some("rotterdam:nodes:size", rotterdam$nodes, rotterdam$size); some("birthwt:lwt:race", birthwt$lwt, birthwt$race); some("kidney:time:sex", kidney$time, kidney$sex)
crossed <- function(id, a, b) { t <- table(a, b); k <- suppressWarnings(chisq.test(t, correct = FALSE))
  add(id, "chi-squared", c(k$statistic, k$p.value), c("statistic", "p")); add(id, "fisher", fisher.test(t, workspace = 2e8)$p.value) }
crossed("birthwt:race:low", birthwt$race, birthwt$low); crossed("birthwt:race:smoke", birthwt$race, birthwt$smoke); crossed("kidney:disease:sex", kidney$disease, kidney$sex)
crossed("melanoma:band:sex", melanoma$band, melanoma$sex); crossed("rotterdam:size:grade", rotterdam$size, rotterdam$grade); crossed("kidney:disease:status", kidney$disease, kidney$status)

# Max-combo with strata and delayed entry; the permutation test by listing every assignment -------
pooled <- function(d, w1, w2) {
  g <- sort(unique(as.character(d$group)))[1]; u <- v <- 0
  for (s in unique(d$stratum)) { x <- d[d$stratum == s, ]; surv <- 1
    for (t in sort(unique(x$time[x$status == 1]))) {
      here <- x$start < t & x$time >= t; Y <- sum(here); died <- here & x$time == t & x$status == 1; D <- sum(died); y <- sum(here & x$group == g) / Y
      u <- u + w1(surv) * (sum(died & x$group == g) - D * y); if (Y > 1) v <- v + w1(surv) * w2(surv) * D * (Y - D) / (Y - 1) * y * (1 - y)
      surv <- surv * (1 - D / Y) } }
  c(u, v)
}
combo <- function(id, d) {
  four <- list(function(S) S, function(S) 1 - S, function(S) 1, function(S) S * (1 - S))
  u <- sapply(four, function(w) pooled(d, w, w)[1]); V <- sapply(four, function(a) sapply(four, function(b) pooled(d, a, b)[2]))
  s <- sqrt(diag(V)); m <- max(abs(u / s)); lim <- m * s
  slope <- solve(V[1:2, 1:2], V[1:2, 4]); sd4 <- sqrt(V[4, 4] - sum(slope * V[1:2, 4])); beta <- V[1, 2] / V[1, 1]; sd2 <- sqrt(V[2, 2] - V[1, 2]^2 / V[1, 1])
  inner <- function(x) { lo <- max(-lim[2], -lim[3] - x); hi <- min(lim[2], lim[3] - x); if (lo >= hi) return(0)
    integrate(function(y) { mu <- slope[1] * x + slope[2] * y; dnorm(y, beta * x, sd2) * (pnorm((lim[4] - mu) / sd4) - pnorm((-lim[4] - mu) / sd4)) }, lo, hi, rel.tol = 1e-11, abs.tol = 1e-14, subdivisions = 1000L)$value }
  cut <- sort(unique(c(-lim[1], lim[1], pmax(-lim[1], pmin(lim[1], c(lim[2] - lim[3], lim[3] - lim[2]))))))
  total <- sum(sapply(seq_len(length(cut) - 1), function(i) integrate(function(x) dnorm(x, 0, s[1]) * sapply(x, inner), cut[i], cut[i + 1], rel.tol = 1e-11, abs.tol = 1e-14, subdivisions = 1000L)$value))
  add(id, "combo_statistic", m); add(id, "combo_p", 1 - total)
}
combo("gehan", with(gehan, data.frame(start = -1, time, status = cens, group = treat, stratum = 1)))
combo("kidney:sex:disease", with(kidney, data.frame(start = -1, time, status, group = sex, stratum = disease)))
combo("channing:late", with(channing, data.frame(start = entry, time = exit, status = cens, group = male, stratum = 1)))
permuted <- function(id, time, status, group) {
  first <- sort(unique(group))[1]; n <- sum(group == first)
  hazard <- sapply(time, function(t) { u <- sort(unique(time[status == 1 & time <= t])); sum(sapply(u, function(v) sum(time == v & status == 1) / sum(time >= v))) })
  score <- status - hazard; sums <- combn(length(time), n, function(who) sum(score[who]))
  add(id, "permutation", mean(abs(sums) >= abs(sum(score[group == first])) - 1e-9))
}
permuted("kidney:first18", kidney$time[1:18], kidney$status[1:18], kidney$sex[1:18])
permuted("stanford2:some18", stanford2$time[101:118], stanford2$status[101:118], as.integer(stanford2$age[101:118] > 45))

out <- do.call(rbind, rows)
number <- function(v) ifelse(is.na(v), "", sub(" +", "", formatC(v, digits = 17, format = "g", width = 1)))
out$time <- number(out$time); out$value <- number(out$value)
write.csv(out, "options.csv", row.names = FALSE, quote = FALSE)
cat(nrow(out), "rows\n")
