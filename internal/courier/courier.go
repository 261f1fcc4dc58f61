// Package courier carries requests to the API of a forge as its owner asks
// clients to. It takes requests and gives answers: rate limits are waited out,
// what failed on the way is sent again, and a POST only when it was turned away
// unread, since a second one would post twice.
//
// It stands before the packages that talk to anybody, and knows none of them.
package courier

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxResponse bounds one response in bytes: a page of 100 comments of 65,536
// characters, every one of them escaped, is below it.
const maxResponse = 64 << 20

// Tries is how often one request is sent in all.
const Tries = 4

// Options say how a [Courier] works. Base is needed.
type Options struct {
	Base  *url.URL // of the API; only its host is shown the token
	Token string
	Next  http.RoundTripper // http.DefaultTransport when nil
	// MaxWait bounds the time one courier spends waiting for rate limits to lift;
	// 2 minutes when zero.
	MaxWait time.Duration
	// Try bounds one exchange; 20 seconds when zero.
	Try time.Duration
}

// Courier sends requests as GitHub asks its clients to
// (https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api),
// and GitLab, which says the same with fewer words
// (https://docs.gitlab.com/security/rate_limits/).
type Courier struct {
	next  http.RoundTripper
	host  string
	token string
	try   time.Duration

	mu   sync.Mutex
	left time.Duration // for waiting on rate limits, over the courier's life
}

// New makes a courier.
func New(o Options) *Courier {
	return &Courier{
		next: cmp.Or(o.Next, http.DefaultTransport), host: o.Base.Scheme + "://" + o.Base.Host, token: o.Token,
		try: cmp.Or(o.Try, 20*time.Second), left: cmp.Or(o.MaxWait, 2*time.Minute),
	}
}

// LimitError is a rate limit that does not lift within the time there is.
type LimitError struct {
	Status int
	Wait   time.Duration
}

// Error says how long the wait would be.
func (e *LimitError) Error() string {
	return fmt.Sprintf("rate limit (HTTP %d) lifts in %s, which is longer than this step waits", e.Status, e.Wait.Round(time.Second))
}

// RoundTrip implements http.RoundTripper. The response's body is in memory.
func (t *Courier) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close() // every try reads a copy
	}
	for try := 1; ; try++ {
		if err := checked(req); err != nil {
			return nil, err
		}
		resp, err := t.once(req)
		if err == nil {
			if wait, limited := rateLimit(resp, time.Now(), try); limited {
				if try == Tries || outlasts(req.Context(), wait) || !t.take(wait) {
					return nil, &LimitError{Status: resp.StatusCode, Wait: wait}
				}
				if err := Sleep(req.Context(), wait); err != nil {
					return nil, err
				}
				continue
			}
		}
		again := err != nil || resp.StatusCode >= 500
		if !again || !repeatable(req) || try == Tries {
			return forgetQuota(resp), err
		}
		if err := Sleep(req.Context(), Backoff(try)); err != nil {
			return nil, err
		}
	}
}

type onceKey struct{}

// Once marks requests that are not sent again when they may have been read, as
// a POST is not: those that add to what is there.
func Once(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, true) }

func repeatable(req *http.Request) bool {
	return req.Method != http.MethodPost && req.Context().Value(onceKey{}) == nil
}

type checkKey struct{}

// Check has every try begin with a question of whether the request is still
// right, since it may be sent long after it was made. An error is the answer.
func Check(ctx context.Context, question func(context.Context) error) context.Context {
	return context.WithValue(ctx, checkKey{}, func() error { return question(ctx) })
}

func checked(req *http.Request) error {
	if question, ok := req.Context().Value(checkKey{}).(func() error); ok {
		return question()
	}
	return nil
}

// forgetQuota hides from go-github when the quota is renewed. It would refuse
// requests until then on its own, and waiting is this transport's job.
func forgetQuota(resp *http.Response) *http.Response {
	if resp != nil {
		resp.Header.Del("X-RateLimit-Reset")
	}
	return resp
}

// once sends the request one time and reads the whole answer, so that a
// connection that breaks in the middle counts as broken here.
func (t *Courier) once(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), t.try)
	defer cancel()
	sent := req.Clone(ctx)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, fmt.Errorf("rewind request: %w", err)
		}
		sent.Body = body
	}
	if req.URL.Scheme+"://"+req.URL.Host == t.host {
		sent.Header.Set("Authorization", "Bearer "+t.token)
	}
	resp, err := t.next.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err != nil {
		return nil, fmt.Errorf("read response: %w", err)
	}
	if len(body) > maxResponse {
		return nil, fmt.Errorf("response is larger than %d bytes", maxResponse)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.Request = req
	return resp, nil
}

// take spends waiting time, or leaves it alone when there is not enough.
func (t *Courier) take(wait time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait > t.left {
		return false
	}
	t.left -= wait
	return true
}

// outlasts reports whether a wait is longer than there is time.
func outlasts(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < wait
}

// rateLimit tells a rate limit from other refusals and how long to wait for
// it to lift: as told, else until the quota is renewed, else at least a minute
// and twice as long each time (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api).
func rateLimit(resp *http.Response, now time.Time, try int) (time.Duration, bool) {
	spent := resp.Header.Get("X-RateLimit-Remaining") == "0"
	after := resp.Header.Get("Retry-After")
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
	case http.StatusForbidden:
		if !spent && after == "" && !secondaryLimit(resp) {
			return 0, false
		}
	default:
		return 0, false
	}
	if wait, ok := RetryAfter(after, now); ok {
		return wait, true
	}
	if reset, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64); spent && err == nil {
		return max(time.Unix(reset, 0).Sub(now), time.Second), true
	}
	return time.Minute << (try - 1), true
}

// RetryAfter reads the two forms of the header Retry-After, seconds and a date
// (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after). It is false for
// anything else.
func RetryAfter(value string, now time.Time) (time.Duration, bool) {
	seconds, err := strconv.ParseUint(value, 10, 31)
	if err == nil || errors.Is(err, strconv.ErrRange) { // then it is the largest there is
		return time.Duration(seconds) * time.Second, true
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(date.Sub(now), 0), true
	}
	return 0, false
}

// secondaryLimit recognises a secondary rate limit that came without a header.
func secondaryLimit(resp *http.Response) bool {
	body, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && strings.Contains(strings.ToLower(string(body)), "secondary rate limit")
}

// Backoff is 1, 2, 4 ... seconds, give or take a quarter so that jobs which
// failed together do not come back together.
func Backoff(try int) time.Duration {
	base := time.Second << min(try-1, 5)
	return base*3/4 + rand.N(base/2)
}

// Sleep waits, or ends with ctx.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
