package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// LoadCost reads what a configuration says of cost. What else stands in the file
// is not looked at, since nothing of it is run.
func LoadCost(name string, src []byte) (Cost, error) {
	d := newDecoder(name, src, `"cost"`)
	c := defaultCost()
	if root := d.parse(src); root != nil {
		d.costAlone(root, &c)
	}
	return c, d.sorted()
}

// newDecoder starts a file that has at least something.
func newDecoder(name string, src []byte, least string) *decoder {
	return &decoder{faults: faults{file: name, text: newSource(src), seen: map[Error]bool{}}, least: least}
}

func (d *decoder) costAlone(n *yaml.Node, c *Cost) {
	entries, _ := d.entries(n, `a mapping with "cost"`)
	for _, e := range entries {
		switch e.key.Value {
		case "cost":
			d.cost(e.value, c)
		case "version":
			d.version(e.value)
		}
	}
}

// CostFlags are settings of the command line in the words of the file; what is
// empty is left to the file.
type CostFlags struct {
	Traffic  string // average=120/s,peak=400/s
	Replicas string // 2-10, or min=2,max=10,target_cpu=70%
	Region   string
	Node     string
	Arch     string
}

// Over gives c with the flags in the place of its own. The error joins what is wrong
// with each of them, an [Errors] with positions for every flag.
func (f CostFlags) Over(c Cost) (Cost, error) {
	return c, errors.Join(
		given("--traffic", f.Traffic, func(d *decoder) {
			c.Traffic.Low, c.Traffic.High = Rates{}, Rates{}
			d.traffic(d.assignments(f.Traffic), &c.Traffic)
			c.Traffic.Assumed = c.Traffic.Assumed && len(d.all) == 0
		}),
		given("--replicas", f.Replicas, func(d *decoder) { d.replicas(d.bounds(f.Replicas), &c.Replicas) }),
		given("--region", f.Region, func(d *decoder) { value(d, &c.Region, regions)(literalAt(f.Region, 1)) }),
		given("--node", f.Node, func(d *decoder) { value(d, &c.Node, nodes)(literalAt(f.Node, 1)) }),
		given("--arch", f.Arch, func(d *decoder) { value(d, &c.Arch, arches)(literalAt(f.Arch, 1)) }),
	)
}

func given(flag, text string, read func(*decoder)) error {
	if text == "" {
		return nil
	}
	d := newDecoder(flag, []byte(text), "")
	read(d)
	return d.sorted()
}

// assignments reads "a=1,b=2" as the mapping it would be in a file.
func (d *decoder) assignments(text string) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}
	column := 1
	for part := range strings.SplitSeq(text, ",") {
		name, v, ok := strings.Cut(part, "=")
		if ok {
			m.Content = append(m.Content, literalAt(name, column), literalAt(v, column+utf8.RuneCountInString(name)+1))
		} else {
			d.failf(literalAt(part, column), "expected NAME=VALUE between commas, found %s; a number has no comma here, only a decimal point", shown(part))
			m.Content = m.Content[:max(0, len(m.Content)-2)] // the number it may have been a part of
		}
		column += utf8.RuneCountInString(part) + 1
	}
	return m
}

// bounds reads "2-10", or "3" for as many at all times.
func (d *decoder) bounds(text string) *yaml.Node {
	if strings.Contains(text, "=") {
		return d.assignments(text)
	}
	low, high, column := text, text, 1
	if i := strings.LastIndex(text, "-"); i > 0 {
		low, high, column = text[:i], text[i+1:], utf8.RuneCountInString(text[:i])+2
	}
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1, Content: []*yaml.Node{
		literalAt("min", 1), literalAt(low, 1), literalAt("max", column), literalAt(high, column),
	}}
}

// literalAt is a value as it would stand in a file of one line, blanks around it
// left out.
func literalAt(text string, column int) *yaml.Node {
	blank := len(text) - len(strings.TrimLeft(text, " "))
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Line: 1, Column: column + blank, Value: strings.TrimSpace(text)}
}

// AllPlatforms asks for every platform.
const AllPlatforms = "all"

// ParsePlatforms reads names of platforms between commas, each once, or "all".
func ParsePlatforms(text string) ([]string, error) {
	if text == AllPlatforms {
		return slices.Clone(Platforms), nil
	}
	var all []string
	for name := range strings.SplitSeq(text, ",") {
		p, err := platforms.read(name)
		if err != nil {
			return nil, fmt.Errorf("%w (%q takes every one)", err, AllPlatforms)
		}
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all, nil
}

// On gives the settings for a platform that may not be the file's own: what only
// the file's platform has is left out.
func (c Cost) On(platform string) Cost {
	if platform == c.Platform {
		return c
	}
	c.Platform = platform
	c.Billing = ""
	if !HasNodes(platform) {
		c.Node, c.Traffic.NewNodes = "", 0
	}
	if platform != "kubernetes" {
		c.View = ""
	}
	return c
}
