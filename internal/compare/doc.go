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
//   - Growth: every pair has its own allowance, max(grow x base, floor) of its own
//     base, and is beyond it by ln(head) - ln(base + allowance), or by head - base -
//     allowance for differences. Without a floor the former is ln(head/base) -
//     ln(1 + grow). The centre of these is compared with zero by the exact
//     signed-rank test. Where more is better the allowance is a fall. What is shown
//     beside the verdict, estimate and interval, is of the plain change.
//   - Limit: the median of head alone is compared with max by the exact sign
//     test. A limit that base provably breaks as well is reported and not blamed
//     on head, whose growth is judged apart.
//
// The growth test is exact where every boot of head is what a boot of base would be
// and all that the budget allows on top, whatever the noise and however the machine
// drifts from pair to pair: swapping the two boots of such a pair turns the sign of
// what it is beyond its allowance, and nothing else. No change under a budget of 0 %
// is the simplest case. There, 2.3 to 2.7 % of simulated runs fail any of 1 to 6
// metrics, fewer where the metrics agree. A head that lies on its budget in another
// way is judged approximately: 1.6 to 2.3 % where it is a constant multiple of base
// under a floor and a drifting machine. The worst that was found is a floor that
// dwarfs base, in a world where boots are now and then three times as slow, floor
// included: 2.8 to 3.0 % with one slow boot in ten; with three in ten it is 12 %, but
// then the typical pair has grown by more than the floor.
//
// Note: one threshold for all pairs, ln(1 + max(grow, floor / median base)), or
// max(grow x median base, floor) for differences, was rejected. It takes as known a
// median that is estimated from the same boots, and on a drifting machine it is the
// wrong one for nearly every pair. Of simulated runs of one metric on its budget it
// failed 2.6 to 5.8 % for differences with a ratio of 5 to 100 %, and for a floor
// 5.0 % where the machine drifts by 8 times the noise within a pair, 17 % and 24 to
// 49 % where head is a constant multiple of base and the drift is 4 and 15 times the
// noise. By the allowance of each pair such runs fail 2.4 %, and 1.7 to 2.3 %. All
// of these figures are printed by BenchmarkFamilyWise, from 200,000 runs each.
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
// # A start that is too noisy to time
//
// Where the time of a start left every look undecided, startup.cpu may say that
// startup.ready is within the same relative budget, and the row says so aloud. It
// may pass and never fail: startup.cpu would have to be one more member of Holm's
// family in every run that gates the time and not the CPU, whether it is used or
// not. The rate of false alarms would hold, but a head that is 25 % slower, on a
// budget of 15 % and a noise of 8 % a boot, is then found in 79.5 % of simulated
// runs instead of 86.2 %, after 17.9 pairs instead of 16.3 (BenchmarkFallbackInTheFamily).
// Whoever wants CPU time to fail gives it a budget. Since waiting costs no CPU time,
// the estimate of the time must be within its budget, too: on a machine with a
// noise of 30 %, 6.5 % of starts that wait for 15 % more than their budget pass this
// way, none of those that compute as much more.
//
// # Voided pairs
//
// A pair that something outside its pods disturbed is left out whole and replaced.
// When [stat.MaxVoided] were, the run ends, and what is undecided stays so: no
// verdict falls on fewer pairs than a look.
//
// Exact metrics (image.*) need no statistics: the numbers themselves are compared.
package compare
