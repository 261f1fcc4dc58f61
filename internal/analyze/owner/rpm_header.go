package owner

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strconv"
)

// The tags of a header that are read.
// https://github.com/rpm-software-management/rpm/blob/master/include/rpm/rpmtag.h
const (
	rpmName       = 1000
	rpmVersion    = 1001
	rpmRelease    = 1002
	rpmEpoch      = 1003
	rpmDirIndexes = 1116
	rpmBaseNames  = 1117
	rpmDirNames   = 1118
)

// The types of values.
const (
	rpmInt32       = 4
	rpmString      = 6
	rpmStringArray = 8
)

// rpmTypes are the types of the tags.
var rpmTypes = map[uint32]uint32{
	rpmName: rpmString, rpmVersion: rpmString, rpmRelease: rpmString, rpmEpoch: rpmInt32,
	rpmDirIndexes: rpmInt32, rpmBaseNames: rpmStringArray, rpmDirNames: rpmStringArray,
}

const (
	maxRPMHeader  = 8 << 20 // bytes; that of a kernel's sources has 3 MiB
	maxRPMDirs    = 256 << 10
	maxRPMEntries = 4096 // of an index; rpm itself stops at 65,535
)

// rpmPackage is what is needed of the header of an installed package.
type rpmPackage struct {
	name, version, release, epoch string

	baseNames  []byte // each ends with a NUL
	dirNames   [][]byte
	dirIndexes []byte // 4 bytes for each base name, big-endian
}

// evr is the version as rpm tells it.
func (p *rpmPackage) evr() string {
	evr := p.version + "-" + p.release
	if p.epoch != "" {
		return p.epoch + ":" + evr
	}
	return evr
}

// paths goes over the files of the package: absolute paths.
func (p *rpmPackage) paths() iter.Seq[string] {
	return func(yield func(string) bool) {
		names, indexes := p.baseNames, p.dirIndexes
		for len(indexes) >= 4 {
			base, rest, found := bytes.Cut(names, []byte{0})
			dir := binary.BigEndian.Uint32(indexes)
			if !found || int64(dir) >= int64(len(p.dirNames)) {
				return
			}
			if !yield(string(p.dirNames[dir]) + string(base)) {
				return
			}
			names, indexes = rest, indexes[4:]
		}
	}
}

// parseRPMHeader reads a header as it stands in the database: two lengths, the
// index, the data.
// https://rpm-software-management.github.io/rpm/manual/format_header.html
func parseRPMHeader(b []byte) (*rpmPackage, error) {
	if len(b) < 8 {
		return nil, fmt.Errorf("a header of %d bytes, expected at least 8", len(b))
	}
	entries, size := int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:]))
	if entries > maxRPMEntries || 8+16*entries+size > int64(len(b)) {
		return nil, fmt.Errorf("a header of %d bytes says that it has %d entries and %d bytes of data", len(b), entries, size)
	}
	index, data := b[8:8+16*entries], b[8+16*entries:8+16*entries+size]
	p := &rpmPackage{}
	seen := map[uint32]bool{} // of a tag that is there again, the first counts
	for ; len(index) > 0; index = index[16:] {
		tag := binary.BigEndian.Uint32(index)
		want, known := rpmTypes[tag]
		if !known || seen[tag] {
			continue
		}
		seen[tag] = true
		if err := p.set(index, data, want); err != nil {
			return nil, err
		}
	}
	if p.name == "" {
		return nil, errors.New("a header without a name")
	}
	return p, nil
}

// set takes an entry of the index, which is to be of a type: tag, type, offset
// into the data and count.
func (p *rpmPackage) set(entry, data []byte, want uint32) error {
	be := binary.BigEndian
	tag, kind, offset, count := be.Uint32(entry), be.Uint32(entry[4:]), be.Uint32(entry[8:]), be.Uint32(entry[12:])
	if kind != want || int64(offset) > int64(len(data)) {
		return fmt.Errorf("entry %d of a header has type %d at %d, expected type %d within %d bytes", tag, kind, offset, want, len(data))
	}
	data = data[offset:]
	switch kind {
	case rpmString:
		text, _, _ := bytes.Cut(data, []byte{0})
		p.setText(tag, string(text))
		return nil
	case rpmInt32:
		return p.setNumbers(tag, data, count)
	}
	return p.setTexts(tag, data, count)
}

func (p *rpmPackage) setText(tag uint32, text string) {
	switch tag {
	case rpmName:
		p.name = text
	case rpmVersion:
		p.version = text
	case rpmRelease:
		p.release = text
	}
}

func (p *rpmPackage) setNumbers(tag uint32, data []byte, count uint32) error {
	if 4*int64(count) > int64(len(data)) {
		return fmt.Errorf("entry %d of a header has %d numbers in %d bytes", tag, count, len(data))
	}
	switch {
	case tag == rpmDirIndexes:
		p.dirIndexes = data[:4*count]
	case count > 0:
		p.epoch = strconv.FormatUint(uint64(binary.BigEndian.Uint32(data)), 10)
	}
	return nil
}

func (p *rpmPackage) setTexts(tag uint32, data []byte, count uint32) error {
	if tag == rpmBaseNames {
		p.baseNames = data
		return nil
	}
	if count > maxRPMDirs {
		return fmt.Errorf("a header has %d directories, more than %d", count, maxRPMDirs)
	}
	p.dirNames = nil
	for range count {
		dir, rest, found := bytes.Cut(data, []byte{0})
		if !found {
			return fmt.Errorf("a header ends among its %d directories", count)
		}
		p.dirNames, data = append(p.dirNames, dir), rest
	}
	return nil
}
