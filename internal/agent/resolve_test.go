package agent

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// opening is an app whose ports open at given times.
type opening map[string]time.Duration

func (o opening) listeners(began time.Time) func() ([]listener, error) {
	return func() ([]listener, error) {
		var all []listener
		for address, after := range o {
			if time.Since(began) >= after {
				all = append(all, listener{address: netip.MustParseAddrPort(address)})
			}
		}
		return all, nil
	}
}

func TestResolve(t *testing.T) {
	const timeout = 60 * time.Second
	for name, c := range map[string]struct {
		exposed []int
		opens   opening
		port    int
		note    string
		err     string
		after   time.Duration // at the most
	}{
		"exposed":                       {[]int{8080}, opening{"0.0.0.0:8080": time.Second}, 8080, "", "", 2 * time.Second},
		"exposed, admin port beside it": {[]int{8080}, opening{"0.0.0.0:8080": time.Second, "0.0.0.0:9000": 0}, 8080, "", "", 2 * time.Second},
		"one of two exposed":            {[]int{80, 443}, opening{"[::]:80": time.Second}, 80, "", "", 2 * time.Second},
		"nothing exposed":               {nil, opening{"127.0.0.1:3000": 2 * time.Second}, 3000, "", "", 3 * time.Second},
		"late, but exposed":             {[]int{8080}, opening{"0.0.0.0:8080": 50 * time.Second}, 8080, "", "", 51 * time.Second},
		"v4 and v6 are one port":        {nil, opening{"0.0.0.0:3000": 0, "[::]:3000": 0}, 3000, "", "", time.Second},
		"EXPOSE is out of date":         {[]int{80}, opening{"0.0.0.0:9090": 0}, 9090, "exposes port 80 but listens on 0.0.0.0:9090", "", 6 * time.Second},
		"a worker":                      {nil, opening{}, 0, "measured as a worker", "", 31 * time.Second},
		"several":                       {nil, opening{"0.0.0.0:1": 0, "0.0.0.0:2": 100 * time.Millisecond}, 0, "", "several ports are open (0.0.0.0:1, 0.0.0.0:2)", time.Second},
		"several exposed":               {[]int{1, 2}, opening{"0.0.0.0:1": 0, "0.0.0.0:2": 0}, 0, "", "set ready.port", time.Second},
		"never":                         {[]int{8080, 8081}, opening{}, 0, "", "nothing listens on port 8080 or 8081", 61 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				r := resolver{exposed: c.exposed, timeout: timeout, open: sorted(c.opens.listeners(began)), alive: always}
				got, err := r.run(t.Context())
				if took := time.Since(began); took > c.after {
					t.Errorf("took %v, expected at most %v", took, c.after)
				}
				if c.err != "" {
					if err == nil || !strings.Contains(err.Error(), c.err) {
						t.Errorf("got %v, expected %q in it", err, c.err)
					}
					return
				}
				if err != nil || got.port != c.port || !strings.Contains(got.note, c.note) || (c.note == "") != (got.note == "") {
					t.Errorf("got %+v, %v; expected port %d and note %q", got, err, c.port, c.note)
				}
			})
		})
	}
}

// sorted orders what a map gave, as listeners does.
func sorted(open func() ([]listener, error)) func() ([]listener, error) {
	return func() ([]listener, error) {
		all, err := open()
		for i := range all {
			for j := i; j > 0 && all[j].address.Compare(all[j-1].address) < 0; j-- {
				all[j], all[j-1] = all[j-1], all[j]
			}
		}
		return all, err
	}
}

func TestResolveEndsWithTheApp(t *testing.T) {
	r := resolver{timeout: time.Minute, open: func() ([]listener, error) { return nil, nil }, alive: func() bool { return false }}
	if _, err := r.run(t.Context()); !errors.Is(err, errNotReady) {
		t.Errorf("got %v", err)
	}
}
