package stat

import (
	"cmp"
	"maps"
	"slices"
)

// Commonest is the key that was counted most often, of several the first in order;
// the zero key of no counts.
func Commonest[K cmp.Ordered](counts map[K]int) K {
	var most K
	for i, key := range slices.Sorted(maps.Keys(counts)) {
		if i == 0 || counts[key] > counts[most] {
			most = key
		}
	}
	return most
}
