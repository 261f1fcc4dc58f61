package untar

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"time"
)

// Where the fields of a header lie.
// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html (ustar Interchange Format)
const (
	nameAt, nameEnd         = 0, 100
	modeAt, modeEnd         = 100, 108
	uidAt, uidEnd           = 108, 116
	gidAt, gidEnd           = 116, 124
	sizeAt, sizeEnd         = 124, 136
	mtimeAt, mtimeEnd       = 136, 148
	checksumAt, checksumEnd = 148, 156
	typeflagAt              = 156
	linknameAt, linknameEnd = 157, 257
	magicAt, magicEnd       = 257, 265
	devmajorAt, devmajorEnd = 329, 337
	devminorAt, devminorEnd = 337, 345
	prefixAt, prefixEnd     = 345, 500
	trailerAt               = 508 // of a star archive
)

// plain reads a header that needs no other: a file, a directory or a link of the
// formats POSIX and GNU, in octal numbers. ok is false of any other block, a
// broken one too.
func plain(b *[blockSize]byte, hdr *tar.Header) (ok bool) {
	switch b[typeflagAt] {
	case tar.TypeReg, tar.TypeLink, tar.TypeSymlink, tar.TypeDir:
	default:
		return false
	}
	var prefix []byte
	switch magic := string(b[magicAt:magicEnd]); {
	case magic == "ustar  \x00":
		if !zero(b[prefixAt:blockSize]) {
			return false // times and a map of holes
		}
	case magic[:6] == "ustar\x00":
		if string(b[trailerAt:]) == "tar\x00" {
			return false
		}
		prefix = text(b[prefixAt:prefixEnd])
	default:
		return false
	}
	var n numbers
	if n.octal(b[checksumAt:checksumEnd]) != checksum(b) {
		return false
	}
	*hdr = tar.Header{
		Typeflag: b[typeflagAt],
		Linkname: string(text(b[linknameAt:linknameEnd])),
		Size:     n.octal(b[sizeAt:sizeEnd]),
		Mode:     n.octal(b[modeAt:modeEnd]),
		Uid:      int(n.octal(b[uidAt:uidEnd])),
		Gid:      int(n.octal(b[gidAt:gidEnd])),
		ModTime:  time.Unix(n.octal(b[mtimeAt:mtimeEnd]), 0),
	}
	n.octal(b[devmajorAt:devmajorEnd])
	n.octal(b[devminorAt:devminorEnd])
	name := text(b[nameAt:nameEnd])
	if hdr.Name = string(name); len(prefix) > 0 {
		hdr.Name = string(prefix) + "/" + string(name)
	}
	return !n.odd
}

func text(field []byte) []byte {
	if end := bytes.IndexByte(field, 0); end >= 0 {
		return field[:end]
	}
	return field
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// numbers reads the fields of a header, and notes if one is no plain number.
type numbers struct{ odd bool }

// octal is of digits, perhaps after spaces, which a space or NUL may end. A field
// without any is 0.
func (n *numbers) octal(field []byte) (v int64) {
	at := 0
	for at < len(field) && field[at] == ' ' {
		at++
	}
	for ; at < len(field) && field[at]-'0' < 8; at++ {
		v = v<<3 | int64(field[at]-'0')
	}
	for ; at < len(field); at++ {
		if field[at] != ' ' && field[at] != 0 {
			n.odd = true
		}
	}
	return v
}

// checksum is the sum of a header's bytes, in which its own field counts as
// spaces. Two bytes of each four are added at a time: 128 words of at most 255 in
// 16 bits do not overflow.
func checksum(b *[blockSize]byte) int64 {
	const low = 0x00ff00ff00ff00ff
	var even, odd uint64
	for at := 0; at < blockSize; at += 8 {
		word := binary.LittleEndian.Uint64(b[at:])
		even += word & low
		odd += word >> 8 & low
	}
	sum := int64(0)
	for _, lanes := range [...]uint64{even, odd} {
		for ; lanes > 0; lanes >>= 16 {
			sum += int64(lanes & 0xffff)
		}
	}
	for _, c := range b[checksumAt:checksumEnd] {
		sum += ' ' - int64(c)
	}
	return sum
}
