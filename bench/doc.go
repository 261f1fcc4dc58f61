// Package bench holds the measurement against the truth, on the real engine:
// `make bench` prints its tables. What it prints are errors and ratios from one
// run; nothing of it is a unit test, since machines are noisy.
package bench
