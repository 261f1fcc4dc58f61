package config

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v4"
)

// Documents are those of a YAML file whose format another package knows. What
// that finds wrong is reported as mistakes in a configuration are.
type Documents struct {
	Roots []*yaml.Node // of the documents that hold anything
	d     *decoder
}

// Bounds are what a file may hold at most.
type Bounds struct {
	Size   int // bytes
	Values int // with aliases written out, over all documents
}

// Entry is one key of a mapping with its value.
type Entry struct{ Key, Value *yaml.Node }

// ReadDocuments reads all documents of a file. After a mistake in the YAML itself
// there are none, and [Documents.Err] says why.
func ReadDocuments(name string, src []byte, most Bounds) *Documents {
	d := &decoder{faults: faults{file: name, text: newSource(src), seen: map[Error]bool{}, most: most}}
	found := &Documents{d: d}
	if d.readable(src) {
		found.Roots = d.documents(src)
	}
	if len(d.all) > 0 {
		found.Roots = nil
	}
	for _, e := range d.all {
		d.text.hidden[e.Line] = true // as yet nobody knows which lines hold secrets
	}
	return found
}

func (d *decoder) documents(src []byte) []*yaml.Node {
	loader, err := yaml.NewLoader(bytes.NewReader(src))
	if err != nil {
		d.add(1, 1, fmt.Sprintf("read YAML: %v", err))
		return nil
	}
	all := &yaml.Node{Kind: yaml.SequenceNode, Line: 1, Column: 1}
	for {
		root, ok := d.document(loader)
		switch {
		case !ok:
			return nil
		case root == nil:
			if !d.bounded(all) {
				return nil
			}
			return all.Content
		case root.Kind != yaml.DocumentNode && root.Tag != "!!null":
			all.Content = append(all.Content, root)
		}
	}
}

// Failf reports a mistake at a node.
func (f *Documents) Failf(n *yaml.Node, format string, args ...any) {
	f.d.failf(Target(n), format, args...)
}

// Hide keeps the lines of a node out of what errors show.
func (f *Documents) Hide(n *yaml.Node) {
	f.d.text.hidden[n.Line] = true
	for _, child := range n.Content {
		f.Hide(child)
	}
}

// Mapping lists the entries of a mapping, with merge keys spread out. Anything
// else is a mistake, but for a null, which is empty.
func (f *Documents) Mapping(n *yaml.Node, what string) []Entry {
	if IsNull(n) {
		return nil
	}
	entries, _ := f.d.entries(n, what)
	all := make([]Entry, len(entries))
	for i, e := range entries {
		all[i] = Entry{e.key, e.value}
	}
	return all
}

// List gives the items of a list. Anything else is a mistake, but for a null,
// which is empty.
func (f *Documents) List(n *yaml.Node, what string) []*yaml.Node {
	if IsNull(n) {
		return nil
	}
	if t := Target(n); t.Kind != yaml.SequenceNode {
		f.d.failf(t, "expected %s, found %s", what, describe(t))
		return nil
	}
	return Target(n).Content
}

// Scalar gives a value as it is written. Anything else is a mistake.
func (f *Documents) Scalar(n *yaml.Node, what string) (string, bool) { return f.d.scalar(n, what) }

// Err is all mistakes by position, nil for none.
func (f *Documents) Err() error { return f.d.sorted() }

// Target follows an alias to the node it stands for.
func Target(n *yaml.Node) *yaml.Node { return target(n) }

// IsNull reports whether nothing stands at a node.
func IsNull(n *yaml.Node) bool { return target(n).Tag == "!!null" }

// Shown quotes a value of a file as errors do, shortened where it is long.
func Shown(s string) string { return shown(s) }
