package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// mostFaint are the boots of one side that are drawn behind the median one.
const mostFaint = 24

// labelHeight is what a side's name takes above its baseline.
const labelHeight = 11.0

// memorySide is the memory of one image's boots that count.
type memorySide struct {
	name   string
	trials []*record.Trial // by their peak
	median *record.Trial
}

func memoryOf(name string, r record.Record) memorySide {
	side := memorySide{name: name}
	for i := range r.Trials {
		if t := &r.Trials[i]; t.Counts() && samples(t.Memory) > 1 {
			side.trials = append(side.trials, t)
		}
	}
	slices.SortStableFunc(side.trials, func(a, b *record.Trial) int { return cmp.Compare(peakOf(a.Memory), peakOf(b.Memory)) })
	if n := len(side.trials); n > 0 {
		side.median = side.trials[(n-1)/2]
	}
	return side
}

func samples(m record.Timeline) int { return min(len(m.At), len(m.Unreclaimable)) }

func peakOf(m record.Timeline) record.Bytes {
	return slices.Max(m.Unreclaimable[:samples(m)])
}

// memoryChart draws the unreclaimable memory of both images over the time since
// the gate: the boot with the median peak, the others faintly behind it.
func memoryChart(s record.Service) (chart, bool) {
	sides := []memorySide{memoryOf("base", s.Base), memoryOf("head", s.Head)}
	longest, highest := reachOf(sides)
	if longest <= 0 || highest <= 0 {
		return chart{}, false
	}
	c := frame("memory since the start")
	limit, limited := memoryLimit(s)
	top, shown := highest, limited && limit <= 1.8*highest
	if shown {
		top = math.Max(top, limit)
	}
	x, y := c.axes(0, longest, 0, top*1.08)
	c.X = x.ticks(1, func(v float64) string { return fixed(v, 3) + " s" })
	c.Y = y.ticks(unitOf(highest, binaryBytes), binaryBytes.print)
	for _, side := range sides {
		c.loaded(side, x)
	}
	for _, side := range sides {
		c.timelines(side, x, y)
	}
	c.nameEnds(sides, x, y)
	if shown {
		c.across("limit", "limit "+binaryBytes.print(limit), y.at(limit))
	}
	c.Caption = memoryCaption(sides, limited && !shown, limit)
	return c, true
}

// reachOf is the longest time and the most memory of the boots.
func reachOf(sides []memorySide) (longest, highest float64) {
	for _, side := range sides {
		for _, t := range side.trials {
			for i, at := range t.Memory.At[:samples(t.Memory)] {
				if v := float64(at); v <= largest {
					longest = math.Max(longest, v)
				}
				highest = math.Max(highest, float64(t.Memory.Unreclaimable[i]))
			}
		}
	}
	return longest, highest
}

func memoryLimit(s record.Service) (float64, bool) {
	if s.Head.Setup == nil || s.Head.Setup.Limits.Memory <= 0 {
		return 0, false
	}
	return float64(s.Head.Setup.Limits.Memory), true
}

func (c *chart) timelines(side memorySide, x, y axis) {
	for _, t := range thinned(side.trials, mostFaint) {
		if t == side.median {
			continue
		}
		c.Lines = append(c.Lines, shape{"faint " + side.name, polyline(t.Memory, x, y, mostPoints/2)})
	}
	if side.median == nil {
		return
	}
	c.Lines = append(c.Lines, shape{"line " + side.name, polyline(side.median.Memory, x, y, mostPoints)})
	if ready := readyAt(side.median); ready > 0 && x.holds(ready) {
		c.Dots = append(c.Dots, dot{Side: side.name, X: coordinate(x.at(ready)), Y: coordinate(y.within(memoryAt(side.median.Memory, ready))),
			Name: side.name + ": ready after " + seconds.print(ready)})
	}
}

// loaded marks at the top when the load of the median boot ran.
func (c *chart) loaded(side memorySide, x axis) {
	if side.median == nil {
		return
	}
	from, to, ok := loadOf(side.median)
	if !ok || !x.holds(from) {
		return
	}
	y := c.Top - 8
	if side.name == "head" {
		y = c.Top - 2
	}
	c.Rules = append(c.Rules, rule{"load " + side.name, coordinate(x.at(from)), y, coordinate(x.within(to)), y})
}

// nameEnds writes the sides' names at the ends of their lines, apart from each
// other.
func (c *chart) nameEnds(sides []memorySide, x, y axis) {
	last := math.Inf(-1)
	for _, side := range sides {
		if side.median == nil {
			continue
		}
		m := side.median.Memory
		end := samples(m) - 1
		at := y.within(float64(m.Unreclaimable[end])) - 6
		if at-labelHeight < c.Top {
			at += 24 // below the line: above it are the bars of the load
		}
		if math.Abs(at-last) < 14 {
			at = last + 26
		}
		last = at
		c.Labels = append(c.Labels, label{"side " + side.name, "end", coordinate(x.within(float64(m.At[end]))), coordinate(at), side.name})
	}
}

func readyAt(t *record.Trial) float64 {
	return t.Metrics[record.StartupReady]
}

// loadOf is when the load ran, since the gate, where the record knows.
func loadOf(t *record.Trial) (from, to float64, ok bool) {
	if t.Load == nil || t.Load.Start <= 0 || t.Load.Seconds <= 0 {
		return 0, 0, false
	}
	from = float64(t.Load.Start)
	return from, from + float64(t.Load.Seconds), true
}

// memoryAt is the memory at a time, by the last sample until then.
func memoryAt(m record.Timeline, at float64) float64 {
	i, sampled := slices.BinarySearchFunc(m.At[:samples(m)], at, func(s record.Seconds, v float64) int { return cmp.Compare(float64(s), v) })
	if !sampled {
		i--
	}
	return float64(m.Unreclaimable[max(0, i)])
}

func memoryCaption(sides []memorySide, beyond bool, limit float64) string {
	var words []string
	loaded := false
	for _, side := range sides {
		if side.median == nil {
			continue
		}
		text := fmt.Sprintf("%s peaks at %s", side.name, binaryBytes.print(float64(peakOf(side.median.Memory))))
		if ready := readyAt(side.median); ready > 0 {
			text += ", ready (the dot) after " + seconds.print(ready)
		}
		_, _, known := loadOf(side.median)
		loaded = loaded || known
		words = append(words, text)
	}
	text := "The boot with the median peak of each image, the others faint: " + strings.Join(words, "; ")
	if loaded {
		text += "; the bars at the top are the load"
	}
	if beyond {
		text += "; the limit of " + binaryBytes.print(limit) + " lies above"
	}
	return text + "."
}

// polyline keeps the highest sample of each stretch, so that no peak is lost.
func polyline(m record.Timeline, x, y axis, most int) string {
	n := samples(m)
	stretch := max(1, (n+most-1)/most)
	var points []string
	for start := 0; start < n; start += stretch {
		top := start
		for i := start; i < min(start+stretch, n); i++ {
			if m.Unreclaimable[i] > m.Unreclaimable[top] {
				top = i
			}
		}
		px, py := x.within(float64(m.At[top])), y.within(float64(m.Unreclaimable[top]))
		if finite(px) && finite(py) {
			points = append(points, point(px, py))
		}
	}
	return strings.Join(points, " ")
}
