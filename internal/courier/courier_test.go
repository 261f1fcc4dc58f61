package courier

import (
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": -1, "soon": -1, "-1": -1, "1e9": -1, "0": 0, "7": 7 * time.Second,
		"Sat, 01 Aug 2026 12:00:09 GMT":    9 * time.Second,
		"Saturday, 01-Aug-26 12:00:09 GMT": 9 * time.Second,
		"Sat, 01 Aug 2026 11:00:00 GMT":    0,
		"99999999999999999999":             (1<<31 - 1) * time.Second, // not to be taken for no answer
	} {
		got, ok := RetryAfter(value, now)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %s, want %s (-1ns: none)", value, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	for _, s := range []string{"", "1", "-1", "1e9", "99999999999999999999", "Sat, 01 Aug 2026 12:00:09 GMT", "Saturday, 01-Aug-26 12:00:09 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, ok := RetryAfter(value, now)
		if got < 0 || !ok && got != 0 {
			t.Errorf("%q asks to wait %s", value, got)
		}
	})
}
