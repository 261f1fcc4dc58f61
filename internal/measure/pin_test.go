package measure

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	for name, c := range map[string]struct {
		allowed    []int
		app, agent string
	}{
		"none known":     {nil, "", ""},
		"two":            {[]int{0, 1}, "", ""},
		"three":          {[]int{0, 1, 2}, "", ""},
		"four":           {[]int{0, 1, 2, 3}, "0-2", "3"},
		"not all":        {[]int{9, 8, 2, 3, 1, 12}, "1-3,8-9", "12"},
		"twice the same": {[]int{0, 1, 2, 2}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			app, agent := split(c.allowed)
			if d := cmp.Diff([2]string{c.app, c.agent}, [2]string{listed(app), listed(agent)}); d != "" {
				t.Error(d)
			}
		})
	}
}
