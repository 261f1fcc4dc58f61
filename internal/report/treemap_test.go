package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// near allows for rounding, relative to a scale.
func near(a, b, scale float64) bool { return math.Abs(a-b) <= 1e-9*scale }

var anyRect = rapid.Custom(func(t *rapid.T) rect {
	side := rapid.Float64Range(1, 2000)
	return rect{rapid.Float64Range(-100, 100).Draw(t, "x"), rapid.Float64Range(-100, 100).Draw(t, "y"), side.Draw(t, "w"), side.Draw(t, "h")}
})

func TestSquarify(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := anyRect.Draw(rt, "in")
		weight := rapid.OneOf(rapid.Float64Range(0, 100), rapid.Just(0.0), rapid.Float64Range(1e15, 9.3e18), rapid.Float64Range(-5, 1e-9))
		weights := rapid.SliceOfN(weight, 0, 60).Draw(rt, "weights")
		if rapid.Bool().Draw(rt, "sorted") {
			slices.SortFunc(weights, func(a, b float64) int { return int(math.Copysign(1, b-a)) })
		}
		rects := squarify(weights, in)
		if len(rects) != len(weights) {
			rt.Fatalf("%d rectangles for %d weights", len(rects), len(weights))
		}
		proportional(rt, weights, rects, in)
		apart(rt, rects, in)
	})
}

// proportional expects areas that are to the whole what weights are to their sum.
func proportional(t *rapid.T, weights []float64, rects []rect, in rect) {
	sum := 0.0
	for _, w := range weights {
		sum += max(0, w)
	}
	for i, w := range weights {
		want := 0.0
		if sum > 0 {
			want = max(0, w) / sum * in.area()
		}
		if !near(rects[i].area(), want, in.area()) {
			t.Fatalf("weight %v of %v has area %v, want %v: %+v", w, sum, rects[i].area(), want, rects)
		}
	}
}

// apart expects finite rectangles inside the bounds that do not overlap.
func apart(t *rapid.T, rects []rect, in rect) {
	scale := max(in.W, in.H, 100)
	for i, r := range rects {
		if !finite(r.X) || !finite(r.Y) || !(r.W >= 0) || !(r.H >= 0) {
			t.Fatalf("rectangle %+v", r)
		}
		eps := 1e-9 * scale
		if r.X < in.X-eps || r.Y < in.Y-eps || r.X+r.W > in.X+in.W+eps || r.Y+r.H > in.Y+in.H+eps {
			t.Fatalf("%+v outside of %+v", r, in)
		}
		for _, q := range rects[:i] {
			if min(r.X+r.W, q.X+q.W)-max(r.X, q.X) > eps && min(r.Y+r.H, q.Y+q.H)-max(r.Y, q.Y) > eps {
				t.Fatalf("%+v overlaps %+v", r, q)
			}
		}
	}
}

// Equal weights are the case where the method must come close to squares.
func TestSquarifyMakesSquares(t *testing.T) {
	for _, r := range squarify(slices.Repeat([]float64{7}, 24), rect{0, 0, 600, 400}) {
		if ratio := max(r.W/r.H, r.H/r.W); ratio > 1.01 {
			t.Errorf("%+v has sides of %.2f to 1", r, ratio)
		}
	}
	// The example of the paper: 6 x 4 divided among 6, 6, 4, 3, 2, 2, 1.
	got := squarify([]float64{6, 6, 4, 3, 2, 2, 1}, rect{0, 0, 6, 4})
	for i, want := range []rect{{0, 0, 3, 2}, {0, 2, 3, 2}, {3, 0, 12. / 7, 7. / 3}} {
		if r := got[i]; !near(r.X, want.X, 10) || !near(r.Y, want.Y, 10) || !near(r.W, want.W, 10) || !near(r.H, want.H, 10) {
			t.Errorf("rectangle %d is %+v, want %+v", i, r, want)
		}
	}
}

var anyArea = rapid.Custom(func(t *rapid.T) record.Area { return drawArea(t, rapid.IntRange(0, 5).Draw(t, "depth")) })

func drawArea(t *rapid.T, depth int) record.Area {
	size := rapid.OneOf(rapid.Int64Range(0, 1000), rapid.Int64Range(1e6, 1e9), rapid.Just(int64(0)), rapid.Int64())
	a := record.Area{
		Name: rapid.OneOf(rapid.SampledFrom(nasty), rapid.String()).Draw(t, "name"),
		Base: record.Bytes(size.Draw(t, "base")), Head: record.Bytes(size.Draw(t, "head")),
	}
	if depth > 0 {
		for range rapid.IntRange(0, 6).Draw(t, "children") {
			a.Children = append(a.Children, drawArea(t, depth-1))
		}
	}
	return a
}

// The tiles fill the picture, in proportion, whatever the tree.
func TestTreemap(t *testing.T) {
	in := rect{0, 0, pictureWidth, pictureHeight}
	rapid.Check(t, func(rt *rapid.T) {
		root := spotOf(anyArea.Draw(rt, "tree"), 0)
		tiles, parents := treemap(root, in)
		if root.weight <= 0 {
			if len(tiles) > 0 {
				rt.Fatalf("%d tiles of nothing", len(tiles))
			}
			return
		}
		rects, weights := make([]rect, len(tiles)), make([]float64, len(tiles))
		for i, t := range tiles {
			rects[i], weights[i] = t.rect, t.weight
		}
		apart(rt, rects, in)
		proportional(rt, weights, rects, in)
		if most := int((1 + mostDepth/4) * in.area() / leastTile); len(tiles) > most || len(parents) > most {
			rt.Fatalf("%d tiles in %d directories, want at most %d", len(tiles), len(parents), most)
		}
	})
}

// A tree that is deep, wide or both still ends.
func TestTreemapIsBounded(t *testing.T) {
	deep := record.Area{Head: 1 << 40}
	for range 3_000 {
		deep = record.Area{Name: "d", Head: 1 << 40, Children: []record.Area{deep, {Name: "f", Head: 1 << 40}}}
	}
	wide := record.Area{}
	for range 50_000 {
		wide.Children = append(wide.Children, record.Area{Name: strings.Repeat("w", 300), Head: 1})
	}
	in := rect{0, 0, pictureWidth, pictureHeight}
	for _, tree := range []record.Area{deep, wide, {Children: []record.Area{deep, wide, {}}}} {
		tiles, parents := treemap(spotOf(tree, 0), in)
		if len(tiles) == 0 || len(tiles)+len(parents) > 2000 {
			t.Errorf("%d tiles in %d directories", len(tiles), len(parents))
		}
		for _, tile := range tiles {
			if tile.depth > mostDepth {
				t.Errorf("a tile at depth %d", tile.depth)
			}
		}
	}
}
