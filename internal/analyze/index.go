package analyze

import (
	"encoding/binary"
	"errors"
)

// kind is what an entry does to the tree of paths.
type kind byte

// The kinds. Their values are kept in caches: never change the meaning of one.
const (
	file     kind = iota + 1 // regular file; the only kind with a payload
	special                  // device, pipe
	dir                      // directory
	link                     // hard link
	whiteout                 // hides path in the layers below
	opaque                   // hides all children of path in the layers below
	soft                     // symbolic link
)

// entry is one tar header, reduced to what arithmetic needs. Its slices are
// valid until the next entry is read.
type entry struct {
	kind   kind
	path   []byte // clean, without leading slash; empty for the root
	target []byte // of hard links, like path; of symbolic links, as it stands
	body   body   // of files
}

// body is what is known of a file's payload and of what may change about it
// without touching the payload.
type body struct {
	size  int64
	mtime int64  // seconds since 1970
	attrs uint32 // mode and owner, reduced to a number: see attributes
	sum   uint32 // checksum of the payload, 0 when it was not read
}

// index holds the entries of one layer in tar order. Neighbours in a tar share
// most of their path, so only what differs from the one before is kept: 20 to
// 30 bytes an entry, where a struct of strings takes 120.
//
//	kind, uvarint shared, uvarint len, rest of path
//	[, uvarint size, varint mtime less that before, uvarint attrs, sum | uvarint len, target]
//
// It grows by blocks: a slice that makes room by copying itself takes more than
// twice what it holds.
type index struct {
	blocks    [][]byte // no entry lies in two of them
	size      int      // of all of them, in bytes
	whiteouts int      // entries of kind whiteout or opaque

	last  []byte // path
	mtime int64
}

// attributes reduces mode and owner to a number that is equal for equal ones.
// It is a hash, which may call different ones equal once in four billion.
func attributes(mode int64, uid, gid int) uint32 {
	h := uint32(2166136261) // FNV-1a over words
	for _, v := range [...]uint32{uint32(mode), uint32(uid), uint32(gid)} {
		h = (h ^ v) * 16777619
		h ^= h >> 15
	}
	return h & (1<<24 - 1)
}

// indexBlock is where a block ends and the next begins.
const indexBlock = 64 << 10

func (x *index) add(e entry) {
	if n := len(x.blocks); n == 0 || len(x.blocks[n-1]) >= indexBlock {
		x.blocks = append(x.blocks, nil)
	}
	at := &x.blocks[len(x.blocks)-1]
	before := len(*at)
	*at = x.append(*at, e)
	x.size += len(*at) - before
	x.last = append(x.last[:0], e.path...)
}

func (x *index) append(to []byte, e entry) []byte {
	shared := commonPrefix(x.last, e.path)
	to = append(to, byte(e.kind))
	to = binary.AppendUvarint(to, uint64(shared))
	to = appendBytes(to, e.path[shared:])
	switch e.kind {
	case file:
		to = binary.AppendUvarint(to, uint64(e.body.size))
		to = binary.AppendVarint(to, e.body.mtime-x.mtime)
		to = binary.AppendUvarint(to, uint64(e.body.attrs))
		to = binary.LittleEndian.AppendUint32(to, e.body.sum)
		x.mtime = e.body.mtime
	case link, soft:
		to = appendBytes(to, e.target)
	case whiteout, opaque:
		x.whiteouts++
	}
	return to
}

// done gives back what only adding needs.
func (x *index) done() { x.last, x.mtime = nil, 0 }

// errIndex is of an index that was damaged on disk.
var errIndex = errors.New("the index of a layer is damaged")

// each calls do for every entry in tar order, until it returns an error.
func (x *index) each(do func(entry) error) error {
	var path []byte
	var mtime int64
	for c := (cursor{blocks: x.blocks}); c.more(); {
		e := entry{kind: kind(c.byte())}
		shared := c.uvarint()
		suffix := c.bytes()
		if shared > uint64(len(path)) {
			return errIndex
		}
		path = append(path[:shared], suffix...)
		e.path = path
		switch e.kind {
		case file:
			e.body.size = int64(c.uvarint())
			mtime += c.varint()
			e.body.mtime, e.body.attrs, e.body.sum = mtime, uint32(c.uvarint()), c.uint32()
		case link, soft:
			e.target = c.bytes()
		}
		if c.broken || e.body.size < 0 {
			return errIndex
		}
		if err := do(e); err != nil {
			return err
		}
	}
	return nil
}

// cursor takes an index apart. What does not fit breaks it for good.
type cursor struct {
	blocks [][]byte // still to come
	rest   []byte   // of the block it is in
	broken bool
}

// more reports whether there is another entry, which may be in the next block.
func (c *cursor) more() bool {
	for len(c.rest) == 0 && len(c.blocks) > 0 && !c.broken {
		c.rest, c.blocks = c.blocks[0], c.blocks[1:]
	}
	return len(c.rest) > 0
}

func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.rest) {
		c.rest, c.broken = nil, true
		return nil
	}
	head := c.rest[:n]
	c.rest = c.rest[n:]
	return head
}

func (c *cursor) byte() byte {
	if head := c.take(1); head != nil {
		return head[0]
	}
	return 0
}

func (c *cursor) uint32() uint32 {
	if head := c.take(4); head != nil {
		return binary.LittleEndian.Uint32(head)
	}
	return 0
}

func (c *cursor) uvarint() uint64 {
	v, n := binary.Uvarint(c.rest)
	if n <= 0 {
		n = -1
	}
	c.take(n)
	return v
}

func (c *cursor) varint() int64 {
	v, n := binary.Varint(c.rest)
	if n <= 0 {
		n = -1
	}
	c.take(n)
	return v
}

func (c *cursor) bytes() []byte {
	n := c.uvarint()
	if n > uint64(len(c.rest)) {
		c.broken = true
		return nil
	}
	return c.take(int(n))
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func appendBytes(to, b []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(b))), b...)
}
