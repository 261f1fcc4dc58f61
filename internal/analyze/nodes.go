package analyze

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
)

// nodes is a tree of paths without a pointer in it: a million paths are a few
// slices to the garbage collector. Nodes are known by their number; 0 is the
// root, and as a link to another node it stands for none.
type nodes struct {
	all   []node
	free  uint32   // first of the unused nodes, which are linked by next
	slots []uint32 // hash table over parent and name: node number, 0 empty, tombstone deleted
	used  int      // slots that are not empty
	live  int      // nodes in the table
	names []byte
	seed  maphash.Seed // random, so that no image can choose names that collide
}

// node is one path. A directory has no inode, everything else has one.
type node struct {
	parent, prev, next uint32 // siblings form a list
	child              uint32 // first of a directory
	inode              uint32
	name               uint32 // where it starts in names
	length             uint16
	layer              uint16 // that made it
}

const tombstone = ^uint32(0)

// newNodes makes room for so many nodes.
func newNodes(room int) nodes {
	slots := 1024
	for 3*slots < 4*(room+1) {
		slots *= 2
	}
	return nodes{all: make([]node, 1, room+1), slots: make([]uint32, slots), seed: maphash.MakeSeed()}
}

func (t *nodes) name(id uint32) []byte {
	n := &t.all[id]
	return t.names[n.name : n.name+uint32(n.length)]
}

func (t *nodes) hash(parent uint32, name []byte) uint64 {
	return maphash.Bytes(t.seed, name) ^ uint64(parent)*0x9e3779b97f4a7c15
}

// lookup gives the child of parent that is called name, 0 when there is none.
func (t *nodes) lookup(parent uint32, name []byte) uint32 {
	mask := uint64(len(t.slots) - 1)
	for at := t.hash(parent, name) & mask; ; at = (at + 1) & mask {
		id := t.slots[at]
		if id == 0 {
			return 0
		}
		if id != tombstone && t.all[id].parent == parent && bytes.Equal(t.name(id), name) {
			return id
		}
	}
}

// insert adds a child that is not there yet.
func (t *nodes) insert(parent uint32, name []byte, layer int) uint32 {
	if 4*(t.used+1) > 3*len(t.slots) {
		t.rehash()
	}
	id := t.take()
	n := node{parent: parent, name: uint32(len(t.names)), length: uint16(len(name)), layer: uint16(layer)}
	t.names = append(t.names, name...)
	if first := t.all[parent].child; first != 0 {
		n.next, t.all[first].prev = first, id
	}
	t.all[id], t.all[parent].child = n, id
	t.place(id)
	t.live++
	return id
}

func (t *nodes) take() uint32 {
	if id := t.free; id != 0 {
		t.free = t.all[id].next
		return id
	}
	t.all = append(t.all, node{})
	return uint32(len(t.all) - 1)
}

func (t *nodes) place(id uint32) {
	mask := uint64(len(t.slots) - 1)
	at := t.hash(t.all[id].parent, t.name(id)) & mask
	for t.slots[at] != 0 {
		at = (at + 1) & mask
	}
	t.slots[at] = id
	t.used++
}

// rehash makes room, and forgets the names and slots of what was deleted.
func (t *nodes) rehash() {
	size := len(t.slots)
	if 2*t.live >= size {
		size *= 2
	}
	old := t.slots
	t.slots, t.used = make([]uint32, size), 0
	names := make([]byte, 0, len(t.names))
	for _, id := range old {
		if id == 0 || id == tombstone {
			continue
		}
		at := uint32(len(names))
		names = append(names, t.name(id)...)
		t.all[id].name = at
	}
	t.names = names
	for _, id := range old {
		if id != 0 && id != tombstone {
			t.place(id)
		}
	}
}

// remove takes out one node, which has no children any more.
func (t *nodes) remove(id uint32) {
	n := t.all[id]
	mask := uint64(len(t.slots) - 1)
	at := t.hash(n.parent, t.name(id)) & mask
	for t.slots[at] != id {
		at = (at + 1) & mask
	}
	t.slots[at] = tombstone
	t.live--
	if n.prev != 0 {
		t.all[n.prev].next = n.next
	} else {
		t.all[n.parent].child = n.next
	}
	if n.next != 0 {
		t.all[n.next].prev = n.prev
	}
	t.all[id] = node{next: t.free}
	t.free = id
}

// find returns the node at path. Symbolic links are not followed: engines
// apply a layer to a directory of its own, where the links of lower layers do
// not exist.
func (t *nodes) find(path []byte) (id uint32, ok bool) {
	for len(path) > 0 {
		var name []byte
		name, path, _ = bytes.Cut(path, []byte{'/'})
		if id = t.lookup(id, name); id == 0 {
			return 0, false
		}
	}
	return id, true
}

// appendPath writes the path of a node, without leading slash.
func (t *nodes) appendPath(to []byte, id uint32) []byte {
	if id == 0 {
		return to
	}
	if to = t.appendPath(to, t.all[id].parent); len(to) > 0 {
		to = append(to, '/')
	}
	return append(to, t.name(id)...)
}

// texts keeps strings one behind the other; 0 stands for none.
type texts []byte

func (s *texts) add(text []byte) uint32 {
	if len(*s) == 0 {
		*s = append(*s, 0)
	}
	at := uint32(len(*s))
	*s = appendBytes(*s, text)
	return at
}

func (s texts) get(at uint32) []byte {
	if at == 0 {
		return nil
	}
	n, size := binary.Uvarint(s[at:])
	return s[int(at)+size : int(at)+size+int(n)]
}
