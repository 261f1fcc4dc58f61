package owner

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The database of SUSE: a header, pages of slots, and the packages in blocks of
// 16 bytes. All numbers are little-endian.
// https://github.com/rpm-software-management/rpm/blob/master/lib/backend/ndb/rpmpkg.c
const (
	ndbHeaderSize = 32 // in place of the first two slots
	ndbPageSize   = 4096
	ndbSlotSize   = 16
	ndbBlockSize  = 16
	ndbBlobHead   = 16
	ndbBlobTail   = 12
)

// eachNDBPackage hands over all headers. It holds one at a time.
func eachNDBPackage(at io.ReaderAt, size int64, kept *rpmKept) error {
	header := make([]byte, ndbHeaderSize)
	if err := readFullAt(at, header, 0); err != nil {
		return fmt.Errorf("read its header: %w", err)
	}
	version, pages := binary.LittleEndian.Uint32(header[4:]), int64(binary.LittleEndian.Uint32(header[12:]))
	if !bytes.HasPrefix(header, []byte("RpmP")) || version != 0 {
		return fmt.Errorf("it begins with %q, expected RpmP and version 0", header[:8])
	}
	if pages > size/ndbPageSize {
		return fmt.Errorf("its header tells of %d pages of slots, but it has %d bytes", pages, size)
	}
	n := &ndb{at: at, size: size, left: size, kept: kept}
	page := make([]byte, ndbPageSize)
	for i := range pages {
		if err := readFullAt(at, page, i*ndbPageSize); err != nil {
			return fmt.Errorf("read page %d of slots: %w", i, err)
		}
		slots := page
		if i == 0 {
			slots = page[ndbHeaderSize:]
		}
		if err := n.readSlots(slots); err != nil {
			return fmt.Errorf("page %d of slots: %w", i, err)
		}
	}
	return nil
}

type ndb struct {
	at   io.ReaderAt
	size int64
	left int64 // bytes that packages may still have, as they do not overlap
	kept *rpmKept
	buf  []byte
}

func (n *ndb) readSlots(slots []byte) error {
	for ; len(slots) > 0; slots = slots[ndbSlotSize:] {
		if !bytes.HasPrefix(slots, []byte("Slot")) {
			return fmt.Errorf("a slot begins with %q, expected Slot", slots[:4])
		}
		block, blocks := int64(binary.LittleEndian.Uint32(slots[8:])), int64(binary.LittleEndian.Uint32(slots[12:]))
		if block == 0 {
			continue // a free slot
		}
		if err := n.readBlob(block*ndbBlockSize, blocks*ndbBlockSize); err != nil {
			return err
		}
	}
	return nil
}

// readBlob reads a package: head, header and tail.
func (n *ndb) readBlob(offset, room int64) error {
	if n.left -= room; n.left < 0 || offset+room > n.size {
		return errors.New("the packages in its slots do not fit into it: it is damaged")
	}
	head := make([]byte, ndbBlobHead)
	if err := readFullAt(n.at, head, offset); err != nil {
		return fmt.Errorf("read the package at %d: %w", offset, err)
	}
	length := int64(binary.LittleEndian.Uint32(head[12:]))
	if !bytes.HasPrefix(head, []byte("BlbS")) || length > room-ndbBlobHead-ndbBlobTail {
		n.kept.skip(fmt.Errorf("the package at %d begins with %q and has %d bytes in room for %d", offset, head[:4], length, room))
		return nil
	}
	if length > maxRPMHeader {
		n.kept.skip(fmt.Errorf("a header of %d bytes, more than %d", length, maxRPMHeader))
		return nil
	}
	n.buf = grow(n.buf, int(length))
	if err := readFullAt(n.at, n.buf, offset+ndbBlobHead); err != nil {
		return fmt.Errorf("read the package at %d: %w", offset, err)
	}
	return n.kept.add(n.buf)
}

// grow gives a buffer of n bytes, b if it is large enough.
func grow(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}
