package analyze

import (
	"cmp"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// What is drawn of an image: areas of at least a share of the whole, so deep.
const (
	areaShare = 400
	areaDepth = 8
)

// drawing is the picture of head, or of both images. One of them may be nil.
func drawing(base, head *surveyed) (record.Area, bool) {
	d := drawer{base: base, head: head}
	whole := record.Area{Name: "/", Base: d.size(base, 0), Head: d.size(head, 0)}
	d.least = max(whole.Base, whole.Head) / areaShare
	if max(whole.Base, whole.Head) == 0 {
		return whole, false
	}
	whole.Children = d.children(at{0, base != nil}, at{0, head != nil}, 1)
	return whole, true
}

type drawer struct {
	base, head *surveyed
	least      record.Bytes
}

// at is a node of an image, or none.
type at struct {
	id    uint32
	there bool
}

func (d drawer) size(s *surveyed, id uint32) record.Bytes {
	if s == nil {
		return 0
	}
	return s.below[id]
}

// children pairs what both images have under the same name. All that is too
// small to be seen is one area without a name.
func (d drawer) children(base, head at, depth int) []record.Area {
	if depth > areaDepth {
		return nil
	}
	pairs := map[string][2]at{}
	for side, s := range []*surveyed{d.base, d.head} {
		from := [2]at{base, head}[side]
		if s == nil || !from.there {
			continue
		}
		for id := s.all[from.id].child; id != 0; id = s.all[id].next {
			pair := pairs[string(s.name(id))]
			pair[side] = at{id, true}
			pairs[string(s.name(id))] = pair
		}
	}
	var out []record.Area
	var small record.Area
	for name, pair := range pairs {
		area := record.Area{Name: name}
		if pair[0].there {
			area.Base = d.size(d.base, pair[0].id)
		}
		if pair[1].there {
			area.Head = d.size(d.head, pair[1].id)
		}
		if max(area.Base, area.Head) < max(d.least, 1) {
			small.Base += area.Base
			small.Head += area.Head
			continue
		}
		area.Children = d.children(pair[0], pair[1], depth+1)
		out = append(out, area)
	}
	slices.SortFunc(out, func(a, b record.Area) int {
		return cmp.Or(cmp.Compare(max(b.Base, b.Head), max(a.Base, a.Head)), cmp.Compare(a.Name, b.Name))
	})
	if len(out) > 0 && max(small.Base, small.Head) > 0 {
		out = append(out, small)
	}
	return out
}
