package stat

import "testing"

func TestMaxVoidedIsHalfOfTheLastLook(t *testing.T) {
	for _, c := range []struct {
		looks []int
		want  int
	}{{Looks(1), 12}, {Looks(9), 12}, {[]int{1}, 1}, {[]int{5}, 3}, {nil, 0}} {
		if got := MaxVoided(c.looks); got != c.want {
			t.Errorf("of %v: %d, want %d", c.looks, got, c.want)
		}
	}
}
