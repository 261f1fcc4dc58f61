package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// mover is a part of why an image grew or shrank: a package, a directory that
// no package owns, or waste.
type mover struct {
	name string
	ours bool // the name is not foreign
	size float64
}

// moversOf a growth, the largest first.
func moversOf(g record.Growth) []mover {
	all := []mover{{"wasted space", true, float64(g.Waste)}}
	for _, p := range g.Packages {
		all = append(all, mover{strings.TrimSpace(p.Name + " " + upgrade(p)), false, float64(p.Size)})
	}
	for _, d := range g.Unowned {
		all = append(all, mover{d.Path, false, risen(d)})
	}
	all = slices.DeleteFunc(all, func(r mover) bool { return r.size == 0 })
	slices.SortStableFunc(all, func(a, b mover) int { return cmp.Compare(math.Abs(b.size), math.Abs(a.size)) })
	return all
}

// upgrade is "1.26 → 2.1", or "" where there are no two versions.
func upgrade(p record.PackageChange) string {
	if p.Base == nil || p.Head == nil || p.Base.Version == p.Head.Version {
		return ""
	}
	return dash(p.Base.Version) + " → " + dash(p.Head.Version)
}

func risen(d record.DirectoryChange) float64 { return float64(d.Head) - float64(d.Base) }

// A sentence names at most mostMovers, none that is below leastMover of the
// largest, and tells of the rest when that is not small either.
const (
	mostMovers = 3
	leastMover = 0.05
)

// why is the growth in one line: "+41 MB unpacked: libllvm15 +38 MB, numpy 1.26
// → 2.1 +3 MB; of it +28 MB from the FROM image".
func why(g record.Growth, m medium) string {
	all := moversOf(g)
	var told []string
	for _, r := range all[:min(len(all), mostMovers)] {
		if math.Abs(r.size) >= leastMover*math.Abs(all[0].size) {
			told = append(told, r.say(m))
		}
	}
	line := m.grown(float64(g.Size)) + " unpacked"
	if len(told) > 0 {
		line += ": " + strings.Join(told, ", ") + remaining(all, len(told), m)
	}
	if g.FromImage == nil || *g.FromImage == 0 {
		return line
	}
	if *g.FromImage == g.Size {
		return line + "; all of it from the FROM image"
	}
	return line + "; of it " + m.grown(float64(*g.FromImage)) + " from the FROM image"
}

// whyOf is why for a service, and says where its FROM image is a guess.
func whyOf(s record.Service, m medium) string {
	line := why(*s.Growth, m)
	if from := s.Growth.FromImage; from == nil || *from == 0 {
		return line
	}
	if guessed(s.Base) || guessed(s.Head) {
		line += " (a guess)"
	}
	return line
}

func (r mover) say(m medium) string {
	name := r.name
	if !r.ours {
		name = m.quote(name, nameWidth)
	}
	return name + " " + m.grown(r.size)
}

// remaining sums up the movers that are not told.
func remaining(all []mover, told int, m medium) string {
	rest := 0.0
	for _, r := range all[told:] {
		rest += r.size
	}
	if math.Abs(rest) < leastMover*math.Abs(all[0].size) {
		return ""
	}
	return fmt.Sprintf(" and %d more %s", len(all)-told, m.grown(rest))
}

// A growth is worth a line at the top from leastGrowth bytes and leastGrown of
// the image: every build differs by a few.
const (
	leastGrowth = 100_000
	leastGrown  = 0.001
)

func noteworthy(s record.Service) bool {
	if s.Growth == nil {
		return false
	}
	size := math.Abs(float64(s.Growth.Size))
	if c, ok := find(s, record.ImageSize); ok && c.Base != nil && size < leastGrown**c.Base {
		return false
	}
	return size >= leastGrowth
}

// imageLine is the one line at the top of a report on why an image grew: that of
// the service whose image changed the most.
func imageLine(c record.Comparison, m medium) string {
	var most record.Service
	n := 0
	for _, s := range c.Services {
		if !noteworthy(s) {
			continue
		}
		n++
		if n == 1 || math.Abs(float64(s.Growth.Size)) > math.Abs(float64(most.Growth.Size)) {
			most = s
		}
	}
	if n == 0 {
		return ""
	}
	line := "Image "
	if len(c.Services) > 1 {
		line = "Image of " + m.quote(most.Name, nameWidth) + " "
	}
	line += whyOf(most, m)
	if n > 1 {
		line += "; " + plural(n-1, "other image") + " changed, too"
	}
	return line
}

// origin tells where the growth of an image comes from and what a node has to
// pull, before it is told by instruction and package.
func origin(s record.Service, m medium) []string {
	if s.Growth == nil {
		return nil
	}
	lines := []string{fromAndChange(s, m), pulls(s, m), rebuilt(s, m), withoutFiles(*s.Growth)}
	return slices.DeleteFunc(lines, func(l string) bool { return l == "" })
}

// withoutFiles says why no files are listed.
func withoutFiles(g record.Growth) string {
	if !g.NoFiles {
		return ""
	}
	return "base is a saved record: its files cannot be compared"
}

// fromAndChange splits the growth into that of the FROM image and that of the
// change itself.
func fromAndChange(s record.Service, m medium) string {
	g := s.Growth
	if g.FromImage == nil || *g.FromImage == 0 && g.Size == 0 {
		return ""
	}
	from := float64(*g.FromImage)
	return m.grown(from) + " from the FROM image" + fromNames(s, m) + ", " + m.grown(float64(g.Size)-from) + " from this change" + fromKnown(s)
}

// fromNames is " (debian:12 → debian:13)", or "" where no name is known.
func fromNames(s record.Service, m medium) string {
	base, head := baseImage(s.Base), baseImage(s.Head)
	switch {
	case base == "" && head == "":
		return ""
	case base == head:
		return " (" + m.quote(head, imageWidth) + ")"
	}
	return " (" + m.quote(dash(base)+" → "+dash(head), imageWidth) + ")"
}

// pulls tells both sizes of a pull where they differ.
func pulls(s record.Service, m medium) string {
	if s.Growth.PullPrefix == nil {
		return ""
	}
	line := "a node that holds base pulls "
	pull, ok := find(s, record.ImagePull)
	if ok && pull.Head != nil {
		line += m.number(side(pull, pull.Head)) + ", or "
	}
	return line + m.number(about(imageBytes(float64(*s.Growth.PullPrefix)), pull.Estimated)) +
		" where only a common prefix of layers is shared"
}

// mostNumbers is how many layers are called by their number.
const mostNumbers = 5

// rebuilt tells of layers that are new in name only.
func rebuilt(s record.Service, m medium) string {
	all := s.Growth.Rebuilt
	if len(all) == 0 {
		return ""
	}
	var numbers []string
	for _, r := range all[:min(len(all), mostNumbers)] {
		numbers = append(numbers, dash(layerNumber(r.Head)))
	}
	if more := len(all) - mostNumbers; more > 0 {
		numbers = append(numbers, fmt.Sprintf("%d more", more))
	}
	layers := "layer "
	if len(all) > 1 {
		layers = "layers "
	}
	size := total(all, func(r record.Rebuilt) record.Bytes { return r.Compressed })
	return layers + list(numbers) + " rebuilt, content identical: " + m.number(about(imageBytes(size), estimatedLayers(s.Head, all))) +
		" pulled again for nothing. " + remedyOfRebuilt(m)
}

// remedyOfRebuilt keeps times out of layers (https://github.com/moby/buildkit/blob/master/docs/build-repro.md),
// or, for builders that cannot, reuses the layers that are there.
func remedyOfRebuilt(m medium) string {
	command := func(s string) string { return m.quote(s, instructionWidth) }
	return "With BuildKit, set " + command("SOURCE_DATE_EPOCH") + " in the environment of " +
		command("docker buildx build --output type=…,rewrite-timestamp=true") + "; with another builder, reuse base's layers with " +
		command("--cache-from")
}

func estimatedLayers(head record.Record, all []record.Rebuilt) bool {
	return slices.ContainsFunc(all, func(r record.Rebuilt) bool {
		return r.Head >= 0 && r.Head < len(head.Layers) && head.Layers[r.Head].Estimated
	})
}
