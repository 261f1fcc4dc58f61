package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestImagesThatSizeThemselvesDifferentlyAreTold(t *testing.T) {
	base := []string{"PATH=/bin", "GOMAXPROCS=2", "NODE_OPTIONS=--max-old-space-size=100", "GOGC=50", "WEB_CONCURRENCY=4"}
	head := []string{"PATH=/usr/bin", "GOMAXPROCS=4", "MALLOC_ARENA_MAX=2", "GOGC=50", "WEB_CONCURRENCY=8"}
	want := []string{
		"base and head set GOMAXPROCS to different values: the two size themselves differently",
		"base sets NODE_OPTIONS and head does not: the two size themselves differently",
		"head sets MALLOC_ARENA_MAX and base does not: the two size themselves differently",
	}
	if d := cmp.Diff(want, sizingWarnings(base, head, map[string]string{"WEB_CONCURRENCY": "2"})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := sizingWarnings(base, base, nil); got != nil {
		t.Errorf("of one image: %q", got)
	}
}
