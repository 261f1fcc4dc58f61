package analyze

import "encoding/binary"

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
type index struct {
	data      []byte
	whiteouts int // entries of kind whiteout or opaque

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

func (x *index) add(e entry) {
	shared := commonPrefix(x.last, e.path)
	x.data = append(x.data, byte(e.kind))
	x.data = binary.AppendUvarint(x.data, uint64(shared))
	x.data = appendBytes(x.data, e.path[shared:])
	switch e.kind {
	case file:
		x.data = binary.AppendUvarint(x.data, uint64(e.body.size))
		x.data = binary.AppendVarint(x.data, e.body.mtime-x.mtime)
		x.data = binary.AppendUvarint(x.data, uint64(e.body.attrs))
		x.data = binary.LittleEndian.AppendUint32(x.data, e.body.sum)
		x.mtime = e.body.mtime
	case link, soft:
		x.data = appendBytes(x.data, e.target)
	case whiteout, opaque:
		x.whiteouts++
	}
	x.last = append(x.last[:0], e.path...)
}

// done gives back what only adding needs.
func (x *index) done() { x.last, x.mtime = nil, 0 }

// each calls do for every entry in tar order, until it returns an error.
func (x *index) each(do func(entry) error) error {
	var path []byte
	var mtime int64
	for rest := x.data; len(rest) > 0; {
		e := entry{kind: kind(rest[0])}
		var shared uint64
		var suffix []byte
		shared, rest = cutUvarint(rest[1:])
		suffix, rest = cutBytes(rest)
		path = append(path[:shared], suffix...)
		e.path = path
		switch e.kind {
		case file:
			e.body, rest = cutBody(rest)
			mtime += e.body.mtime
			e.body.mtime = mtime
		case link, soft:
			e.target, rest = cutBytes(rest)
		}
		if err := do(e); err != nil {
			return err
		}
	}
	return nil
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

func cutUvarint(b []byte) (uint64, []byte) {
	v, n := binary.Uvarint(b)
	return v, b[n:]
}

func cutBytes(b []byte) (head, rest []byte) {
	n, b := cutUvarint(b)
	return b[:n], b[n:]
}

// cutBody gives the mtime as a difference.
func cutBody(b []byte) (body, []byte) {
	size, b := cutUvarint(b)
	mtime, n := binary.Varint(b)
	attrs, b := cutUvarint(b[n:])
	return body{size: int64(size), mtime: mtime, attrs: uint32(attrs), sum: binary.LittleEndian.Uint32(b)}, b[4:]
}
