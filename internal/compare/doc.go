// Package compare judges two records of one service against its budgets. It is
// the step between measuring and reporting: it takes records with their raw
// trials, budgets and a way to price a trial, and gives a [record.Service] with
// estimates, intervals and verdicts. It is pure, so a measurement that is still
// running asks the same code whether it may stop ([Decided]).
//
// # From trials to hypotheses
//
// The boots of base and head with the same pair number form a pair, the unit of
// observation. A pair that is void on either side is left out whole; nothing
// else is ever left out. The change in a pair is ln(head/base), or head-base for
// metrics that can be zero, with the sign turned for metrics of which more is
// better, so that positive always means worse. Every budget of a measured metric
// makes one hypothesis for its growth (grow, floor) and one for its limit (max).
//
//   - Growth: the centre of the changes is compared with ln(1 + max(grow, floor /
//     median base)), or with max(grow x median base, floor) for differences, by
//     the exact signed-rank test. The test is exact where nothing changed; at the
//     budget it assumes that the ratio is about the same in every pair, and where
//     the bound depends on base's median it takes that median as known.
//   - Limit: the median of head alone is compared with max by the exact sign
//     test. A limit that base provably breaks as well is reported and not blamed
//     on head, whose growth is judged apart.
//
// # Looks
//
// Verdicts fall at looks only, after the numbers of pairs that [Looks] lists, so
// that stopping early does not raise the error rate. At a look a hypothesis fails
// when Holm's procedure rejects "within budget" at one-sided [stat.LookLevel]
// over the hypotheses of all services of the run. It passes when "over budget" is
// rejected at that level by itself: passing needs no correction, since every
// budget must pass. A decision stands, whatever later pairs say. What is decided
// at no look is inconclusive, with a note on what would settle it. Replaying all
// looks from the pairs keeps the package free of state.
//
// Exact metrics (image.*) need no statistics: the numbers themselves are compared.
package compare
