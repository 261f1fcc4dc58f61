package agent

import (
	"testing"
	"time"
)

// Each connection costs the app CPU time that it would not spend in production: a
// few hundred a second while every millisecond counts, a thousandth of the time
// afterwards, and less where the app takes the connection and works for it. What
// is waited for ends in sleeps of the kernel's own, so the clock is the real one,
// and late under load, but never early.
func TestThePaceOfTheProbe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		elapsed   time.Duration
		connected bool
		want      time.Duration
	}{
		{0, false, 2 * time.Millisecond},
		{probeEager, false, 2 * time.Millisecond},
		{5001 * time.Millisecond, false, 5 * time.Millisecond},
		{time.Minute, false, 60 * time.Millisecond},
		{100 * time.Millisecond, true, 2 * time.Millisecond},
		{time.Second, true, 20 * time.Millisecond},
		{6 * time.Second, true, 120 * time.Millisecond},
	} {
		least := time.Hour
		for range 10 {
			now := time.Now()
			p, last := probe{began: now.Add(-c.elapsed)}, attempt{at: now}
			if c.connected {
				last.connected = now
			}
			p.rest(t.Context(), last)
			least = min(least, time.Since(now))
		}
		if least < c.want || least > c.want+c.want/2 {
			t.Errorf("%v after the gate, connected %v, the probe rests for %v, expected %v", c.elapsed, c.connected, least, c.want)
		}
	}
}
