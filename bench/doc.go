// Package bench holds the product against the truth, on the real engine, and
// its reading of images against dive: `make bench` prints the tables. They are
// errors and ratios from one run; nothing of it is a unit test, since machines
// are noisy.
package bench
