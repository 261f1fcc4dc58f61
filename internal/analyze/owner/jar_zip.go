package owner

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
)

// A jar is a zip file, with its directory at the end:
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
//
// Note: archive/zip allocates some 400 bytes for each entry, and an entry of the
// directory can be 46 bytes short.
const (
	zipEndSize     = 22
	zipEntrySize   = 46
	zipLocalSize   = 30
	maxZipComment  = 1<<16 - 1
	zipStored      = 0
	zipDeflated    = 8
	jarHead        = 1 << 20 // bytes at the begin that are read: its manifest stands first
	jarTail        = 4 << 20 // bytes at the end that are read
	maxJarInflated = 1 << 20 // bytes that are inflated of one jar
)

// jarFile is what is read of a jar: its begin and its end, the same whether it
// comes as a stream or can be read at random.
type jarFile struct {
	at       io.ReaderAt // nil for a stream
	size     int64
	head     []byte // of a stream
	tail     []byte
	inflated int64
}

func openJar(f File) (*jarFile, error) {
	j := &jarFile{at: f.At, size: f.Size}
	if f.At != nil {
		return j, nil
	}
	j.head = make([]byte, min(f.Size, jarHead))
	if _, err := io.ReadFull(f.Body, j.head); err != nil {
		return nil, fmt.Errorf("read its begin: %w", err)
	}
	if _, err := io.CopyN(io.Discard, f.Body, max(0, f.Size-jarTail-jarHead)); err != nil {
		return nil, fmt.Errorf("read up to its end: %w", err)
	}
	j.tail = make([]byte, min(f.Size-int64(len(j.head)), jarTail))
	if _, err := io.ReadFull(f.Body, j.tail); err != nil {
		return nil, fmt.Errorf("read its end: %w", err)
	}
	return j, nil
}

// read gives n bytes at an offset, nil where they are not among what is read.
func (j *jarFile) read(offset, n int64) ([]byte, error) {
	if offset < 0 || n < 0 || n > j.size || offset > j.size-n {
		return nil, nil
	}
	end, tail := offset+n, max(0, j.size-jarTail)
	if end > jarHead && offset < tail && tail > jarHead {
		return nil, nil
	}
	if n > jarHead+jarTail {
		return nil, nil
	}
	b := make([]byte, n)
	if j.at != nil {
		if err := readFullAt(j.at, b, offset); err != nil {
			return nil, fmt.Errorf("read at %d: %w", offset, err)
		}
		return b, nil
	}
	k := 0
	if offset < int64(len(j.head)) {
		k = copy(b, j.head[offset:])
	}
	if rest := b[k:]; len(rest) > 0 {
		copy(rest, j.tail[offset+int64(k)-(j.size-int64(len(j.tail))):])
	}
	return b, nil
}

// directory gives the directory and how far all offsets in it are off, as they
// are where a script stands before the archive. It is nil for what is no zip
// file, and for one whose directory is larger than what is read.
func (j *jarFile) directory() (dir []byte, shift int64, err error) {
	b, err := j.read(max(0, j.size-zipEndSize-maxZipComment), min(j.size, zipEndSize+maxZipComment))
	if err != nil {
		return nil, 0, err
	}
	at := findZipEnd(b)
	if at < 0 {
		return nil, 0, nil
	}
	length, offset := int64(binary.LittleEndian.Uint32(b[at+12:])), int64(binary.LittleEndian.Uint32(b[at+16:]))
	start := j.size - int64(len(b)) + int64(at) - length
	if start < offset {
		return nil, 0, nil
	}
	dir, err = j.read(start, length)
	return dir, start - offset, err
}

// findZipEnd gives where the end record begins, -1 where there is none. It is
// the last one that has room for the comment it tells of.
func findZipEnd(b []byte) int {
	for front := b; ; {
		i := bytes.LastIndex(front, []byte("PK\x05\x06"))
		if i < 0 {
			return -1
		}
		if end := b[i:]; len(end) >= zipEndSize && zipEndSize+int(binary.LittleEndian.Uint16(end[20:])) <= len(end) {
			return i
		}
		front = b[:i]
	}
}

// zipEntry is a file in an archive.
type zipEntry struct {
	name   []byte
	method uint16
	size   int64 // compressed
	offset int64 // of its local header, as the directory tells it
}

// zipEntries goes over a directory, up to where it makes no sense.
func zipEntries(dir []byte) iter.Seq[zipEntry] {
	return func(yield func(zipEntry) bool) {
		le := binary.LittleEndian
		for len(dir) >= zipEntrySize && bytes.HasPrefix(dir, []byte("PK\x01\x02")) {
			name, extra := int(le.Uint16(dir[28:])), int(le.Uint16(dir[30:]))+int(le.Uint16(dir[32:]))
			if zipEntrySize+name+extra > len(dir) {
				return
			}
			e := zipEntry{
				name: dir[zipEntrySize : zipEntrySize+name], method: le.Uint16(dir[10:]),
				size: int64(le.Uint32(dir[20:])), offset: int64(le.Uint32(dir[42:])),
			}
			if !yield(e) {
				return
			}
			dir = dir[zipEntrySize+name+extra:]
		}
	}
}

// content gives the first bytes of an entry, at most so many. It is nil where
// the entry is not among what is read, damaged, or no more may be inflated.
func (j *jarFile) content(e zipEntry, shift, most int64) ([]byte, error) {
	head, err := j.read(e.offset+shift, zipLocalSize)
	if err != nil || !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return nil, err
	}
	skip := zipLocalSize + int64(binary.LittleEndian.Uint16(head[26:])) + int64(binary.LittleEndian.Uint16(head[28:]))
	packed, err := j.read(e.offset+shift+skip, min(e.size, most))
	if err != nil {
		return nil, err
	}
	switch e.method {
	case zipStored:
		return packed, nil
	case zipDeflated:
		return j.inflate(packed, most), nil
	}
	return nil, nil
}

// inflate gives up to most bytes; what comes before damage or a cut is good.
func (j *jarFile) inflate(packed []byte, most int64) []byte {
	most = min(most, maxJarInflated-j.inflated)
	b, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), most))
	j.inflated += int64(len(b))
	if err != nil && len(b) == 0 {
		return nil
	}
	return b
}
