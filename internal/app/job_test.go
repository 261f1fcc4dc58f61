package app

import (
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

func TestTheTimeBudgetIsSharedByServices(t *testing.T) {
	for name, c := range map[string]struct {
		total, spent time.Duration
		service      int
		want         time.Duration
	}{
		"chosen by the measurement":        {0, time.Hour, 1, 0},
		"the first of three":               {3 * time.Minute, 0, 0, time.Minute},
		"the second, after a quick first":  {3 * time.Minute, 20 * time.Second, 1, 80 * time.Second},
		"the last gets all that is left":   {3 * time.Minute, 20 * time.Second, 2, 160 * time.Second},
		"nothing is left, which is not 0s": {3 * time.Minute, 4 * time.Minute, 2, 1},
	} {
		j := &job{plan: config.Plan{Services: make([]config.Service, 3), Measure: config.Measure{Time: c.total}}, spent: c.spent}
		if got := j.share(c.service); got != c.want {
			t.Errorf("%s: %v, expected %v", name, got, c.want)
		}
	}
}
