package compare_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// An image that answers the same requests otherwise does other work: that it is
// cheaper is no gain.
func TestOtherAnswersAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		base, head map[int]int
		want       string
	}{
		"the same":             {map[int]int{200: 300}, map[int]int{200: 280}, ""},
		"another success":      {map[int]int{200: 300}, map[int]int{204: 300}, ""},
		"routes lost":          {map[int]int{200: 300}, map[int]int{404: 300}, "api: base answers the load with 200 and head with 404: "},
		"one of ten":           {map[int]int{200: 300}, map[int]int{200: 270, 401: 30}, "base answers the load with 200 and head with 200 (90 %), 401 (10 %): "},
		"one of a thousand":    {map[int]int{200: 3000}, map[int]int{200: 2997, 401: 3}, ""},
		"a redirect gone":      {map[int]int{301: 300}, map[int]int{200: 300}, "base answers the load with 301 and head with 200: "},
		"always a few of them": {map[int]int{200: 200, 404: 100}, map[int]int{200: 100, 404: 50}, ""},
		"base of another time": {nil, map[int]int{404: 300}, ""},
		"many":                 {map[int]int{200: 5}, map[int]int{201: 2, 302: 3, 403: 4, 404: 5, 410: 1}, "head with 404 (33 %), 403 (27 %), 302 (20 %): "},
	} {
		in := compare.Input{Name: "api", Base: booted(columns{record.MemoryPeak: constant(1, 8)}), Head: booted(columns{record.MemoryPeak: constant(1, 8)})}
		for i := range in.Base.Trials {
			in.Base.Trials[i].Load = &record.LoadResult{Statuses: c.base}
			in.Head.Trials[i].Load = &record.LoadResult{Statuses: c.head}
		}
		all := strings.Join(compare.Run([]record.Service{compare.Service(in)}).Warnings, "\n")
		if (c.want == "") != (all == "") || !strings.Contains(all, c.want) {
			t.Errorf("%s: %q, want %q", name, all, c.want)
		}
	}
}

// A boot that does not count shows nothing.
func TestOtherAnswersOfVoidBootsAreNotTold(t *testing.T) {
	in := compare.Input{Name: "api", Base: booted(columns{record.MemoryPeak: constant(1, 8)}), Head: booted(columns{record.MemoryPeak: constant(1, 8)})}
	for i := range in.Base.Trials {
		in.Base.Trials[i].Load = &record.LoadResult{Statuses: map[int]int{200: 9}}
		in.Head.Trials[i].Load = &record.LoadResult{Statuses: map[int]int{200: 9}}
	}
	in.Head.Trials[3].Void, in.Head.Trials[3].Load.Statuses = "steal", map[int]int{404: 9}
	if c := compare.Run([]record.Service{compare.Service(in)}); len(c.Warnings) > 0 {
		t.Errorf("warnings %q", c.Warnings)
	}
}
