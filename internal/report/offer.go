package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// offer is one stage without its length: "50/s" or "50 virtual users".
func offer(s record.Stage) string {
	if s.Users > 0 {
		return plural(s.Users, "virtual user")
	}
	return three(s.Rate) + "/s"
}

// asked is one kind of request: "POST /login (weight 3, expects 200 or 201)".
func asked(r record.Request) string {
	var more []string
	if r.Weight > 1 {
		more = append(more, fmt.Sprintf("weight %d", r.Weight))
	}
	if len(r.Expect) > 0 {
		more = append(more, "expects "+strings.ReplaceAll(strings.Trim(fmt.Sprint(r.Expect), "[]"), " ", " or "))
	}
	text := cmp.Or(r.Method, "GET") + " " + r.Path
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	return text
}

// manner is what else there is to know of how requests are sent. Whoever reads
// the latency of virtual users must know that they wait.
func manner(l record.Load) []string {
	var all []string
	if l.Protocol == record.H2C {
		all = append(all, "in HTTP/2 without TLS")
	}
	if l.Think > 0 {
		all = append(all, "think time "+seconds.print(float64(l.Think)))
	}
	switch l.Model() {
	case record.LoadClosed:
		all = append(all, "latency counts from the send, since virtual users wait for their answers")
	case record.LoadMixed:
		all = append(all, "latency counts from the moment a request was due, of virtual users from the send")
	}
	return all
}
