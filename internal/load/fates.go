package load

import "strings"

// ended reports whether the user of the load has seen enough.
func (o Options) ended() bool {
	select {
	case <-o.Until:
		return true
	default:
		return false
	}
}

// Fates tells the requests without a good answer apart: refused are those no
// listener took; lost those whose connection was accepted, and then broken off,
// reset or left without an answer until the timeout; failed those that were
// answered, and not well.
func (r Result) Fates() (refused, lost, failed int) {
	for cause, n := range r.Causes {
		switch {
		case cause == causeRefused:
			refused += n
		case cause == causeMalformed, cause == causeTooLong, strings.HasPrefix(cause, "status "):
			failed += n
		default:
			lost += n
		}
	}
	return refused, lost, failed
}
