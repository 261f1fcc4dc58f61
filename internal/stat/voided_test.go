package stat

import "testing"

func TestMaxVoidedIsHalfOfTheLastLook(t *testing.T) {
	for _, c := range []struct {
		looks []int
		want  int
	}{{Looks(1), 12}, {Looks(9), 12}, {[]int{1}, 3}, {[]int{5}, 3}, {[]int{9}, 5}, {nil, 0}} {
		if got := MaxVoided(c.looks); got != c.want {
			t.Errorf("of %v: %d, want %d", c.looks, got, c.want)
		}
	}
}
