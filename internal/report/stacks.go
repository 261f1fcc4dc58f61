package report

import (
	"fmt"
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// stacks is a picture of the layers of both images, one row each, to one scale.
type stacks struct {
	Title, Caption string
	Width, Height  float64
	Tiles          []tileView
	Names          []label
	Legend         []legendView
}

// Sizes of the picture, in units of its viewBox.
const (
	stacksLeft   = chartLeft
	stackHeight  = 44.0
	stackApart   = 10.0
	leastStacked = 1.0 // narrower layers cannot be seen
)

// stacksOf draws the layers unpacked; nil where an image has none.
func stacksOf(s record.Service) *stacks {
	base, head := stackSize(s.Base.Layers), stackSize(s.Head.Layers)
	if base <= 0 || head <= 0 {
		return nil
	}
	p := &stacks{Title: "The layers of both images, unpacked, to one scale", Width: chartWidth, Height: 2*stackHeight + stackApart + 4}
	scale := (chartWidth - stacksLeft - 2) / math.Max(base, head)
	sums := map[fate]float64{}
	p.row("base", 2, s.Base.Layers, idsOf(s.Head.Layers), gone, scale, sums)
	p.row("head", 2+stackHeight+stackApart, s.Head.Layers, idsOf(s.Base.Layers), added, scale, sums)
	words := map[fate]string{same: "in both", gone: "only in base", added: "only in head"}
	p.Caption = fmt.Sprintf("Base %s, head %s.", imageBytes(base), imageBytes(head))
	for _, f := range []fate{same, gone, added} {
		if sum, there := sums[f]; there {
			p.Legend = append(p.Legend, legendView{string(f), words[f] + " " + imageBytes(sum)})
			p.Caption += fmt.Sprintf(" %s: %s.", capital(words[f]), imageBytes(sum))
		}
	}
	return p
}

func stackSize(layers []record.Layer) float64 {
	sum := 0.0
	for _, l := range layers {
		sum += math.Max(0, unpacked(l))
	}
	return sum
}

func idsOf(layers []record.Layer) map[string]bool {
	ids := map[string]bool{}
	for _, l := range layers {
		ids[layerID(l)] = true
	}
	return ids
}

// row lays the layers of one image side by side, lowest first.
func (p *stacks) row(name string, y float64, layers []record.Layer, other map[string]bool, alone fate, scale float64, sums map[fate]float64) {
	x := stacksLeft
	for i, l := range layers {
		size, f := math.Max(0, unpacked(l)), alone
		if other[layerID(l)] {
			f = same
		}
		if f != same || name == "head" {
			sums[f] += size
		}
		if w := size * scale; w >= leastStacked {
			p.Tiles = append(p.Tiles, stackTile(rect{x, y, w, stackHeight}, f, i, l))
		}
		x += size * scale
	}
	p.Names = append(p.Names,
		label{"side " + name, "end", stacksLeft - 6, y + stackHeight/2 - 2, name},
		label{"", "end", stacksLeft - 6, y + stackHeight/2 + 13, imageBytes(stackSize(layers))})
}

func stackTile(at rect, f fate, i int, l record.Layer) tileView {
	size := imageBytes(unpacked(l))
	v := tileView{rect: at.tidy(), Class: string(f), Title: fmt.Sprintf("layer %s, %s: %s", layerNumber(i), size, clean(instruction(l.Instruction), imageWidth))}
	if float64(columns(size))*letter+2*labelMargin <= at.W {
		v.Lines = []labelView{{Class: "size", X: v.X + labelMargin, Y: v.Y + stackHeight/2 + 5, Text: size}}
	}
	return v
}
