package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// MaxSize bounds a configuration file.
const MaxSize = 1 << 20

// maxValues bounds a document after its aliases are expanded. The largest
// files people write have hundreds.
const maxValues = 50_000

// parse reads the one document of a file. nil means it could not be read, and
// that the faults say why.
func (d *decoder) parse(src []byte) *yaml.Node {
	if !d.readable(src) {
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(src))
	if err != nil {
		d.add(1, 1, fmt.Sprintf("read YAML: %v", err))
		return nil
	}
	root, ok := d.document(loader)
	if !ok {
		return nil
	}
	if root == nil || root.Tag == "!!null" {
		d.add(1, 1, "the file is empty, expected at least "+d.least)
		return nil
	}
	if second, ok := d.document(loader); !ok || second != nil {
		if ok {
			d.failf(second, "a second document starts here, expected one document in a file")
		}
		return nil
	}
	if !d.bounded(root) {
		return nil
	}
	return root
}

// document reads the next document: a nil node at the end of the file, false
// when it is no YAML.
func (d *decoder) document(loader *yaml.Loader) (*yaml.Node, bool) {
	var doc yaml.Node
	err := loader.Load(&doc)
	if errors.Is(err, io.EOF) {
		return nil, true
	}
	if err != nil {
		d.syntax(err)
		return nil, false
	}
	if len(doc.Content) == 0 {
		return &doc, true
	}
	return doc.Content[0], true
}

// syntax reports an error of the YAML parser in our words.
func (d *decoder) syntax(err error) {
	var one *yaml.LoadError
	if !errors.As(err, &one) {
		d.add(1, 1, fmt.Sprintf("not YAML: %v", err))
		return
	}
	message := one.Message
	if one.ContextMsg != "" {
		message = one.ContextMsg + ": " + message
	}
	at := one.Mark
	if one.ContextMark.Line > 0 && d.text.behind(at.Line) {
		at = one.ContextMark // where it began tells more than where the file ends
	}
	if d.text.tab(at.Line, at.Column) {
		message = "a tab, expected spaces"
	}
	d.add(at.Line, at.Column, "not YAML: "+printable(message))
}

// readable refuses what the parser would refuse without a position.
func (d *decoder) readable(src []byte) bool {
	if most := cmp.Or(d.most.Size, MaxSize); len(src) > most {
		d.text = newSource(nil)
		d.add(1, 1, fmt.Sprintf("the file has %d bytes, expected at most %d (%d MiB)", len(src), most, most>>20))
		return false
	}
	line, column := 1, 1
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 {
			d.add(line, column, "the file is not UTF-8 text")
			return false
		}
		if control(r) || r == '\r' && !bytes.HasPrefix(src[i+1:], []byte("\n")) {
			d.add(line, column, fmt.Sprintf("control character %U, expected text with ordinary line ends", r))
			return false
		}
		i += size
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return true
}

// control reports the characters YAML 1.2 does not allow (section 5.1), and
// the line separators that only YAML 1.1 knew: editors and GitHub count lines
// without them, so positions would be off.
func control(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r':
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xfffe, r == 0xffff, r == 0x2028, r == 0x2029:
		return true
	}
	return false
}

// bounded refuses a document whose aliases contain themselves or expand to
// more than anybody would write, before anything is expanded.
func (d *decoder) bounded(root *yaml.Node) bool {
	c := counter{sizes: map[*yaml.Node]int{}, most: cmp.Or(d.most.Values, maxValues)}
	if c.count(root) <= c.most && c.cycle == nil {
		return true
	}
	switch {
	case c.cycle != nil:
		d.failf(c.cycle, "the alias %q contains itself", c.cycle.Value)
	case c.worst != nil:
		d.failf(c.worst, "the aliases of this file expand to more than %d values", c.most)
	default:
		d.failf(root, "the file has more than %d values", c.most)
	}
	return false
}

// counter counts the values below a node as if aliases were written out.
type counter struct {
	sizes map[*yaml.Node]int // inProgress while a node is being counted
	most  int
	worst *yaml.Node // the alias that took the count over the bound
	cycle *yaml.Node // an alias inside the node it names
}

const inProgress = -1

func (c *counter) count(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode {
		if c.sizes[n.Alias] == inProgress {
			c.cycle = n
			return 1
		}
		return c.count(n.Alias)
	}
	if size := c.sizes[n]; size > 0 {
		return size
	}
	c.sizes[n] = inProgress
	size := 1
	for _, child := range n.Content {
		size = min(size+c.count(child), c.most+1)
		if size > c.most && c.worst == nil && child.Kind == yaml.AliasNode {
			c.worst = child
		}
	}
	c.sizes[n] = size
	return size
}
