package owner

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// sharedCells is a database of which every cell of a table's page is the same
// one, and nearly as long as the page.
func sharedCells() []byte {
	const page = 65536
	db := make([]byte, 2*page)
	copy(db, sqliteMagic)
	binary.BigEndian.PutUint16(db[16:], 1)
	schema := "\x06\x17\x1d\x1d\x01\x17tablePackagesPackages\x02sqlite"
	row := append([]byte{byte(len(schema)), 1}, schema...)
	copy(db[100:], []byte{sqliteLeaf, 0, 0, 0, 1})
	binary.BigEndian.PutUint16(db[108:], 1000)
	copy(db[1000:], row)
	leaf := db[page:]
	const cells, at = 20_000, 45_000
	copy(leaf, []byte{sqliteLeaf, 0, 0})
	binary.BigEndian.PutUint16(leaf[3:], cells)
	for i := range cells {
		binary.BigEndian.PutUint16(leaf[8+2*i:], at)
	}
	copy(leaf[at:], []byte{0x81, 0x9c, 0x20, 1, 2, 0, 0}) // 20,000 bytes
	return db
}

// TestRPMCellsDoNotOverlap checks that a page is not read over and over.
func TestRPMCellsDoNotOverlap(t *testing.T) {
	mustRefuse(t, "var/lib/rpm/rpmdb.sqlite", string(sharedCells()), "overlap")
}

// TestRPMHeaderTakesATagOnce checks that a tag which is there again is not read.
func TestRPMHeaderTakesATagOnce(t *testing.T) {
	data := "first\x00second\x00" + strings.Repeat("x", 1<<20)
	var index []byte
	for i := range 4000 {
		offset := uint32(0)
		if i > 0 {
			offset = uint32(len("first\x00") + i%2*len("second\x00"))
		}
		for _, v := range []uint32{rpmName, rpmString, offset, 1} {
			index = binary.BigEndian.AppendUint32(index, v)
		}
	}
	header := binary.BigEndian.AppendUint32(nil, 4000)
	header = append(binary.BigEndian.AppendUint32(header, uint32(len(data))), index...)
	header = append(header, data...)
	var p *rpmPackage
	var err error
	used := allocated(func() { p, err = parseRPMHeader(bytes.Clone(header)) })
	if err != nil || p.name != "first" {
		t.Fatalf("%v, %v; want a package called first", p, err)
	}
	if used > 4<<20 {
		t.Errorf("%d bytes were allocated for a header of %d", used, len(header))
	}
}
