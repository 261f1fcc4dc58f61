// Package measure plans and runs trials. It takes images with the way they are
// to be booted and gives every trial raw; what the numbers mean is decided by
// package compare, which a running measurement asks at each look whether every
// verdict is decided.
//
// The model: one boot is one observation. A round boots every image once, in
// random order, one after the other and never at the same time. A warm-up round
// comes first and does not count: it fills the page cache, finds the port and
// the kind of readiness, finds a request rate that all images can bear, and
// times the plan.
package measure
