package config

import (
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Bounds that keep a typing error from becoming a run that never ends.
const (
	maxRunTime    = 24 * time.Hour
	maxTimeout    = record.Seconds(3600)
	maxIdle       = record.Seconds(600)
	maxStop       = record.Seconds(600)
	minimumMemory = 6 << 20 // the least the Docker Engine accepts
	minimumDisk   = 64 << 20
)

func (d *decoder) limits(n *yaml.Node, l *record.Limits) {
	pids := int(l.PIDs)
	d.mapping(n, `limits, a mapping with "memory", "cpus", "pids" and "disk"`,
		field{name: "memory", read: value(d, &l.Memory, sizes.check(atLeast[record.Bytes](minimumMemory, "6Mi, the engine's minimum")))},
		field{name: "cpus", read: value(d, &l.CPUs, cpus.check(atLeast(0.01, "10m, the engine's minimum")).check(atMost(1024.0, "1024")))},
		field{name: "pids", read: value(d, &pids, integers.check(positive))},
		field{name: "disk", read: value(d, &l.Disk, sizes.check(atLeast[record.Bytes](minimumDisk, "64Mi, what can be told from other changes of the disk")))},
	)
	l.PIDs = int64(pids)
}

// named is one kind of mapping from free names to text whose values are not
// for anybody's eyes: environment variables and request headers.
type named struct {
	want  string // of a name
	shape *regexp.Regexp
	value string // what a value must be
	valid func(string) bool
}

var (
	variables = named{"the name of a variable", regexp.MustCompile(`^[^=\x00]+$`), "text", func(s string) bool { return !strings.Contains(s, "\x00") }}
	// RFC 9110: a field name is a token, a field value has no line breaks.
	headers = named{"the name of a header", regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"), "text on one line", func(s string) bool { return !hasControl(strings.ReplaceAll(s, "\t", " ")) }}
)

// pairs reads a mapping of names to values. Neither the errors nor the source
// lines below them show a value.
func (d *decoder) pairs(n *yaml.Node, what string, as named) map[string]string {
	entries, _ := d.entries(n, "a mapping of "+what)
	all := make(map[string]string, len(entries))
	for _, e := range entries {
		d.text.hidden[e.key.Line] = true
		v := target(e.value)
		d.text.hidden[v.Line] = true
		switch {
		case !as.shape.MatchString(e.key.Value):
			d.failf(e.key, "expected %s, found %s", as.want, shown(e.key.Value))
		case v.Tag == "!!null":
			d.failf(e.key, `%s has no value, expected text ("" for the empty one)`, shown(e.key.Value))
		case v.Kind != yaml.ScalarNode:
			d.failf(v, "the value of %s must be text, found %s", shown(e.key.Value), describe(v))
		case !as.valid(v.Value):
			d.failf(v, "the value of %s must be %s", shown(e.key.Value), as.value)
		default:
			all[e.key.Value] = v.Value
		}
	}
	return all
}
