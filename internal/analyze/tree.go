package analyze

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// tree is a root file system, built by applying layers lowest first. Its cost
// is linear in the entries applied: every node is made once and dies once.
type tree struct {
	nodes
	inodes []inode
	dead   uint32 // first of the unused inodes, which are linked by names
	links  texts  // targets of symbolic links
	layers []stored
	bytes  record.Bytes // live
	files  int          // live names of anything but directories
	made   int64        // nodes ever, bounded by most
	most   int64
	waste  waste
	notes  notes
	trail  trail
	once   sync.Once
	seen   *surveyed // by survey, once
}

// inode is what hard links share. It dies with its last name.
type inode struct {
	body  body
	names uint32
	link  uint32 // target of a symbolic link, in links
	owner uint32 // set by claim: index into owners, 0 for none
	layer uint16 // that stores it
	maker uint16 // that made its content: a lower one where it was copied up
	kind  kind
}

// stored is what one layer adds and still holds when it is complete. What a
// later entry of the same layer replaces is never unpacked, so never stored.
type stored struct {
	size  record.Bytes
	files int
}

// newTree is for layers of so many entries together, of which at most most may
// make a node.
func newTree(entries, most int64) *tree {
	room := int(min(entries, most))
	return &tree{nodes: newNodes(room), inodes: make([]inode, 1, room+1), most: most}
}

func (t *tree) top() *stored { return &t.layers[len(t.layers)-1] }

func (t *tree) current() int { return len(t.layers) - 1 }

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
	id, ok := t.find(e.path)
	switch {
	case !ok:
	case e.kind == whiteout && id != 0:
		t.remove(id, record.Deleted, e.path)
	case e.kind == opaque && t.all[id].inode == 0:
		t.empty(id, record.Opaque, e.path)
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
	old := t.lookup(parent, name)
	switch e.kind {
	case dir:
		if old != 0 && t.all[old].inode == 0 {
			return nil // attributes only, children stay
		}
		_, err := t.put(parent, old, name, 0, e.path)
		return err
	case link:
		return t.link(parent, old, name, e)
	}
	if old != 0 && int(t.all[old].layer) == t.current() {
		t.notes.addf("%s stands twice in the layer; the last one counts", quote(string(e.path)))
	}
	_, err = t.put(parent, old, name, t.newInode(e), e.path)
	return err
}

func (t *tree) newInode(e entry) uint32 {
	i := inode{body: e.body, layer: uint16(t.current()), maker: uint16(t.current()), kind: e.kind}
	if e.kind == soft {
		i.link = t.links.add(e.target)
	}
	if id := t.dead; id != 0 {
		t.dead = t.inodes[id].names
		t.inodes[id] = i
		return id
	}
	t.inodes = append(t.inodes, i)
	return uint32(len(t.inodes) - 1)
}

// link gives a file of this or a lower layer another name.
func (t *tree) link(parent, old uint32, name []byte, e entry) error {
	target, ok := t.find(e.target)
	shared := t.all[target].inode
	if !ok || shared == 0 {
		t.notes.addf("%s is a hard link to %s, which is no file here", quote(string(e.path)), quote(string(e.target)))
		_, err := t.put(parent, old, name, t.newInode(entry{kind: file}), e.path)
		return err
	}
	t.inodes[shared].names++ // held while put removes what stood here, which may be shared itself
	_, err := t.put(parent, old, name, shared, e.path)
	t.inodes[shared].names--
	return err
}

// put makes a node for what parent is to hold under name, at path, in the place
// of old if that is not 0. Inode 0 makes a directory.
func (t *tree) put(parent, old uint32, name []byte, i uint32, path []byte) (id uint32, err error) {
	if old != 0 {
		why := t.replacing(old, i)
		if why == record.Copied {
			t.inodes[i].maker = t.inodes[t.all[old].inode].maker
		}
		t.remove(old, why, path)
	}
	if t.made++; t.made > t.most {
		return 0, fmt.Errorf("more than %d paths in all layers together", t.most)
	}
	id = t.insert(parent, name, t.current())
	t.all[id].inode = i
	if i == 0 {
		return id, nil
	}
	t.files++
	t.top().files++
	shared := &t.inodes[i]
	if shared.names++; shared.names == 1 {
		t.bytes += record.Bytes(shared.body.size)
		t.top().size += record.Bytes(shared.body.size)
	}
	return id, nil
}

// replacing says what it is to have the inode new in the place of a node.
func (t *tree) replacing(old, i uint32) record.WasteKind {
	was := t.all[old].inode
	if was == 0 || i == 0 {
		return record.Replaced
	}
	a, b := t.inodes[was].body, t.inodes[i].body
	same := a.mtime == b.mtime
	if a.sum != 0 && b.sum != 0 {
		same = a.sum == b.sum
	}
	if same && a.size == b.size && a.size > 0 {
		return record.Copied
	}
	return record.Overwritten
}

// remove takes out a node with all below it; path is what the layer did it to.
func (t *tree) remove(id uint32, why record.WasteKind, path []byte) {
	if t.all[id].inode == 0 {
		t.empty(id, why, path)
	} else {
		t.drop(id, why, path)
	}
	t.nodes.remove(id)
}

// empty removes all below a directory, without recursion: an image chooses how
// deep it is.
func (t *tree) empty(root uint32, why record.WasteKind, path []byte) {
	t.trail.lose()
	for at := root; ; {
		if child := t.all[at].child; child != 0 {
			at = child
			continue
		}
		if at == root {
			return
		}
		if t.all[at].inode != 0 {
			t.drop(at, why, path)
		}
		parent := t.all[at].parent
		t.nodes.remove(at)
		at = parent
	}
}

// drop accounts for a name that is gone, and for its inode if it was the last.
func (t *tree) drop(id uint32, why record.WasteKind, path []byte) {
	n := &t.all[id]
	t.files--
	if int(n.layer) == t.current() {
		t.top().files--
	}
	i := &t.inodes[n.inode]
	if i.names--; i.names > 0 {
		return
	}
	size := record.Bytes(i.body.size)
	t.bytes -= size
	if int(i.layer) == t.current() {
		t.top().size -= size
	} else {
		t.waste.add(why, int(i.layer), t.current(), size, path)
	}
	i.names, t.dead = t.dead, n.inode
}

// makeParent is the directory that is to hold path: those that no entry
// announced are made, and whatever else stands in the way is replaced.
func (t *tree) makeParent(path []byte) (id uint32, name []byte, err error) {
	id, at := t.trail.follow(path)
	for {
		end := bytes.IndexByte(path[at:], '/')
		if end < 0 {
			return id, path[at:], nil
		}
		name, upTo := path[at:at+end], path[:at+end]
		next := t.lookup(id, name)
		if next == 0 || t.all[next].inode != 0 {
			if next, err = t.put(id, next, name, 0, upTo); err != nil {
				return 0, nil, err
			}
		}
		id, at = next, at+end+1
		t.trail.add(id, upTo)
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
