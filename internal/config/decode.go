package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// decoder walks one document by the schema that service.go and its neighbours
// spell out, and collects everything that is wrong with it.
type decoder struct {
	faults
	least string // what a file must have
}

func (d *decoder) failf(n *yaml.Node, format string, args ...any) {
	d.add(n.Line, n.Column, fmt.Sprintf(format, args...))
}

// field is one key of a mapping: how its value is read, or, for a key that a
// later version has, what to use instead, or, for a key that means something
// else in another tool, why it is none here.
type field struct {
	name    string
	read    func(*yaml.Node)
	instead string
	refused string
	alias   bool // another word for a key before it, which errors do not list
}

// mapping reads a mapping by its fields and gives the value node of each key
// that stands in it, nil when the node is no mapping at all.
func (d *decoder) mapping(n *yaml.Node, what string, fields ...field) map[string]*yaml.Node {
	entries, ok := d.entries(n, what)
	if !ok {
		return nil
	}
	present := map[string]*yaml.Node{}
	for _, e := range entries {
		present[e.key.Value] = e.value
		d.field(e, fields)
	}
	return present
}

func (d *decoder) field(e entry, fields []field) {
	var names []string
	for _, f := range fields {
		if f.name == e.key.Value {
			if f.refused != "" {
				d.failf(e.key, "%q %s", f.name, f.refused)
				return
			}
			if f.read == nil {
				d.failf(e.key, "%q is not available in this version%s", f.name, f.instead)
				return
			}
			f.read(e.value)
			return
		}
		if f.read != nil && !f.alias {
			names = append(names, f.name)
		}
	}
	d.failf(e.key, "unknown key %q, expected one of %s%s", e.key.Value, quoted(names), didYouMean(e.key.Value, names))
}

// entry is one key of a mapping with its value.
type entry struct{ key, value *yaml.Node }

// entries lists a mapping in the order of the file, with merge keys (<<)
// spread out behind the mapping's own.
func (d *decoder) entries(n *yaml.Node, what string) ([]entry, bool) {
	n = target(n)
	if n.Kind != yaml.MappingNode {
		d.failf(n, "expected %s, found %s", what, describe(n))
		return nil, false
	}
	own, merged := d.split(n)
	taken := map[string]bool{}
	for _, e := range own {
		taken[e.key.Value] = true
	}
	for _, m := range merged {
		more, _ := d.entries(m, "a mapping to merge")
		for _, e := range more {
			if !taken[e.key.Value] {
				taken[e.key.Value] = true
				own = append(own, e)
			}
		}
	}
	return own, true
}

// split separates a mapping's own entries from the mappings it merges in.
func (d *decoder) split(n *yaml.Node) (own []entry, merged []*yaml.Node) {
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := target(n.Content[i]), n.Content[i+1]
		switch {
		case key.Tag == "!!merge":
			merged = append(merged, each(value)...)
		case key.Kind != yaml.ScalarNode:
			d.failf(key, "expected a key, found %s", describe(key))
		case first[key.Value] > 0:
			d.failf(key, "key %q stands twice, first in line %d", key.Value, first[key.Value])
		default:
			first[key.Value] = key.Line
			own = append(own, entry{key, value})
		}
	}
	return own, merged
}

// each is the list of mappings behind a merge key, which may be a single one.
func each(n *yaml.Node) []*yaml.Node {
	if t := target(n); t.Kind == yaml.SequenceNode {
		return t.Content
	}
	return []*yaml.Node{n}
}

// list gives the items of a list, nil for anything else.
func (d *decoder) list(n *yaml.Node, what string) []*yaml.Node {
	n = target(n)
	if n.Kind != yaml.SequenceNode {
		d.failf(n, "expected %s, found %s", what, describe(n))
		return nil
	}
	if len(n.Content) == 0 {
		d.failf(n, "expected %s, found an empty list", what)
	}
	return n.Content
}

// scalar gives a value as it is written.
func (d *decoder) scalar(n *yaml.Node, what string) (string, bool) {
	n = target(n)
	switch {
	case n.Kind != yaml.ScalarNode, n.Tag == "!!null":
		d.failf(n, "expected %s, found %s", what, describe(n))
	case !plainTags[n.Tag]:
		d.failf(n, "expected %s, found the tag %q", what, n.Tag)
	default:
		return n.Value, true
	}
	return "", false
}

// plainTags are the tags of values that a reader sees as text or numbers.
var plainTags = map[string]bool{
	"!!str": true, "!!int": true, "!!float": true, "!!bool": true, "!!timestamp": true, "!!merge": true,
}

// value reads a scalar in a notation into dst, which keeps its default when
// the value is wrong.
func value[T any](d *decoder, dst *T, as notation[T]) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := d.scalar(n, as.want)
		if !ok {
			return
		}
		v, err := as.read(s)
		if err != nil {
			d.failf(target(n), "%v", err)
			return
		}
		*dst = v
	}
}

// target follows an alias to the node it stands for.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// describe says what stands at a node, for "expected ..., found ...".
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	}
	return shown(n.Value)
}

// shown quotes a value from the file, shortened where it is long.
func shown(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

func quoted(words []string) string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(q, ", ")
}
