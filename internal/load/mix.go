package load

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// maxDeck bounds the sum of the weights, and with it the memory of a deck.
const maxDeck = 100_000

// mix deals the kinds of requests like cards: a deck holds each kind as often as
// its weight says and is shuffled when it is used up. So the order looks random,
// the shares are exact, and the same seed deals the same order to both images.
type mix struct {
	mu    sync.Mutex
	kinds []*kind
	deck  []int // indices into kinds
	next  int
	rng   *rand.Rand
}

// kind is one kind of request: what is sent, and which statuses are good answers.
type kind struct {
	request *http.Request
	accept  func(status int) bool
}

// newMix prepares the requests of a plan for a target; a plan without requests
// gets the path "/".
func newMix(target string, plan record.Load, o Options) (*mix, error) {
	kinds := plan.Requests
	if len(kinds) == 0 {
		kinds = []record.Request{{Path: "/"}}
	}
	m := &mix{rng: rand.New(rand.NewPCG(o.Seed, 0x706c696d736f6c6c))}
	for i, asked := range kinds {
		request, err := prepare(target, asked, o.Host)
		if err == nil {
			err = checkProtocol(plan.Protocol, request)
		}
		if err != nil {
			return nil, fmt.Errorf("request %d of the load: %w", i+1, err)
		}
		weight := max(1, asked.Weight)
		if asked.Weight < 0 || len(m.deck)+weight > maxDeck {
			return nil, fmt.Errorf("request %d of the load: weight %d, expected 0 or more and at most %d together", i+1, asked.Weight, maxDeck)
		}
		m.kinds = append(m.kinds, &kind{request, accepting(asked.Expect, o)})
		for range weight {
			m.deck = append(m.deck, i)
		}
	}
	m.next = len(m.deck)
	return m, nil
}

// accepting gives the test of a status: whether it is one of those expected,
// or, when none are, what the options say.
func accepting(expected []int, o Options) func(int) bool {
	if len(expected) == 0 {
		return o.Accept
	}
	return func(status int) bool { return slices.Contains(expected, status) }
}

// deal gives the next request of the order.
func (m *mix) deal() *kind {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.next == len(m.deck) {
		m.rng.Shuffle(len(m.deck), func(i, j int) { m.deck[i], m.deck[j] = m.deck[j], m.deck[i] })
		m.next = 0
	}
	m.next++
	return m.kinds[m.deck[m.next-1]]
}

// prepare builds the request that send will copy.
func prepare(target string, kind record.Request, host string) (*http.Request, error) {
	if !strings.HasPrefix(kind.Path, "/") {
		return nil, fmt.Errorf("path %q, expected it to begin with \"/\"", kind.Path)
	}
	if _, err := url.ParseRequestURI(kind.Path); err != nil {
		return nil, fmt.Errorf("path %q: %w", kind.Path, err)
	}
	if strings.EqualFold(kind.Method, http.MethodConnect) {
		return nil, fmt.Errorf("method CONNECT opens a tunnel and is not a request of a load")
	}
	var body io.Reader
	if kind.Body != "" {
		body = strings.NewReader(kind.Body) // NewRequest learns the length and GetBody from it
	}
	request, err := http.NewRequest(kind.Method, "http://"+target+kind.Path, body)
	if err != nil {
		return nil, err
	}
	if host != "" {
		request.Host = host
	}
	request.Header.Set("User-Agent", "plimsoll")
	for name, value := range kind.Headers {
		if err := checkHeader(name, value); err != nil {
			return nil, err
		}
		if strings.EqualFold(name, "Host") {
			request.Host = value
		} else {
			request.Header.Set(name, value)
		}
	}
	return request, nil
}

// checkHeader refuses what net/http would refuse at every single request.
func checkHeader(name, value string) error {
	const token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" // RFC 9110, 5.6.2
	if name == "" || strings.Trim(name, token) != "" {
		return fmt.Errorf("header name %q, expected letters, digits and dashes", name)
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return fmt.Errorf("header %s: value %q has control characters", name, value)
	}
	return nil
}

// send copies a prepared request for one exchange.
func send(ctx context.Context, prepared *http.Request) *http.Request {
	request := prepared.WithContext(ctx)
	if prepared.GetBody != nil {
		request.Body, _ = prepared.GetBody() // of a string: cannot fail
	}
	return request
}
