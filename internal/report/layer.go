package report

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// layerRow is one layer of either image, or a layer of head beside the layer
// of base that the same instruction made.
type layerRow struct {
	base, head  *record.Layer
	index       int    // in head, -1 where head has it no more
	instruction string // foreign, tidied
}

// changed reports whether the layer is not in both images as it is.
func (l layerRow) changed() bool {
	return l.base == nil || l.head == nil || layerID(*l.base) != layerID(*l.head)
}

// grown is how many bytes head has more than base, by what a layer weighs.
func (l layerRow) grown(weight func(record.Layer) float64) float64 {
	var d float64
	if l.head != nil {
		d = weight(*l.head)
	}
	if l.base != nil {
		d -= weight(*l.base)
	}
	return d
}

// layerRows pairs the layers of two images, first by content, then by
// instruction. Changed ones come first, those that grew unpacked leading; the
// others follow in the order of the stack.
func layerRows(base, head []record.Layer) []layerRow {
	taken := make([]bool, len(base))
	rows := make([]layerRow, len(head))
	for i := range head {
		rows[i] = layerRow{head: &head[i], index: i, instruction: instruction(head[i].Instruction)}
	}
	match(rows, base, taken, layerID)
	match(rows, base, taken, kin)
	for i := range base {
		if !taken[i] {
			rows = append(rows, layerRow{base: &base[i], index: -1, instruction: instruction(base[i].Instruction)})
		}
	}
	slices.SortStableFunc(rows, byChange)
	return rows
}

// match gives each row without a base the first free layer of base with the
// same key.
func match(rows []layerRow, base []record.Layer, taken []bool, key func(record.Layer) string) {
	free := map[string][]int{}
	for j := range base {
		if k := key(base[j]); k != "" && !taken[j] {
			free[k] = append(free[k], j)
		}
	}
	for i := range rows {
		k := key(*rows[i].head)
		if rows[i].base != nil || len(free[k]) == 0 {
			continue
		}
		j := free[k][0]
		rows[i].base, taken[j], free[k] = &base[j], true, free[k][1:]
	}
}

// kin is the same for layers of the same instruction. The classic builder
// names a copied directory by its digest, which must not count.
func kin(l record.Layer) string {
	return longHex.ReplaceAllString(strings.TrimSpace(l.Instruction), "")
}

func layerID(l record.Layer) string {
	if l.DiffID != "" {
		return l.DiffID
	}
	return l.Digest
}

func byChange(a, b layerRow) int {
	switch {
	case a.changed() != b.changed():
		if a.changed() {
			return -1
		}
		return 1
	case !a.changed():
		return 0
	}
	x, y := a.grown(unpacked), b.grown(unpacked)
	return cmp.Or(cmp.Compare(max(0, y), max(0, x)), cmp.Compare(x, y), cmp.Compare(math.Abs(b.grown(transfer)), math.Abs(a.grown(transfer))))
}

// changedLayers are the rows that differ.
func changedLayers(rows []layerRow) []layerRow {
	return slices.DeleteFunc(slices.Clone(rows), func(l layerRow) bool { return !l.changed() })
}

var longHex = regexp.MustCompile(`[0-9a-f]{16,}`)

// instruction writes a line of an image's history as its Dockerfile had it, as
// far as the history tells.
func instruction(s string) string {
	s = strings.TrimSuffix(strings.TrimSpace(s), "# buildkit")
	if rest, ok := strings.CutPrefix(s, "/bin/sh -c #(nop) "); ok {
		s = rest
	} else if rest, ok := strings.CutPrefix(s, "/bin/sh -c "); ok {
		s = "RUN " + rest
	}
	s = strings.Replace(strings.TrimSpace(s), "RUN /bin/sh -c ", "RUN ", 1)
	return longHex.ReplaceAllStringFunc(s, func(hex string) string { return hex[:8] + "…" })
}

// unpacked is what the layer's files weigh: over all layers, image.size.
func unpacked(l record.Layer) float64 { return float64(l.Size) }

// transfer is what the layer weighs on the wire, or unpacked when that is all
// that is known.
func transfer(l record.Layer) float64 {
	if l.Compressed == 0 {
		return float64(l.Size)
	}
	return float64(l.Compressed)
}

// layerSize prints one side of a layer as it travels, "≈" when estimated.
func layerSize(l *record.Layer) string {
	if l == nil {
		return "–"
	}
	s := decimalBytes.print(transfer(*l))
	if l.Estimated {
		return "≈" + s
	}
	return s
}

// growth prints the layer's change unpacked, "" for one that is in both images.
func (l layerRow) growth() string {
	if !l.changed() {
		return ""
	}
	return growthOf(l.grown(unpacked))
}

// number is what the layer is called in head, "" where it is gone.
func (l layerRow) number() string { return layerNumber(l.index) }

// layersTitle sums the changed layers up, which is the growth of the image.
func layersTitle(rows []layerRow) string {
	return "layers that changed: " + growthOf(sumOf(rows, func(l layerRow) float64 { return l.grown(unpacked) })) + " unpacked"
}
