package stat

import "testing"

func TestCommonest(t *testing.T) {
	for _, c := range []struct {
		counts map[string]int
		want   string
	}{
		{nil, ""},
		{map[string]int{"b": 2, "a": 1}, "b"},
		{map[string]int{"c": 2, "b": 2, "a": 1}, "b"},
		{map[string]int{"b": 0, "a": 0}, "a"},
	} {
		if got := Commonest(c.counts); got != c.want {
			t.Errorf("of %v: %q, expected %q", c.counts, got, c.want)
		}
	}
}
