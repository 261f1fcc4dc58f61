// Package bench holds the product against the truth, on the real engine, its
// reading of images against dive, and its pricing against the clock: `make bench`
// prints the tables. They are errors, ratios and times from one run; nothing of it
// is a unit test, since machines are noisy.
package bench
