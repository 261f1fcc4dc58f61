package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// picture is a treemap in words and coordinates. Colours are classes of the
// page's style.
type picture struct {
	Title         string
	Width, Height float64
	Tiles         []tileView
	Frames        []rect // around the first directories
	Legend        []legendView
	Largest       []string // tiles in words, for who does not see them
}

// tileView is a rectangle, the part of it that changed, and what is written on it.
type tileView struct {
	rect
	Class   string
	Title   string
	Changed *changedView
	Lines   []labelView
}

type changedView struct {
	rect
	Class string
}

type labelView struct {
	Class string
	X, Y  float64
	Text  string
}

type legendView struct{ Class, Text string }

// contentsPicture draws one image, coloured by its large directories; nil where
// there is nothing to draw.
func contentsPicture(tree *record.Area) *picture {
	if tree == nil {
		return nil
	}
	root := spotOf(*tree, 0)
	shades := shadesOf(root)
	p := draw(root, func(t tile) tileView {
		return tileView{Class: shades.class(t.path), Title: t.title() + ": " + imageBytes(t.weight) + ", " + tenths(t.weight/root.weight)}
	})
	if p != nil {
		p.Title, p.Legend = "What the image consists of: every area is as large as its bytes", shades.legend()
	}
	return p
}

// growthPicture draws both images in one, coloured by what changed; nil where
// there is nothing to draw.
func growthPicture(tree *record.Area) *picture {
	if tree == nil {
		return nil
	}
	sums := map[fate]float64{}
	p := draw(spotOf(*tree, 0), func(t tile) tileView {
		f := fateOf(t.spot)
		sums[f] += t.head - t.base
		v := tileView{Class: string(f), Title: t.title() + ": " + f.say(t.spot)}
		if f == more || f == less {
			v.Class, v.Changed = string(same), &changedView{t.end(math.Abs(t.head-t.base) / t.weight), string(f)}
		}
		return v
	})
	if p == nil {
		return nil
	}
	p.Title = "What changed in the image: every area is as large as its bytes, on the side that has more"
	for _, f := range []fate{added, more, less, gone, same} {
		if sum, there := sums[f]; there {
			p.Legend = append(p.Legend, legendView{string(f), f.legend(sum)})
		}
	}
	return p
}

// draw lays a tree out and dresses its tiles. It is nil for a single tile, which
// says no more than its size.
func draw(root spot, dress func(tile) tileView) *picture {
	p := &picture{Width: pictureWidth, Height: pictureHeight}
	tiles, parents := treemap(root, rect{0, 0, pictureWidth, pictureHeight})
	if len(tiles) < 2 {
		return nil
	}
	for _, t := range tiles {
		v := dress(t)
		v.rect, v.Lines = t.tidy(), labels(t)
		if v.Changed != nil {
			v.Changed.rect = v.Changed.tidy()
		}
		p.Tiles = append(p.Tiles, v)
	}
	p.Largest = largestOf(tiles, p.Tiles)
	for _, t := range parents {
		if t.depth == 1 || t.depth == 2 {
			p.Frames = append(p.Frames, t.tidy())
		}
	}
	return p
}

// mostInWords are the tiles that are told in words.
const mostInWords = 25

// largestOf are the titles of the tiles with the largest area, largest first.
func largestOf(tiles []tile, views []tileView) []string {
	order := make([]int, len(tiles))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(tiles[b].weight, tiles[a].weight) })
	var words []string
	for _, i := range order[:min(len(order), mostInWords)] {
		words = append(words, views[i].Title)
	}
	if more := len(order) - mostInWords; more > 0 {
		words = append(words, plural(more, "smaller area"))
	}
	return words
}

// tidy rounds to what can be told apart.
func (r rect) tidy() rect {
	round := func(v float64) float64 { return math.Round(v*10) / 10 }
	x, y := round(r.X), round(r.Y)
	return rect{x, y, round(round(r.X+r.W) - x), round(round(r.Y+r.H) - y)}
}

// end is the part of a rectangle that makes up a share of it, at the end of its
// longer side.
func (r rect) end(share float64) rect {
	share = min(1, max(0, share))
	if r.W >= r.H {
		return rect{r.X + r.W*(1-share), r.Y, r.W * share, r.H}
	}
	return rect{r.X, r.Y + r.H*(1-share), r.W, r.H * share}
}

// title names what a tile stands for.
func (t tile) title() string {
	if below, rest := strings.CutSuffix(t.path, "/"); rest || t.path == "" {
		return "small files below " + below + "/"
	}
	return t.path
}

// Sizes of the writing on tiles, in units of the viewBox.
const (
	letterWidth = 6.6
	lineHeight  = 13.0
	labelMargin = 4.0
	leastLetter = 7 // fewer of a name that does not fit say nothing
)

// labels are a tile's name and size as far as they fit.
func labels(t tile) []labelView {
	most, name := int((t.W-2*labelMargin)/letterWidth), lastName(t.path)
	if t.H < lineHeight+labelMargin || most < max(1, min(leastLetter, columns(name))) {
		return nil
	}
	lines := []labelView{{Class: "name", Text: fit(name, most)}}
	if size := imageBytes(t.weight); t.H >= 2*lineHeight+labelMargin && columns(size) <= most {
		lines = append(lines, labelView{Class: "size", Text: size})
	}
	at := t.tidy()
	for i := range lines {
		lines[i].X, lines[i].Y = at.X+labelMargin, at.Y+lineHeight*float64(i+1)
	}
	return lines
}

func lastName(path string) string {
	if below, rest := strings.CutSuffix(path, "/"); rest {
		return lastName(below) + "/…"
	}
	return path[strings.LastIndex(path, "/")+1:]
}

// fit shortens s to columns of a letter's width.
func fit(s string, most int) string {
	for n := most; n > 0 && columns(s) > most; n-- {
		s = shorten(s, n)
	}
	return s
}

// fate is what a change did to a file or directory, and its class in the style.
type fate string

const (
	added fate = "added"
	more  fate = "more"
	less  fate = "less"
	gone  fate = "gone"
	same  fate = "unchanged"
)

func fateOf(s spot) fate {
	switch {
	case s.base == s.head:
		return same
	case s.base == 0:
		return added
	case s.head == 0:
		return gone
	case s.head > s.base:
		return more
	}
	return less
}

// say is what the change did, with the bytes.
func (f fate) say(s spot) string {
	switch f {
	case added:
		return "new, " + imageBytes(s.head)
	case gone:
		return "gone, " + imageBytes(s.base)
	case same:
		return imageBytes(s.head) + ", unchanged"
	}
	return imageBytes(s.base) + " → " + imageBytes(s.head) + ", " + growthOf(s.head-s.base)
}

func (f fate) legend(sum float64) string {
	switch f {
	case added:
		return "new " + growthOf(sum)
	case gone:
		return "gone " + growthOf(sum)
	case more:
		return "grown " + growthOf(sum)
	case less:
		return "shrunk " + growthOf(sum)
	}
	return "unchanged"
}
