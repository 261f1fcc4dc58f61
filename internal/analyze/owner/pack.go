package owner

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// What is kept of files is put together from two forms. Both are as short as
// they can be without compression.

// maxExpansion bounds how many bytes of paths one byte of evidence may stand
// for. Real lists of files stay below 12.
const maxExpansion = 32

var errPacked = errors.New("what was kept of it is damaged")

// maxPackages bounds the packages of one database: all of Debian has about as
// many, and nobody has installed them all.
const maxPackages = 1 << 16

// database packs a few strings about each of many packages.
type database struct {
	packed []byte
	count  int
}

// add takes one package more. It fails where so many would be too much to keep.
func (d *database) add(s ...string) error {
	d.packed = packStrings(d.packed, s...)
	d.count++
	if d.count > maxPackages || len(d.packed) > maxKept {
		return errTooMuch
	}
	return nil
}

// packStrings appends each string to dst, behind its length.
func packStrings(dst []byte, s ...string) []byte {
	for _, s := range s {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	return dst
}

// unpackStrings gives back what packStrings packed in groups of n.
func unpackStrings(data []byte, n int) ([][]string, error) {
	var groups [][]string
	var flat []string
	text := string(data)
	for len(text) > 0 {
		size, width := binary.Uvarint(data[len(data)-len(text):])
		if width <= 0 || size > uint64(len(text)-width) {
			return nil, errPacked
		}
		flat = append(flat, text[width:width+int(size)])
		text = text[width+int(size):]
	}
	if len(flat)%n != 0 {
		return nil, errPacked
	}
	for group := range slices.Chunk(flat, n) {
		groups = append(groups, group)
	}
	return groups, nil
}

// paths packs paths, each as what it shares with the one before and the rest.
type paths struct {
	packed   []byte
	last     []byte
	expanded int // bytes of all paths
}

// add takes one path more, unless it is empty. It fails where so many would be
// too much to keep.
func (p *paths) add(path string) error {
	if path == "" {
		return nil
	}
	shared := 0
	for shared < min(len(path), len(p.last)) && path[shared] == p.last[shared] {
		shared++
	}
	p.packed = binary.AppendUvarint(p.packed, uint64(shared))
	p.packed = binary.AppendUvarint(p.packed, uint64(len(path)-shared))
	p.packed = append(p.packed, path[shared:]...)
	p.last = append(p.last[:shared], path[shared:]...)
	p.expanded += len(path)
	if len(p.packed) > maxKept || p.expanded > expansion(len(p.packed)) {
		return errTooMuch
	}
	return nil
}

// expansion is how many bytes of paths that many packed bytes may stand for: a
// few more where they are few.
func expansion(packed int) int { return 4<<10 + maxExpansion*packed }

// unpackPaths gives back the paths that were packed.
func unpackPaths(data []byte) ([]string, error) {
	count, total, err := measurePaths(data)
	if err != nil || count == 0 {
		return nil, err
	}
	all, ends := make([]byte, 0, total), make([]int, 0, count)
	last := 0 // where the path before starts
	for len(data) > 0 {
		shared, rest, width := pathHead(data)
		start := len(all)
		all = append(all, all[last:last+shared]...)
		all = append(all, data[width:width+rest]...)
		data, last, ends = data[width+rest:], start, append(ends, len(all))
	}
	return cut(string(all), ends), nil
}

// measurePaths counts packed paths and their bytes, and checks them.
func measurePaths(data []byte) (count, total int, err error) {
	most := expansion(len(data))
	last := 0
	for len(data) > 0 {
		shared, rest, width := pathHead(data)
		if width == 0 || shared > last || rest > len(data)-width {
			return 0, 0, errPacked
		}
		data, last = data[width+rest:], shared+rest
		count, total = count+1, total+last
		if total > most {
			return 0, 0, errPacked
		}
	}
	return count, total, nil
}

// pathHead reads the numbers before a path. Width is their length, 0 when they
// make no sense.
func pathHead(data []byte) (shared, rest, width int) {
	s, w1 := binary.Uvarint(data)
	r, w2 := binary.Uvarint(data[max(w1, 0):])
	if w1 <= 0 || w2 <= 0 || s > math.MaxInt32 || r > math.MaxInt32 {
		return 0, 0, 0
	}
	return int(s), int(r), w1 + w2
}

// cut gives the parts of text that end there.
func cut(text string, ends []int) []string {
	parts := make([]string, len(ends))
	start := 0
	for i, end := range ends {
		parts[i] = text[start:end]
		start = end
	}
	return parts
}
