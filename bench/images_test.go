package bench

import (
	"fmt"
	"io"
	"os"
	"testing"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
)

// What reading images has to reach: so many times as fast as dive, in so much
// memory.
const (
	plainBar, packedBar, whiteoutBar, pairBar, cachedBar = 4, 2.5, 50, 8, 20

	memoryBar = 64 << 20 // bytes, whatever the image's size
)

// A run of dive on the whiteouts takes most of a minute, and one on gzip layers
// several seconds.
const (
	rounds     = 5
	slowRounds = 3
)

// job is a line of the table.
type job struct {
	work         string
	ours, theirs runs
	bar          float64 // dive's time over ours
}

func (j job) ratio() float64 { return j.theirs.median() / j.ours.median() }

// BenchmarkImages prints how long whole processes take to read images, beside
// dive on the same ones, from one session in which they take turns.
func BenchmarkImages(b *testing.B) {
	a := newArena(b)
	for range b.N {
		var log commands
		jobs := []job{
			a.plain(b, &log, "x2"),
			a.plain(b, &log, "x8"),
			a.packed(b, &log),
			a.whiteouts(b, &log),
		}
		jobs = append(jobs, a.pairs(b, &log)...)
		line, series := a.linearity(b)
		fmt.Println()
		printJobs(os.Stdout, jobs, series)
		fmt.Printf("\n%s\n\nWall time and peak resident memory of whole processes taking turns, medians; page cache warm. What ran:\n", line)
		log.print(os.Stdout)
	}
}

// commands are what ran, each once.
type commands []string

func (c *commands) add(work string, rivals ...rival) {
	for _, r := range rivals {
		for _, p := range r.programs {
			*c = append(*c, fmt.Sprintf("%s\t%v", work, p))
			work = ""
		}
	}
}

func (c *commands) print(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, line := range *c {
		fmt.Fprintf(table, "  %s\n", line)
	}
	table.Flush()
}

// describe says what is in an image.
func (a arena) describe(what, image string) string {
	i := a.images[image]
	return fmt.Sprintf("%s, %s, %s entries", what, humanize.Bytes(uint64(i.Bytes)), humanize.Comma(int64(i.Entries)))
}

// alone is one program against dive on the same image.
func (a arena) alone(b *testing.B, log *commands, work string, rounds int, bar float64, ours, theirs program) job {
	b.Helper()
	rivals := []rival{{programs: []program{ours}}, {programs: []program{theirs}}}
	log.add(work, rivals...)
	took := a.race(b, rounds, rivals...)
	return job{work, took[0], took[1], bar}
}

func (a arena) inspect(ref string, flags ...string) program {
	return a.ours(append(append([]string{"inspect", ref}, flags...), noCache...)...)
}

func (a arena) plain(b *testing.B, log *commands, image string) job {
	a.check(b, image, a.docker(image))
	return a.alone(b, log, a.describe("docker archive", image), rounds, plainBar,
		a.inspect(a.docker(image), "--format", "json"), a.theirs(image))
}

func (a arena) packed(b *testing.B, log *commands) job {
	a.check(b, "x8-oci", a.oci("x8-oci"))
	return a.alone(b, log, a.describe("gzip layers", "x8-oci"), slowRounds, packedBar,
		a.inspect(a.oci("x8-oci")), a.theirs("x8-gzip"))
}

func (a arena) whiteouts(b *testing.B, log *commands) job {
	a.check(b, "whiteouts", a.docker("whiteouts"))
	return a.alone(b, log, "60,000 files and 400 whiteouts", slowRounds, whiteoutBar,
		a.inspect(a.docker("whiteouts"), "--format", "json"), a.theirs("whiteouts"))
}

// pairs are two builds that share all but the last two layers, read together,
// without and with an index of the first. Dive reads one image at a time.
func (a arena) pairs(b *testing.B, log *commands) []job {
	base, head := a.docker("x8"), a.docker("x8-head")
	a.check(b, "x8-head", head)
	compare := []string{"compare", "--static", base, head}
	rivals := []rival{
		{programs: []program{a.ours(append(compare, noCache...)...)}},
		a.warmed(b, base, a.ours(compare...)),
		{programs: []program{a.theirs("x8"), a.theirs("x8-head")}},
	}
	first := a.describe("base and head, 3 of 5 layers shared", "x8")
	second := "the same, base indexed by an earlier run"
	log.add(first, rivals[0], rivals[2])
	log.add(second, rivals[1])
	took := a.race(b, rounds, rivals...)
	return []job{{first, took[0], took[2], pairBar}, {second, took[1], took[2], cachedBar}}
}

// linearity reads one image after the other, each with twice the entries and
// bytes of the one before.
func (a arena) linearity(b *testing.B) (line string, series []runs) {
	names := []string{"x1", "x2", "x4", "x8"}
	var rivals []rival
	for _, name := range names {
		a.check(b, name, a.docker(name))
		rivals = append(rivals, rival{programs: []program{a.inspect(a.docker(name), "--format", "json")}})
	}
	series = a.race(b, rounds, rivals...)
	line = "linear:"
	for i, name := range names {
		image, seconds := a.images[name], series[i].median()
		line += fmt.Sprintf("  %sx %.2f s (%.2f ns/byte, %.1f µs/entry, %.0f MiB)", name[1:], seconds,
			1e9*seconds/float64(image.Bytes), 1e6*seconds/float64(image.Entries), mebibytes(series[i].memory))
	}
	return line, series
}

// printJobs prints the table. Its last line is the most memory of any of our
// runs, those of the series too.
func printJobs(w io.Writer, jobs []job, series []runs) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	wide := 0
	for _, j := range jobs {
		wide = max(wide, len(j.work))
	}
	fmt.Fprintf(table, "%-*s\truns\tplimsoll (s)\tdive (s)\tratio\ttarget\t\tpeak memory (MiB)\tdive's\t\n", wide, "work")
	var most int64
	for _, j := range jobs {
		most = max(most, j.ours.memory)
		fmt.Fprintf(table, "%-*s\t%d\t%.2f\t%.2f\t%.3g\t%g\t%s\t%.0f\t%.0f\t\n", wide, j.work, len(j.ours.seconds), j.ours.median(), j.theirs.median(),
			j.ratio(), j.bar, verdict(j.ratio() >= j.bar), mebibytes(j.ours.memory), mebibytes(j.theirs.memory))
	}
	for _, r := range series {
		most = max(most, r.memory)
	}
	fmt.Fprintf(table, "%-*s\t\t\t\t\t%.0f MiB\t%s\t%.0f\t\t\n", wide, "most memory of any run", mebibytes(memoryBar), verdict(most <= memoryBar), mebibytes(most))
	table.Flush()
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "missed"
}

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }
