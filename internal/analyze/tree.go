package analyze

import (
	"bytes"
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// tree is a root file system, built by applying layers lowest first. Its cost
// is linear in the entries applied: every node is made once and dies once.
type tree struct {
	root   node
	layers []stored
	live   record.Bytes
	names  int   // of anything but directories
	nodes  int64 // ever made, bounded by most
	most   int64
	notes  notes
}

// node is one path. Directories have no inode, everything else has one.
type node struct {
	children map[string]*node // nil for an empty directory
	inode    *inode
	layer    int // that made it
}

// inode is what hard links share. It dies with its last name.
type inode struct {
	size  int64
	names int
	layer int // that stores it
}

// stored is what one layer adds and still holds when it is complete. What a
// later entry of the same layer replaces is never unpacked, so never stored.
type stored struct {
	size  record.Bytes
	files int
}

func (t *tree) top() *stored { return &t.layers[len(t.layers)-1] }

// apply puts a layer on top. Whiteouts come first wherever they stand in the
// tar, because they hide lower layers only.
func (t *tree) apply(x *index) error {
	t.layers = append(t.layers, stored{})
	if x.whiteouts > 0 {
		if err := x.each(t.hide); err != nil {
			return err
		}
	}
	return x.each(t.add)
}

func (t *tree) hide(e entry) error {
	switch e.kind {
	case whiteout:
		if parent, name := t.parent(e.path); parent != nil {
			t.remove(parent, name)
		}
	case opaque:
		if n := t.find(e.path); n != nil && n.inode == nil {
			t.release(n.children)
			n.children = nil
		}
	}
	return nil
}

func (t *tree) add(e entry) error {
	if e.kind == whiteout || e.kind == opaque || len(e.path) == 0 {
		return nil
	}
	parent, name, err := t.makeParent(e.path)
	if err != nil {
		return err
	}
	old := parent.children[string(name)]
	switch e.kind {
	case dir:
		if old != nil && old.inode == nil {
			return nil // attributes only, children stay
		}
		return t.put(parent, name, nil)
	case link:
		return t.link(parent, name, e)
	}
	if old != nil && old.layer == t.current() {
		t.notes.addf("%s stands twice in the layer; the last one counts", quote(string(e.path)))
	}
	return t.put(parent, name, &inode{size: e.size, layer: t.current()})
}

// link gives a file of this or a lower layer another name.
func (t *tree) link(parent *node, name []byte, e entry) error {
	target := t.find(e.target)
	if target == nil || target.inode == nil {
		t.notes.addf("%s is a hard link to %s, which is no file here", quote(string(e.path)), quote(string(e.target)))
		return t.put(parent, name, &inode{layer: t.current()})
	}
	shared := target.inode
	shared.names++ // held while put removes what stood here, which may be shared itself
	err := t.put(parent, name, shared)
	shared.names--
	return err
}

func (t *tree) current() int { return len(t.layers) - 1 }

// put replaces what parent holds under name. A nil inode makes a directory.
func (t *tree) put(parent *node, name []byte, i *inode) error {
	t.remove(parent, name)
	if t.nodes++; t.nodes > t.most {
		return fmt.Errorf("more than %d paths in all layers together", t.most)
	}
	if parent.children == nil {
		parent.children = map[string]*node{}
	}
	parent.children[string(name)] = &node{inode: i, layer: t.current()}
	if i == nil {
		return nil
	}
	t.names++
	t.top().files++
	if i.names++; i.names == 1 {
		t.live += record.Bytes(i.size)
		t.top().size += record.Bytes(i.size)
	}
	return nil
}

func (t *tree) remove(parent *node, name []byte) {
	if n, ok := parent.children[string(name)]; ok {
		delete(parent.children, string(name))
		t.drop(n)
	}
}

func (t *tree) release(children map[string]*node) {
	for _, n := range children {
		t.drop(n)
	}
}

// drop accounts for a path that is gone, with all below it.
func (t *tree) drop(n *node) {
	if n.inode == nil {
		t.release(n.children)
		return
	}
	t.names--
	if n.layer == t.current() {
		t.top().files--
	}
	if n.inode.names--; n.inode.names > 0 {
		return
	}
	t.live -= record.Bytes(n.inode.size)
	if n.inode.layer == t.current() {
		t.top().size -= record.Bytes(n.inode.size)
	}
}

// find returns the node at path, nil where there is none. Symbolic links are
// not followed: engines apply a layer to a directory of its own, where the
// links of lower layers do not exist.
func (t *tree) find(path []byte) *node {
	n := &t.root
	for len(path) > 0 && n != nil {
		var name []byte
		name, path, _ = bytes.Cut(path, []byte{'/'})
		n = n.children[string(name)]
	}
	return n
}

// parent returns the directory that holds path, nil where there is none.
func (t *tree) parent(path []byte) (n *node, name []byte) {
	at := bytes.LastIndexByte(path, '/')
	if at < 0 {
		return &t.root, path
	}
	return t.find(path[:at]), path[at+1:]
}

// makeParent is parent for adding: directories that no entry announced are
// made, and whatever else stands in the way is replaced.
func (t *tree) makeParent(path []byte) (n *node, name []byte, err error) {
	n = &t.root
	for {
		name, rest, deeper := bytes.Cut(path, []byte{'/'})
		if !deeper {
			return n, name, nil
		}
		next := n.children[string(name)]
		if next == nil || next.inode != nil {
			if err := t.put(n, name, nil); err != nil {
				return nil, nil, err
			}
			next = n.children[string(name)]
		}
		n, path = next, rest
	}
}

// size is the sum of what the layers store.
func (t *tree) size() record.Bytes {
	var sum record.Bytes
	for _, l := range t.layers {
		sum += l.size
	}
	return sum
}

// notes collects remarks about odd but bearable content. A hostile layer can
// give any number of reasons, so all but the first are only counted.
type notes struct {
	first []string
	more  int
}

func (n *notes) addf(format string, args ...any) {
	const most = 5
	if len(n.first) == most {
		n.more++
		return
	}
	n.first = append(n.first, fmt.Sprintf(format, args...))
}

// take returns the remarks made since the last call.
func (n *notes) take() []string {
	out := n.first
	if n.more > 0 {
		out = append(out, fmt.Sprintf("and %d more remarks of this kind", n.more))
	}
	*n = notes{}
	return out
}
