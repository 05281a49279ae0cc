# Writes description.csv: what base R answers about groups, proportions, pairs and rates.
# Run in this folder, after make_survival.R: Rscript --vanilla make_description.R
# (made with R 4.2.2; base R, and survival 3.5-3 for the medians of bounded values)
#
# data/description_numbers.csv and data/description_tables.csv are exported here from data
# sets of R. The rows of lung, ovarian, aml and the published series are those of data/.
#
# Columns: id (data set or case), quantity, group, time, value, as in survival.csv. `time` is
# a number that the answer depends on. An empty value is NA in R.
#
# R solves some equations to a loose tolerance. Where it does (the conditional odds ratio:
# 1e-4; the shift of wilcox.test: tol.root), the same equation is solved here tightly.
rows <- list()
add <- function(id, quantity, value, group = "", time = NA)
  rows[[length(rows) + 1]] <<- data.frame(id, quantity, group, time, value = as.numeric(value))

# Numbers by group ---------------------------------------------------------------------------
lung <- read.csv("data/lung.csv"); ovarian <- read.csv("data/ovarian.csv")
series <- read.csv("data/series.csv"); aml <- read.csv("data/aml.csv")
numbers <- rbind(
  data.frame(case = "airquality_ozone", value = airquality$Ozone, group = airquality$Month),
  data.frame(case = "toothgrowth_supp", value = ToothGrowth$len, group = ToothGrowth$supp),
  data.frame(case = "toothgrowth_dose", value = ToothGrowth$len, group = ToothGrowth$dose),
  data.frame(case = "plantgrowth", value = PlantGrowth$weight, group = PlantGrowth$group),
  data.frame(case = "insectsprays", value = InsectSprays$count, group = InsectSprays$spray),
  data.frame(case = "sleep", value = sleep$extra, group = sleep$group),
  data.frame(case = "mtcars_mpg_am", value = mtcars$mpg, group = mtcars$am),
  data.frame(case = "mtcars_mpg_cyl", value = mtcars$mpg, group = mtcars$cyl),
  data.frame(case = "iris_sepal", value = iris$Sepal.Length, group = iris$Species),
  data.frame(case = "chickwts", value = chickwts$weight, group = chickwts$feed),
  data.frame(case = "lung_time_sex", value = lung$time, group = lung$sex),
  data.frame(case = "lung_time_ecog", value = lung$time, group = lung$ph.ecog),
  data.frame(case = "ovarian_futime", value = ovarian$futime, group = ovarian$rx),
  data.frame(case = "aml_time", value = aml$time, group = aml$x),
  data.frame(case = "series_followup", value = series$followup_months, group = series$institution),
  data.frame(case = "series_population", value = series$followup_months,
             group = series$population_at_diagnosis),
  # Invented: no tie at all, far apart, and one person against many.
  data.frame(case = "untied", value = c(1.1, 2.3, 0.4, 7.7, 3.2, 5.9, 8.8, 4.6, 9.1, 6.3, 10.7),
             group = rep(c("a", "b"), c(5, 6))),
  data.frame(case = "apart", value = c(1, 2, 3, 14, 15, 16, 17), group = rep(c("a", "b"), c(3, 4))),
  data.frame(case = "one_person", value = c(4.5, 1:8), group = rep(c("a", "b"), c(1, 8))))
numbers <- numbers[!is.na(numbers$value) & !is.na(numbers$group), ]
write.csv(numbers, "data/description_numbers.csv", row.names = FALSE, quote = FALSE)

# The exact two-sided p given the ties, by listing all choices of the first group.
listed_wilcoxon <- function(x, y) {
  ranks <- rank(c(x, y))
  sums <- combn(length(ranks), length(x), function(who) sum(ranks[who]))
  middle <- length(x) * mean(ranks)
  mean(abs(sums - middle) >= abs(sum(ranks[seq_along(x)]) - middle) - 1e-9)
}
two_groups <- function(id, x, y) {
  for (correct in c(TRUE, FALSE)) {
    w <- wilcox.test(x, y, exact = FALSE, correct = correct)
    what <- if (correct) "wilcoxon" else "wilcoxon-no-continuity"
    add(id, paste0(what, ":w"), w$statistic); add(id, paste0(what, ":p"), w$p.value)
  }
  tied <- length(unique(c(x, y))) < length(c(x, y))
  if (!tied && length(x) < 50 && length(y) < 50) {
    w <- wilcox.test(x, y, exact = TRUE, conf.int = TRUE)
    add(id, "wilcoxon-exact:p", w$p.value); add(id, "shift-exact", w$estimate)
    add(id, "shift-exact:low", w$conf.int[1]); add(id, "shift-exact:high", w$conf.int[2])
    add(id, "shift-exact:level", attr(w$conf.int, "conf.level"))
  }
  if (choose(length(x) + length(y), length(x)) < 2e5)
    add(id, "wilcoxon-exact-given-ties:p", listed_wilcoxon(x, y))
  w <- wilcox.test(x, y, exact = FALSE, conf.int = TRUE, tol.root = 1e-12)
  add(id, "shift-normal:low", w$conf.int[1]); add(id, "shift-normal:high", w$conf.int[2])
  add(id, "shift", median(outer(x, y, "-")))
  if (length(x) > 1) {
    w <- t.test(x, y); add(id, "welch-t:t", w$statistic)
    add(id, "welch-t:df", w$parameter); add(id, "welch-t:p", w$p.value)
    add(id, "smd", (mean(x) - mean(y)) / sqrt((var(x) + var(y)) / 2))
  }
  s <- t.test(x, y, var.equal = TRUE); add(id, "student-t:t", s$statistic)
  add(id, "student-t:df", s$parameter); add(id, "student-t:p", s$p.value)
}
some_groups <- function(id, value, group) {
  k <- kruskal.test(value, factor(group))
  add(id, "kruskal-wallis:chi", k$statistic); add(id, "kruskal-wallis:df", k$parameter)
  add(id, "kruskal-wallis:p", k$p.value)
  if (any(table(group) < 2)) {  # oneway.test refuses a group of one; the linear model does not.
    f <- anova(lm(value ~ factor(group)))
    add(id, "anova:f", f[1, 4]); add(id, "anova:p", f[1, 5])
    add(id, "anova:df1", f[1, 1]); add(id, "anova:df2", f[2, 1])
  } else for (equal in c(TRUE, FALSE)) {
    f <- oneway.test(value ~ group, var.equal = equal)
    what <- if (equal) "anova" else "welch-anova"
    add(id, paste0(what, ":f"), f$statistic); add(id, paste0(what, ":p"), f$p.value)
    add(id, paste0(what, ":df1"), f$parameter[1]); add(id, paste0(what, ":df2"), f$parameter[2])
  }
}
for (this in unique(numbers$case)) with(numbers[numbers$case == this, ], {
  names <- sort(unique(group))
  if (length(names) == 2) two_groups(this, value[group == names[1]], value[group == names[2]])
  some_groups(this, value, group)
})

# Tables of counts -----------------------------------------------------------------------------
tables <- list(
  mtcars_cyl_gear = table(mtcars$cyl, mtcars$gear), mtcars_am_vs = table(mtcars$am, mtcars$vs),
  mtcars_carb_cyl = table(mtcars$carb, mtcars$cyl), lung_ecog_sex = table(lung$ph.ecog, lung$sex),
  ovarian_status_rx = table(ovarian$fustat, ovarian$rx),
  series_population_institution = table(series$population_at_diagnosis, series$institution),
  series_status_institution = table(series$vital_status, series$institution),
  infert_education_case = table(infert$education, infert$case),
  titanic_class_survived = apply(Titanic, c(1, 4), sum),
  titanic_sex_survived = apply(Titanic, c(2, 4), sum),
  warp_breaks = table(cut(warpbreaks$breaks, c(0, 18, 26, 40, 100)), warpbreaks$tension),
  job_satisfaction = matrix(c(1, 2, 1, 0, 3, 3, 6, 1, 10, 10, 14, 9, 6, 7, 12, 11), 4),
  tea = matrix(c(3, 1, 1, 3), 2), convictions = matrix(c(2, 10, 15, 3), 2),
  empty_cell = matrix(c(0, 5, 7, 4), 2), big = matrix(c(812, 640, 701, 655), 2),
  sparse = matrix(c(2, 0, 1, 0, 4, 0, 0, 3, 1, 2, 0, 5), 3),
  five_by_five = matrix(c(4, 0, 1, 2, 1, 0, 3, 0, 1, 1, 1, 2, 3, 0, 0, 0, 1, 0, 3, 2, 1, 0, 2, 0, 4), 5))
flat <- do.call(rbind, lapply(names(tables), function(name) {
  t <- as.matrix(tables[[name]])
  data.frame(case = name, level = c(row(t)), group = c(col(t)), count = c(t))
}))
write.csv(flat, "data/description_tables.csv", row.names = FALSE, quote = FALSE)

# The odds ratio that gives the first cell a mean, or a tail, by the same equations as
# fisher.test, solved on the log scale until nothing changes.
tight_odds_ratio <- function(t, level = 0.95) {
  m <- sum(t[, 1]); n <- sum(t[, 2]); k <- sum(t[1, ]); x <- t[1, 1]
  support <- max(0, k - n):min(k, m); log_d <- dhyper(support, m, n, k, log = TRUE)
  d <- function(b) { w <- exp(log_d + support * b - max(log_d + support * b)); w / sum(w) }
  solve_for <- function(f) exp(uniroot(f, c(-40, 40), tol = 1e-15, maxiter = 10000)$root)
  a <- (1 - level) / 2
  c(if (x == min(support)) 0 else if (x == max(support)) Inf else solve_for(function(b) sum(support * d(b)) - x),
    if (x == min(support)) 0 else solve_for(function(b) sum(d(b)[support >= x]) - a),
    if (x == max(support)) Inf else solve_for(function(b) sum(d(b)[support <= x]) - a))
}
# Yang and Dalton's distance with the first level left out.
multinomial_smd <- function(t) {
  p <- t[rowSums(t) > 0, ] %*% diag(1 / colSums(t)); p <- p[-1, , drop = FALSE]
  s <- function(p) if (length(p) == 1) matrix(p * (1 - p)) else diag(p) - p %o% p
  gap <- p[, 1] - p[, 2]
  sqrt(drop(gap %*% solve((s(p[, 1]) + s(p[, 2])) / 2, gap)))
}
for (name in names(tables)) {
  t <- unclass(as.matrix(tables[[name]])); dimnames(t) <- NULL
  chi <- suppressWarnings(chisq.test(t, correct = FALSE))
  add(name, "chi-squared:chi", chi$statistic); add(name, "chi-squared:df", chi$parameter)
  add(name, "chi-squared:p", chi$p.value); add(name, "least_expected", min(chi$expected))
  add(name, "fisher:p", fisher.test(t, workspace = 2e7)$p.value)
  if (all(dim(t) == 2)) {
    chi <- suppressWarnings(chisq.test(t, correct = TRUE))
    add(name, "yates:chi", chi$statistic); add(name, "yates:p", chi$p.value)
    f <- fisher.test(t)
    add(name, "odds_ratio:loose", c(f$estimate, f$conf.int), time = 0:2)
    add(name, "odds_ratio", tight_odds_ratio(t), time = 0:2)
  }
  if (ncol(t) == 2) {
    add(name, "smd", multinomial_smd(t))
    trend <- suppressWarnings(prop.trend.test(t[, 2], rowSums(t)))
    add(name, "trend:chi", trend$statistic); add(name, "trend:p", trend$p.value)
  }
}

# P values adjusted ------------------------------------------------------------------------------
p <- c(0.01, 0.04, 0.03, 0.005, 0.5, 0.04, 0.9, 0.0001)
for (how in c("holm", "BH", "bonferroni")) add(how, "adjusted", p.adjust(p, how), time = p)

# Proportions: `time` is n, the group x -----------------------------------------------------------
for (n in c(1, 2, 5, 13, 32, 400)) for (x in unique(c(0, 1, n %/% 3, n - 1, n))) for (level in c(0.9, 0.95)) {
  a <- (1 - level) / 2; z <- qnorm(1 - a)
  id <- paste("jeffreys", level)
  add(id, "low", if (x == 0) 0 else qbeta(a, x + 0.5, n - x + 0.5), x, n)
  add(id, "high", if (x == n) 1 else qbeta(1 - a, x + 0.5, n - x + 0.5), x, n)
  m <- n + z^2; q <- (x + z^2 / 2) / m; id <- paste("agresti-coull", level)
  add(id, "low", max(0, q - z * sqrt(q * (1 - q) / m)), x, n)
  add(id, "high", min(1, q + z * sqrt(q * (1 - q) / m)), x, n)
}

# Two proportions: the id is x1 n1 x2 n2 ------------------------------------------------------------
# The likeliest shares a fixed difference apart, by the slope of the likelihood.
constrained <- function(x1, n1, x2, n2, delta) {
  slope <- function(q) {
    p <- q + delta
    (if (x1 > 0) x1 / p else 0) - (if (x1 < n1) (n1 - x1) / (1 - p) else 0) +
      (if (x2 > 0) x2 / q else 0) - (if (x2 < n2) (n2 - x2) / (1 - q) else 0)
  }
  low <- max(0, -delta) + 1e-14; high <- min(1, 1 - delta) - 1e-14
  if (slope(low) <= 0) return(low)
  if (slope(high) >= 0) return(high)
  uniroot(slope, c(low, high), tol = 1e-16, maxiter = 10000)$root
}
score_limit <- function(x1, n1, x2, n2, end, z) {
  seen <- x1 / n1 - x2 / n2; n <- n1 + n2
  excess <- function(delta) {
    q <- constrained(x1, n1, x2, n2, delta); p <- q + delta
    (seen - delta)^2 - z^2 * (p * (1 - p) / n1 + q * (1 - q) / n2) * n / (n - 1)
  }
  uniroot(excess, sort(c(seen, end * (1 - 1e-12))), tol = 1e-15, maxiter = 10000)$root
}
score <- function(x, n) suppressWarnings(prop.test(x, n, correct = FALSE)$conf.int)
for (v in list(c(7, 10, 2, 12), c(56, 70, 48, 80), c(9, 10, 3, 10), c(5, 56, 0, 29), c(0, 10, 0, 20),
               c(11, 19, 8, 13), c(150, 200, 90, 210), c(1, 3, 2, 4))) {
  id <- paste(v, collapse = " "); x1 <- v[1]; n1 <- v[2]; x2 <- v[3]; n2 <- v[4]; d <- x1 / n1 - x2 / n2
  w1 <- score(x1, n1); w2 <- score(x2, n2)
  add(id, "newcombe:low", d - sqrt((x1 / n1 - w1[1])^2 + (w2[2] - x2 / n2)^2))
  add(id, "newcombe:high", d + sqrt((w1[2] - x1 / n1)^2 + (x2 / n2 - w2[1])^2))
  wald <- suppressWarnings(prop.test(c(x1, x2), c(n1, n2), correct = FALSE)$conf.int)
  if (x1 + x2 > 0) { add(id, "wald:low", wald[1]); add(id, "wald:high", wald[2]) }
  add(id, "miettinen-nurminen:low", score_limit(x1, n1, x2, n2, -1, qnorm(0.975)))
  add(id, "miettinen-nurminen:high", score_limit(x1, n1, x2, n2, 1, qnorm(0.975)))
  if (x1 > 0 && x2 > 0) {
    # The log link of a binomial model gives the same ratio and the same interval.
    rr <- log(x1 / n1) - log(x2 / n2); se <- sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2)
    add(id, "risk_ratio", exp(rr + c(0, -1, 1) * qnorm(0.975) * se), time = 0:2)
    fit <- glm(cbind(c(x2, x1), c(n2 - x2, n1 - x1)) ~ c(0, 1), family = binomial,
               control = glm.control(epsilon = 1e-14, maxit = 100))
    s <- summary(fit)$coefficients[2, 1:2]
    add(id, "odds_ratio", exp(s[1] + c(0, -1, 1) * qnorm(0.975) * s[2]), time = 0:2)
  }
}

# Pairs: the id is both, only first, only second, neither ---------------------------------------------
for (v in list(c(794, 150, 86, 570), c(10, 3, 9, 20), c(5, 0, 4, 6), c(8, 6, 6, 2), c(30, 1, 2, 40))) {
  id <- paste(v, collapse = " "); t <- matrix(v, 2, byrow = TRUE)
  for (correct in c(TRUE, FALSE)) {
    m <- mcnemar.test(t, correct = correct); what <- if (correct) "continuity" else "asymptotic"
    add(id, paste0(what, ":chi"), m$statistic); add(id, paste0(what, ":p"), m$p.value)
  }
  b <- binom.test(v[2], v[2] + v[3]); add(id, "exact:p", b$p.value)
  add(id, "odds", c(b$estimate / (1 - b$estimate), b$conf.int / (1 - b$conf.int)), time = 0:2)
}
for (v in list(c(3, 10, 0.3), c(0, 7, 0.2), c(12, 20, 0.77), c(5, 400, 0.02), c(682, 925, 0.75)))
  add(paste(v, collapse = " "), "binomial:p", binom.test(v[1], v[2], v[3])$p.value)

# Rates: the id is x1 t1 x2 t2 -------------------------------------------------------------------------
for (v in list(c(11, 800, 23, 3011), c(137, 24.19893, 100, 30), c(0, 12.5, 4, 20), c(2, 31, 1, 7.5))) {
  id <- paste(v, collapse = " ")
  one <- poisson.test(v[1], v[2]); add(id, "rate", c(one$estimate, one$conf.int), time = 0:2)
  both <- poisson.test(v[c(1, 3)], v[c(2, 4)])
  add(id, "ratio", c(both$estimate, both$conf.int), time = 0:2); add(id, "ratio:p", both$p.value)
}

# Medians of values of which some are bounds: Kaplan-Meier -----------------------------------------------
library(survival)
bounded <- list(right = list(c(3, 8, 8, 12, 15, 20, 22, 30, 31, 40), c(1, 1, 0, 1, 0, 1, 1, 1, 0, 0)),
                below_zero = list(c(-7, -3, -2, 0, 4, 5, 9), c(1, 0, 1, 1, 1, 0, 1)))
for (name in names(bounded)) {
  v <- bounded[[name]]; first <- min(v[[1]]) - 1
  q <- quantile(survfit(Surv(v[[1]] - first, v[[2]]) ~ 1, conf.type = "log-log"), 0.5)
  add(name, "censored_median", first + c(q$quantile, q$lower, q$upper), time = 0:2)
}

out <- do.call(rbind, rows)
number <- function(v) ifelse(is.na(v), "", sub(" +", "", formatC(v, digits = 17, format = "g", width = 1)))
out$time <- number(out$time); out$value <- number(out$value)
write.csv(out, "description.csv", row.names = FALSE, quote = FALSE)
cat(nrow(out), "rows\n")
