# The log-rank test with delayed entry. `survdiff` refuses such data; the score test of a Cox
# model with exact ties is the same test, with its hypergeometric variance.
# Run in this folder: Rscript make_delayed_log_rank.R
suppressMessages(library(survival))
set.seed(41)
answers <- NULL
for (set in 1:24) {
  n <- 12 + set
  exit <- rexp(n, 0.1) + 0.5
  entry <- runif(n, 0, 6) * (runif(n) < 0.7)
  if (set %% 2) { exit <- ceiling(exit); entry <- floor(entry) }
  kept <- entry < exit
  d <- data.frame(set = set, entry = entry, exit = exit, event = as.integer(runif(n) < 0.7),
                  group = paste0("g", rep_len(1:(2 + set %% 3 %/% 2), n)))[kept, ]
  fit <- suppressWarnings(coxph(Surv(entry, exit, event) ~ group, data = d, ties = "exact"))
  d$chi_squared <- fit$score
  answers <- rbind(answers, d)
}
for (name in c("entry", "exit", "chi_squared")) answers[[name]] <- sprintf("%.17g", answers[[name]])
write.csv(answers, "delayed_log_rank.csv", row.names = FALSE, quote = FALSE)
