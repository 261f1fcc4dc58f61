package github_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

const crowdSize = 50

// crowd has runs 1 to 50 speak at once, each at the time that when says. Every
// run must have its comment or have found a newer run's.
func crowd(t *testing.T, s *githubtest.Server, how github.Behavior, when func() time.Duration) {
	t.Helper()
	var wait sync.WaitGroup
	for _, i := range rand.Perm(crowdSize) {
		c, run := client(t, s, fmt.Sprint("token of run ", i+1)), int64(i+1)
		start := when()
		wait.Go(func() {
			time.Sleep(start)
			_, err := c.Comment(t.Context(), pull, with(marker, run), fmt.Sprintf("run %d", run), how)
			if err != nil && reason(t, err) != github.Superseded || err != nil && run == crowdSize {
				t.Errorf("run %d: %v", run, err)
			}
		})
	}
	wait.Wait()
}

// mischief delays every exchange, as far away servers do, and spoils some: at
// most three of a run's, so that none has reason to give up.
type mischief struct {
	s     *githubtest.Server
	spare bool // comments are not removed

	mu     sync.Mutex
	spoilt map[string]int // by token
}

func (m *mischief) how(w http.ResponseWriter, r *http.Request, proper http.Handler) {
	slow := func() { time.Sleep(rand.N(400 * time.Millisecond)) }
	slow()
	defer slow()
	m.pick(r)(w, r, proper)
}

func (m *mischief) pick(r *http.Request) githubtest.How {
	fine := func(w http.ResponseWriter, r *http.Request, proper http.Handler) { proper.ServeHTTP(w, r) }
	m.mu.Lock()
	defer m.mu.Unlock()
	token := r.Header.Get("Authorization")
	if m.spoilt[token] == 3 || rand.N(4) > 0 {
		return fine
	}
	m.spoilt[token]++
	all := []githubtest.How{
		githubtest.Cut, githubtest.CutAfter, githubtest.FailAfter(http.StatusInternalServerError),
		githubtest.Status(http.StatusBadGateway, "Bad Gateway"), githubtest.Status(http.StatusTooManyRequests, "slow down", "Retry-After", "5"),
	}
	if r.Method == http.MethodPatch && !m.spare {
		all = append(all, githubtest.Before(func() { m.s.Remove(number(r.URL.Path)) }))
	}
	return all[rand.N(len(all))]
}

// number is the last part of a path.
func number(path string) int64 {
	var n int64
	if _, err := fmt.Sscan(path[strings.LastIndex(path, "/")+1:], &n); err != nil {
		panic(err)
	}
	return n
}

func TestACrowdLeavesTheNewestResult(t *testing.T) {
	for _, how := range showing {
		for _, older := range []bool{false, true} {
			if how == github.OnlyOnChange && !older {
				continue // there is nothing to bring up to date
			}
			t.Run(fmt.Sprintf("%s, a comment before: %v", how, older), func(t *testing.T) {
				bubble(t, func(t *testing.T, s *githubtest.Server) {
					if older {
						s.Add("o", "r", 7, githubtest.Actions, text(with(marker, 0), "run 0"))
					}
					// What only-on-change finds removed it does not make again.
					m := &mischief{s: s, spare: how == github.OnlyOnChange, spoilt: map[string]int{}}
					s.Fail(githubtest.Fault{How: m.how})
					spread := []time.Duration{1, time.Second / 2, 6 * time.Second}[rand.N(3)]
					crowd(t, s, how, func() time.Duration { return rand.N(spread) })
					s.Heal()
					inOrder(t, s, how)
				})
			})
		}
	}
}

// inOrder fails unless the newest run's result is shown as the behaviour says.
func inOrder(t *testing.T, s *githubtest.Server, how github.Behavior) {
	t.Helper()
	newest := fmt.Sprintf("run %d", crowdSize)
	var shown []string
	for _, line := range thread(s) {
		if !strings.HasPrefix(line, "[") {
			shown = append(shown, line)
		}
	}
	if how != github.New {
		if !slices.Equal(shown, []string{newest}) {
			t.Errorf("shown are %q, want run %d alone", thread(s), crowdSize)
		}
		return
	}
	var runs []int64
	for _, line := range shown {
		runs = append(runs, number(strings.ReplaceAll(line, " ", "/")))
	}
	if !slices.IsSorted(runs) || len(slices.Compact(slices.Clone(runs))) != len(runs) || runs[len(runs)-1] != crowdSize {
		t.Errorf("shown are %v, want each once, in order, and run %d at the end", runs, crowdSize)
	}
}

// The same without a bubble: real connections and real time, all at once.
func TestACrowdAtOnceLeavesOneComment(t *testing.T) {
	s := githubtest.New(t)
	s.Fail(githubtest.Fault{Method: "POST", Times: 3, How: githubtest.CutAfter})
	crowd(t, s, github.Update, func() time.Duration { return 0 })
	inOrder(t, s, github.Update)
}
