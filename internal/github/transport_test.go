package github_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// post comments once on a server in a bubble of its own time and gives the
// error and how long it took.
func post(t *testing.T, prepare func(*githubtest.Server), check func(s *githubtest.Server, took time.Duration, err error)) {
	t.Helper()
	githubtest.Warm(t)
	synctest.Test(t, func(t *testing.T) {
		s := githubtest.NewInMemory(t)
		prepare(s)
		start := time.Now()
		_, err := client(t, s, "token").Comment(t.Context(), pull, marker, "x", github.Update)
		check(s, time.Since(start), err)
	})
}

func between(t *testing.T, took, low, high time.Duration) {
	t.Helper()
	if took < low || took > high {
		t.Errorf("took %s, want %s to %s", took, low, high)
	}
}

func TestRateLimitsAreWaitedOut(t *testing.T) {
	in90s := func() string { return fmt.Sprint(time.Now().Add(90 * time.Second).Unix()) }
	for name, c := range map[string]struct {
		how       func() githubtest.How
		low, high time.Duration
	}{
		"429 with seconds": {func() githubtest.How { return githubtest.Status(429, "slow down", "Retry-After", "7") }, 7 * time.Second, 7 * time.Second},
		"429 with a date": {func() githubtest.How {
			return githubtest.Status(429, "slow down", "Retry-After", time.Now().Add(9*time.Second).UTC().Format(http.TimeFormat))
		}, 8 * time.Second, 9 * time.Second},
		"429 without":      {func() githubtest.How { return githubtest.Status(429, "slow down") }, time.Minute, time.Minute},
		"403 with seconds": {func() githubtest.How { return githubtest.Status(403, "slow down", "Retry-After", "3") }, 3 * time.Second, 3 * time.Second},
		"403 with a spent quota": {func() githubtest.How {
			return githubtest.Status(403, "API rate limit exceeded", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", in90s())
		}, 89 * time.Second, 90 * time.Second},
		"403 of a secondary": {func() githubtest.How { return githubtest.Status(403, "You have exceeded a secondary rate limit.") }, time.Minute, time.Minute},
	} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(name+" on "+method, func(t *testing.T) {
				post(t, func(s *githubtest.Server) {
					s.Fail(githubtest.Fault{Method: method, Times: 1, How: c.how()})
				}, func(s *githubtest.Server, took time.Duration, err error) {
					if err != nil {
						t.Fatal(err)
					}
					between(t, took, c.low, c.high)
					only(t, s, "x")
				})
			})
		}
	}
}

func TestRateLimitBeyondPatience(t *testing.T) {
	for name, how := range map[string]githubtest.How{
		"told at once":      githubtest.Status(429, "slow down", "Retry-After", "3600"),
		"again and again":   githubtest.Status(429, "slow down", "Retry-After", "20"),
		"never told":        githubtest.Status(429, "slow down"),
		"nonsense is a 429": githubtest.Status(429, "slow down", "Retry-After", "soon"),
	} {
		t.Run(name, func(t *testing.T) {
			post(t, func(s *githubtest.Server) { s.Fail(githubtest.Fault{How: how}) },
				func(s *githubtest.Server, took time.Duration, err error) {
					if got := reason(t, err); got != github.RateLimited {
						t.Errorf("reason %s: %v", got, err)
					}
					between(t, took, 0, 2*time.Minute)
				})
		})
	}
}

// A quota that the last good answer called spent is no reason to refuse on our
// own: the server says when it really is.
func TestSpentQuotaIsTheServersToEnforce(t *testing.T) {
	s := githubtest.New(t)
	s.Fail(githubtest.Fault{How: func(w http.ResponseWriter, r *http.Request, proper http.Handler) {
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Limit", "1000")
		w.Header().Set("X-RateLimit-Reset", fmt.Sprint(time.Now().Add(time.Hour).Unix()))
		proper.ServeHTTP(w, r)
	}})
	if _, err := client(t, s, "token").Comment(t.Context(), pull, marker, "x", github.Update); err != nil {
		t.Fatal(err)
	}
	only(t, s, "x")
}

// Whatever goes wrong around a write, once or twice: one comment, not two.
func TestFaultsDoNotPostTwice(t *testing.T) {
	for _, method := range []string{"GET", "POST", "PATCH"} {
		for name, how := range map[string]githubtest.How{
			"500 before":          githubtest.Status(500, "Server Error"),
			"502 before":          githubtest.Status(502, "Bad Gateway"),
			"500 after the write": githubtest.FailAfter(500),
			"cut before":          githubtest.Cut,
			"cut after the write": githubtest.CutAfter,
			"hangs":               githubtest.Hang,
			"not GitHub's own HTML": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
				http.Error(w, "<html>", http.StatusServiceUnavailable)
			},
		} {
			for _, times := range []int{1, 2} {
				t.Run(fmt.Sprintf("%s %s %d", method, name, times), func(t *testing.T) {
					post(t, func(s *githubtest.Server) {
						if method == "PATCH" {
							s.Add("o", "r", 7, githubtest.Actions, text(with(marker, 1), "old"))
						}
						s.Fail(githubtest.Fault{Method: method, Times: times, How: how})
					}, func(s *githubtest.Server, took time.Duration, err error) {
						if err != nil {
							t.Fatal(err)
						}
						between(t, took, 0, time.Minute)
						only(t, s, "x")
					})
				})
			}
		}
	}
}

func TestLastingFaultsEnd(t *testing.T) {
	for name, how := range map[string]githubtest.How{
		"500": githubtest.Status(500, "Server Error"), "cut": githubtest.Cut, "hangs": githubtest.Hang,
	} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(name+" on "+method, func(t *testing.T) {
				post(t, func(s *githubtest.Server) { s.Fail(githubtest.Fault{Method: method, How: how}) },
					func(s *githubtest.Server, took time.Duration, err error) {
						if got := reason(t, err); got != github.Unreachable {
							t.Errorf("reason %s: %v", got, err)
						}
						between(t, took, time.Second, 2*time.Minute)
						only(t, s)
					})
			})
		}
	}
}

type broken struct{}

func (broken) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

func TestUnreachableAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := github.NewClient(github.Options{API: "https://api.github.com", Token: "token", HTTP: &http.Client{Transport: broken{}}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Comment(t.Context(), pull, marker, "x", github.Update)
		if got := reason(t, err); got != github.Unreachable || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("reason %s: %v", got, err)
		}
	})
}
