package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// rect is a rectangle in the coordinates of a viewBox.
type rect struct{ X, Y, W, H float64 }

func (r rect) area() float64 { return r.W * r.H }

// squarify divides a rectangle among weights, best given largest first: areas
// are in proportion to weights, and sides as equal as the greedy method of
// Bruls, Huizing and van Wijk makes them (Squarified Treemaps, 2000,
// https://vanwijk.win.tue.nl/stm.pdf). A weight that is not positive gets no
// area.
func squarify(weights []float64, in rect) []rect {
	// Added up from the end, where the small ones are, so that none gets lost.
	left := make([]float64, len(weights)+1)
	for i := len(weights) - 1; i >= 0; i-- {
		left[i] = left[i+1] + max(0, weights[i])
	}
	out := make([]rect, len(weights))
	for from := 0; from < len(weights); {
		n := strip(weights[from:], in, left[from])
		in = lay(out[from:from+n], weights[from:from+n], in, left[from])
		from += n
	}
	return out
}

// strip is how many of the weights go into the next strip along the shorter
// side: as many as make its rectangles no longer than fewer would.
func strip(weights []float64, in rect, left float64) int {
	if left <= 0 || in.area() <= 0 {
		return len(weights)
	}
	side := min(in.W, in.H)
	scale := in.area() / left / (side * side)
	sum, least, most, best := 0.0, math.Inf(1), 0.0, math.Inf(1)
	for i, w := range weights {
		if w <= 0 {
			continue
		}
		w *= scale
		sum, least, most = sum+w, min(least, w), max(most, w)
		// The longest sides of the strip's rectangles, where the strip's side is 1.
		longest := max(most/(sum*sum), sum*sum/least)
		if longest > best {
			return i
		}
		best = longest
	}
	return len(weights)
}

// lay puts the weights into one strip along the shorter side of a rectangle, and
// gives what remains of it. left is the sum of these weights and all that follow.
func lay(out []rect, weights []float64, in rect, left float64) rect {
	sum := 0.0
	for _, w := range weights {
		sum += max(0, w)
	}
	if sum <= 0 || left <= 0 {
		for i := range out {
			out[i] = rect{in.X, in.Y, 0, 0}
		}
		return in
	}
	share, done := min(1, sum/left), 0.0
	for i, w := range weights {
		part := max(0, w) / sum
		if in.W >= in.H {
			out[i] = rect{in.X, in.Y + in.H*done, in.W * share, in.H * part}
		} else {
			out[i] = rect{in.X + in.W*done, in.Y, in.W * part, in.H * share}
		}
		done = min(1, done+part)
	}
	if in.W >= in.H {
		return rect{in.X + in.W*share, in.Y, in.W * (1 - share), in.H}
	}
	return rect{in.X, in.Y + in.H*share, in.W, in.H * (1 - share)}
}

// spot is a directory or file that a treemap gives room to.
type spot struct {
	name       string // foreign
	base, head float64
	weight     float64 // that of its parts, or the larger side's
	parts      []spot  // largest first
}

// mostDepth is the deepest directory that is divided.
const mostDepth = 16

// spotOf prepares a tree for its picture: sides are at least zero, weights are
// those of the parts, and what lies deeper than mostDepth is not divided.
func spotOf(a record.Area, depth int) spot {
	s := spot{name: a.Name, base: max(0, float64(a.Base)), head: max(0, float64(a.Head))}
	if depth < mostDepth {
		for _, c := range a.Children {
			part := spotOf(c, depth+1)
			s.parts = append(s.parts, part)
			s.weight += part.weight
		}
	}
	if s.weight <= 0 {
		s.parts, s.weight = nil, max(s.base, s.head)
	}
	slices.SortStableFunc(s.parts, func(a, b spot) int { return cmp.Compare(b.weight, a.weight) })
	return s
}

// tile is a spot that is drawn, and where.
type tile struct {
	rect
	spot
	path  string // safe to be shown; with a slash at the end where it sums up what is small in there
	depth int    // 1 below the root
}

// Sizes of a treemap, in units of its viewBox. A page shows about one pixel
// each; the smallest tile is what a pointer can hit.
const (
	pictureWidth  = 1000.0
	pictureHeight = 460.0
	leastTile     = 300.0 // square units
	leastSide     = 8.0
)

// treemap divides a rectangle down to what can be seen. The tiles lie side by
// side and fill it; parents are the divided directories, which the tiles cover.
// There are at most (1 + mostDepth/4) tiles for each leastTile of the area.
func treemap(root spot, in rect) (tiles, parents []tile) {
	var place func(t tile)
	place = func(t tile) {
		parts := divide(t)
		if len(parts) == 0 {
			tiles = append(tiles, t)
			return
		}
		parents = append(parents, t)
		for _, p := range parts {
			place(p)
		}
	}
	if root.weight > 0 {
		place(tile{rect: in, spot: root})
	}
	return tiles, parents
}

// divide gives room to the parts of a tile that are large enough to be seen,
// and to all the others together; to none where it is not worth dividing.
func divide(t tile) []tile {
	if t.area() < 4*leastTile || min(t.W, t.H) < leastSide {
		return nil
	}
	rest := tile{path: t.path + "/", depth: t.depth + 1}
	var parts []tile
	for _, p := range t.parts {
		if p.weight/t.weight*t.area() >= leastTile {
			if name := clean(p.name, partWidth); name != "" {
				parts = append(parts, tile{spot: p, path: t.path + "/" + name, depth: t.depth + 1})
				continue
			}
		}
		rest.base, rest.head, rest.weight = rest.base+p.base, rest.head+p.head, rest.weight+p.weight
	}
	if len(parts) > 0 && rest.weight > 0 {
		at, _ := slices.BinarySearchFunc(parts, rest, func(a, b tile) int { return cmp.Compare(b.weight, a.weight) })
		parts = slices.Insert(parts, at, rest)
	}
	weights := make([]float64, len(parts))
	for i, p := range parts {
		weights[i] = p.weight
	}
	for i, r := range squarify(weights, t.rect) {
		parts[i].rect = r
	}
	return parts
}

// partWidth is the most characters of a name within a path.
const partWidth = 64
