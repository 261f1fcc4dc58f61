package record

import "strings"

// Load is what is asked of an app, stage by stage, by rate or by virtual users.
type Load struct {
	Stages   []Stage   `json:"stages,omitempty"`
	Requests []Request `json:"requests,omitempty"`
	Think    Seconds   `json:"think,omitempty"`    // a virtual user's, from an answer to its next request
	Protocol Protocol  `json:"protocol,omitempty"` // HTTP/1.1 when empty
	Script   *Script   `json:"script,omitempty"`   // takes the place of all the others
}

// Seconds is the length of all stages together.
func (l Load) Seconds() Seconds {
	var sum Seconds
	for _, s := range l.Stages {
		sum += s.For
	}
	return sum
}

// Model says which kinds of stages the load has.
func (l Load) Model() LoadModel {
	users := 0
	for _, s := range l.Stages {
		if s.Users > 0 {
			users++
		}
	}
	switch users {
	case 0:
		return LoadOpen
	case len(l.Stages):
		return LoadClosed
	}
	return LoadMixed
}

// Stage holds one rate, or one number of virtual users, for a while. Without
// either, a plan means "choose a rate that both images can bear". In a record
// Rate is the rate that was offered, 0 for virtual users.
type Stage struct {
	For   Seconds `json:"for"`
	Rate  float64 `json:"rate"`          // requests per second
	Users int     `json:"vus,omitempty"` // each sends when its request before was answered
}

// Request is one kind of request of the mix; Weight is its share.
type Request struct {
	Method  string            `json:"method,omitempty"` // GET when empty
	Path    string            `json:"path"`
	Body    string            `json:"body,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Weight  int               `json:"weight,omitempty"` // 1 when 0
	Expect  []int             `json:"expect,omitempty"` // good statuses; all below 500 when empty
}

// Protocol is what requests are sent in.
type Protocol string

// The protocols of a load. H2C is HTTP/2 without TLS, known beforehand (RFC
// 9113, 3.3).
const (
	HTTP1 Protocol = "http1"
	H2C   Protocol = "h2c"
)

// Carries reports whether a request in the protocol may have a header. Those
// that speak of a connection are none in HTTP/2 (RFC 9113, 8.2.2).
func (p Protocol) Carries(header string) bool {
	switch strings.ToLower(header) {
	case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade":
		return p != H2C
	}
	return true
}

// LoadModel says from when latency counts.
type LoadModel string

// The models of a load. Open: requests are due at a rate, and latency counts
// from the moment one was due. Closed: virtual users wait for their answers,
// and latency counts from the send. Mixed: each stage by its own kind.
const (
	LoadOpen   LoadModel = "open"
	LoadClosed LoadModel = "closed"
	LoadMixed  LoadModel = "mixed"
)
