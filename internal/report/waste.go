package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// wasteSection lists bytes that a layer stores and another hides, with the
// instruction that hides them.
func wasteSection(title string, r record.Record, all []record.Waste, m medium) section {
	sum := total(all, func(w record.Waste) record.Bytes { return w.Size })
	s := section{
		title: title + ": " + imageBytes(sum), thing: "place", print: imageBytes,
		columns: []column{{"size", numbers}, {"how", words}, {"layers", words}, {"what", paths}, {"hidden by", paths}},
	}
	s = fill(s, m.rows, all, func(w record.Waste) float64 { return float64(w.Size) }, func(w record.Waste) []string {
		return []string{m.size(w.Size), wasteWord(w.Kind), between(w), whatOf(w, m), m.path(instructionOf(r.Layers, w.Killer))}
	})
	s.notes = copiesNotAdvised(r.Contents, all, r.Layers)
	return s
}

// whatOf is the path of a waste, or, where that only holds it in many places,
// the largest of them: "/opt/big (20 MB) and more".
func whatOf(w record.Waste, m medium) string {
	if w.Most == "" {
		return m.path(w.Path)
	}
	return m.path(w.Most) + " (" + m.size(w.MostSize) + ") and more"
}

// between is "2 → 5": stored in layer 2 and hidden by layer 5.
func between(w record.Waste) string {
	if w.Layer == w.Killer {
		return layerNumber(w.Layer)
	}
	return dash(layerNumber(w.Layer)) + " → " + dash(layerNumber(w.Killer))
}

// instructionOf is the instruction of a layer as the Dockerfile has it, foreign;
// "" where it is not known.
func instructionOf(layers []record.Layer, index int) string {
	if index < 0 || index >= len(layers) {
		return ""
	}
	return instruction(layers[index].Instruction)
}

func wasteWord(k record.WasteKind) string {
	switch k {
	case record.Deleted:
		return "deleted"
	case record.Overwritten:
		return "overwritten"
	case record.Copied:
		return "copied again"
	case record.Replaced:
		return "replaced"
	case record.Opaque:
		return "directory made anew"
	}
	return identifier(string(k), 24)
}

// copiesNotAdvised are the notes on copies, unless head's advice tells of them.
func copiesNotAdvised(c *record.Contents, all []record.Waste, layers []record.Layer) []string {
	told := func(a record.Advice) bool { return a.Rule == "waste-"+string(record.Copied) }
	if c == nil || slices.ContainsFunc(c.Advice, told) {
		return nil
	}
	return copies(all, layers)
}

// mostCopies is how many copies get a sentence.
const mostCopies = 3

// copies say what to do about content that was stored twice, by layer: "chmod
// duplicated 120 MB in layer 5: use COPY --chmod".
func copies(all []record.Waste, layers []record.Layer) []string {
	sums := map[int]float64{}
	var order []int
	for _, w := range all {
		if w.Kind != record.Copied {
			continue
		}
		if _, seen := sums[w.Killer]; !seen {
			order = append(order, w.Killer)
		}
		sums[w.Killer] += float64(w.Size)
	}
	var notes []string
	for _, killer := range order[:min(len(order), mostCopies)] {
		notes = append(notes, copied(instructionOf(layers, killer), layerNumber(killer), sums[killer]))
	}
	return notes
}

func copied(instruction, layer string, size float64) string {
	doer, remedy := "a change of mode, owner or time", "set mode and owner with COPY --chmod and --chown"
	chmod, chown := strings.Contains(instruction, "chmod"), strings.Contains(instruction, "chown")
	switch {
	case strings.HasPrefix(instruction, "COPY ") || strings.HasPrefix(instruction, "ADD "):
		doer, remedy = "copying what was there", "copy each file once"
	case chmod && chown:
		doer, remedy = "chmod and chown", "use COPY --chmod --chown"
	case chmod:
		doer, remedy = "chmod", "use COPY --chmod"
	case chown:
		doer, remedy = "chown", "use COPY --chown"
	}
	return fmt.Sprintf("%s duplicated %s in layer %s: %s", doer, imageBytes(size), dash(layer), remedy)
}

// adviceSection lists what to do about an image, with the bytes it saves.
func adviceSection(all []record.Advice, m medium) section {
	s := section{title: "what would make the image smaller", thing: "way", print: imageBytes}
	for _, a := range all {
		s.sizes = append(s.sizes, float64(a.Saves))
		if len(s.entries) < m.rows {
			s.entries = append(s.entries, adviceLine(a, m))
		}
	}
	return s
}

// adviceLine is "12 MB: apt package lists in /var/lib/apt/lists (layer 2). End
// the RUN with rm -rf /var/lib/apt/lists/*".
func adviceLine(a record.Advice, m medium) string {
	line := m.size(a.Saves) + ": " + m.prose(a.What, noteWidth)
	if a.Layer >= 0 {
		line += " (layer " + layerNumber(a.Layer) + ")"
	}
	if a.Remedy != "" {
		line += ". " + m.prose(a.Remedy, noteWidth)
	}
	return line
}

// Head's waste and advice belong into a comparison where they are new or large.
const (
	leastNews  = 100_000   // bytes more than base has
	leastLarge = 1_000_000 // bytes, and at least this share of the image:
	largeShare = 0.05
)

func matters(now, was, image float64) bool {
	return now-was >= leastNews || now >= leastLarge && now >= largeShare*image
}

// wasteThatMatters is what base does not waste in the same way, or that is much.
func wasteThatMatters(s record.Service) []record.Waste {
	return notable(s, func(c record.Contents) []record.Waste { return c.Waste },
		func(w record.Waste) (string, record.Bytes) { return string(w.Kind) + " " + w.Path, w.Size })
}

// adviceThatMatters is what could not be said of base, or that saves much.
func adviceThatMatters(s record.Service) []record.Advice {
	return notable(s, func(c record.Contents) []record.Advice { return c.Advice },
		func(a record.Advice) (string, record.Bytes) { return a.Rule, a.Saves })
}

// notable keeps those of head's entries that matter. Entries of one key are
// weighed together: what base had under that key is no news. Where base is not
// known, nothing is.
func notable[T any](s record.Service, of func(record.Contents) []T, key func(T) (string, record.Bytes)) []T {
	if s.Head.Contents == nil {
		return nil
	}
	news := map[string]float64{}
	if s.Base.Contents != nil {
		for _, x := range of(*s.Head.Contents) {
			k, size := key(x)
			news[k] += float64(size)
		}
		for _, x := range of(*s.Base.Contents) {
			k, size := key(x)
			news[k] -= float64(size)
		}
	}
	var kept []T
	for _, x := range of(*s.Head.Contents) {
		k, size := key(x)
		now := float64(size)
		if matters(now, now-min(now, news[k]), float64(s.Head.Contents.Live)) {
			kept = append(kept, x)
		}
	}
	return kept
}
