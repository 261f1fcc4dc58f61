package accuracy

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// Engines lists the engines of which there are observations, one directory each.
func Engines(from fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(from, ".")
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// Markdown is the table of claims with a column for every engine, and the tables
// behind it for the first of them.
func Markdown(from fs.FS) (string, error) {
	engines, err := Engines(from)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	header := []string{"claim", "bar"}
	for _, e := range engines {
		header = append(header, strings.ReplaceAll(e, "-", " "))
	}
	var rows [][]string
	for _, c := range claims {
		row := []string{c.text, c.expects()}
		for _, e := range engines {
			f, err := c.find(from, e)
			if err != nil {
				return "", err
			}
			row = append(row, c.cell(f))
		}
		rows = append(rows, row)
	}
	b.WriteString(table(header, rows))
	for _, e := range engines {
		text, err := behind(from, e)
		if err != nil {
			return "", err
		}
		if text != "" {
			fmt.Fprintf(&b, "\n## Behind it: %s\n%s", strings.ReplaceAll(e, "-", " "), text)
		}
	}
	return b.String(), nil
}

func (c claim) expects() string { return cmp.Or(c.bar, "shown beside it") }

func (c claim) cell(f Finding) string {
	switch {
	case f.Text == "":
		return "not measured"
	case c.bar == "":
		return f.Text
	case f.Met:
		return "**met**: " + f.Text
	case f.Open:
		return "**not shown**: " + f.Text
	}
	return "**missed**: " + f.Text
}

func table(header []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(header)
	line(slices.Repeat([]string{"---"}, len(header)))
	for _, r := range rows {
		line(r)
	}
	return b.String()
}

// behind are the tables of one engine's observations.
func behind(from fs.FS, engine string) (string, error) {
	var b strings.Builder
	clock, err := Load[Startup](from, engine, "startup")
	if err != nil {
		return "", err
	}
	pairs, err := Load[Run](from, engine, "pairs")
	if err != nil {
		return "", err
	}
	more, err := Load[Run](from, engine, "injected")
	if err != nil {
		return "", err
	}
	if m := clock.Machine.orElse(pairs.Machine).orElse(more.Machine); m != (Machine{}) {
		fmt.Fprintf(&b, "\n%s\n", m)
	}
	if len(clock.Rows) > 0 {
		b.WriteString("\n### The startup clock\n\n" + clockTable(clock.Rows))
	}
	if runs := whole(pairs.Rows); len(runs) > 0 {
		b.WriteString("\n### Head against head\n\n" + noiseTable(runs))
		b.WriteString("\n### Growth put into recorded pairs\n\n" + injectionTable(runs))
	}
	if len(more.Rows) > 0 {
		b.WriteString("\n### Images that cost more\n\n" + detectionTable(more.Rows))
	}
	return b.String(), nil
}

func (m Machine) orElse(other Machine) Machine {
	if m == (Machine{}) {
		return other
	}
	return m
}

// String is the machine in a sentence.
func (m Machine) String() string {
	return fmt.Sprintf("%s, Linux %s, %s, cgroup v%s, %d CPUs; %s, `%s`.", m.Engine, m.Kernel, m.Arch, m.Cgroup, m.CPUs, m.Day, m.Command)
}

// clockTable has the error of the open port, of the first answer, and of a poll
// from outside.
func clockTable(rows []Startup) string {
	var lines [][]string
	delays, groups := byDelay(rows)
	for _, d := range delays {
		line := []string{fmt.Sprintf("%.0f ms", 1e3*d), fmt.Sprint(len(groups[d]))}
		for _, of := range []func(Startup) float64{Startup.openError, Startup.readyError, Startup.outsideError} {
			e := column(groups[d], of)
			line = append(line, millis(quantile(e, 0.5)), millis(quantile(e, 0.95)))
		}
		lines = append(lines, line)
	}
	return table([]string{"listens after", "boots", "open port, median error", "95th percentile", "first answer, median", "95th percentile",
		"outside poll, median", "95th percentile"}, lines)
}

// noiseTable has what the recorded runs say of each metric, image by image.
func noiseTable(runs []Run) string {
	var lines [][]string
	heads, groups := byHead(runs)
	for _, h := range heads {
		for _, id := range Gated {
			var noise []float64
			failed := 0
			for _, r := range groups[h] {
				noise = append(noise, r.replay().Noise(id).Deviation)
				if slices.Contains(r.Failed, id) {
					failed++
				}
			}
			lines = append(lines, []string{code(h), code(id), percent(stat.Median(noise)), percent(slices.Max(noise)),
				fmt.Sprintf("%d of %d", failed, len(groups[h]))})
		}
	}
	return table([]string{"image", "metric", "noise within pairs (standard deviation), median run", "worst run", "failed for real"}, lines)
}

func code[S ~string](s S) string { return "`" + string(s) + "`" }

// injectionTable has how often growth is found, by image and budget, and after how
// many pairs its metric was decided.
func injectionTable(runs []Run) string {
	var lines [][]string
	heads, groups := byHead(runs)
	for _, h := range heads {
		for _, id := range []record.MetricID{record.CPURequest, record.StartupCPU, record.MemoryPeak} {
			for _, by := range []float64{0.10, 0.15, 0.20} {
				line := []string{code(h), code(id), fmt.Sprintf("+%.0f %%", 100*by)}
				for _, grow := range []float64{0, 0.05, 0.10} {
					t := injected(groups[h], id, by, grow)
					line = append(line, fmt.Sprintf("%.1f %%, %.1f pairs", 100*t.Share(), t.Pairs))
				}
				lines = append(lines, line)
			}
		}
	}
	return table([]string{"image", "metric", "growth", "found at a budget of 0 %", "5 %", "10 %"}, lines) +
		"\nGrowth that lies on its budget (+10 % at 10 %) is not to be found: that would be a false alarm.\n"
}

// detectionTable has the comparisons of real images, by head.
func detectionTable(runs []Run) string {
	var lines [][]string
	heads, groups := byHead(runs)
	for _, h := range heads {
		t := found(groups[h])
		lines = append(lines, []string{code(h), percent(groups[h][0].Grow), fmt.Sprintf("%d of %d", t.Found, t.Runs), fmt.Sprintf("%.1f", t.Pairs)})
	}
	return table([]string{"head (`cost100` with 10, 15, 20 % more CPU and memory)", "budget", "both found", "pairs on average"}, lines)
}
