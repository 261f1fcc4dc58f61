package owner

import (
	"encoding/binary"
	"errors"
	"fmt"
)

var errSQLiteRow = errors.New("a row that makes no sense")

// sqliteRow is a row whose columns are not read yet.
type sqliteRow struct {
	db    *sqlite
	size  int64
	local []byte // what of it stands in the page of the tree
	next  uint32 // the page with more of it, 0 for none
}

// parseRow reads the head of a row in a leaf of the tree: its size, its key,
// what fits the page, and where the rest is.
func (db *sqlite) parseRow(cell []byte) (*sqliteRow, error) {
	size, n := sqliteVarint(cell)
	_, k := sqliteVarint(cell[n:])
	if n == 0 || k == 0 || size < 0 {
		return nil, errSQLiteRow
	}
	cell = cell[n+k:]
	r := &sqliteRow{db: db, size: size}
	local := db.localSize(size)
	if local < size {
		if local+4 > int64(len(cell)) {
			return nil, errSQLiteRow
		}
		r.next = binary.BigEndian.Uint32(cell[local:])
	}
	if local > int64(len(cell)) {
		return nil, errSQLiteRow
	}
	r.local = cell[:local]
	return r, nil
}

// localSize is how much of a row of size bytes stands in the page of the tree.
// https://www.sqlite.org/fileformat2.html#cell_payload_overflow_pages
func (db *sqlite) localSize(size int64) int64 {
	u := db.usable
	most := u - 35
	if size <= most {
		return size
	}
	least := (u-12)*32/255 - 23
	if k := least + (size-least)%(u-4); k <= most {
		return k
	}
	return least
}

// read gives the whole row, good until the next one is read.
func (r *sqliteRow) read() ([]byte, error) {
	db := r.db
	if r.size > db.pages*db.pageSize {
		return nil, fmt.Errorf("a row of %d bytes is more than the whole: %w", r.size, errSQLiteRow)
	}
	row := append(grow(db.row, int(r.size))[:0], r.local...)
	db.row = row
	for next := r.next; int64(len(row)) < r.size; {
		if err := db.readPage(next, db.overflow); err != nil {
			return nil, err
		}
		rest := min(db.usable-4, r.size-int64(len(row)))
		row = append(row, db.overflow[4:4+rest]...)
		next = binary.BigEndian.Uint32(db.overflow)
	}
	return row, nil
}

// sqliteColumn is a value of a row.
type sqliteColumn struct {
	kind int64 // its serial type
	data []byte
}

// number is the value of a column of whole numbers, 0 for any other.
func (c sqliteColumn) number() int64 {
	if c.kind == 9 {
		return 1
	}
	if c.kind < 1 || c.kind > 6 {
		return 0
	}
	v := int64(int8(c.data[0]))
	for _, b := range c.data[1:] {
		v = v<<8 | int64(b)
	}
	return v
}

// sqliteColumns cuts a row into its columns.
// https://www.sqlite.org/fileformat2.html#record_format
func sqliteColumns(row []byte) ([]sqliteColumn, error) {
	size, n := sqliteVarint(row)
	if n == 0 || size < int64(n) || size > int64(len(row)) {
		return nil, errSQLiteRow
	}
	kinds, values := row[n:size], row[size:]
	var columns []sqliteColumn
	for len(kinds) > 0 && len(columns) < maxSQLiteColumns {
		kind, n := sqliteVarint(kinds)
		length := sqliteLength(kind)
		if n == 0 || length < 0 || length > int64(len(values)) {
			return nil, errSQLiteRow
		}
		columns = append(columns, sqliteColumn{kind, values[:length]})
		kinds, values = kinds[n:], values[length:]
	}
	return columns, nil
}

// sqliteLength is how many bytes a value of a serial type has, -1 where there
// is no such type.
func sqliteLength(kind int64) int64 {
	switch {
	case kind >= 12:
		return (kind - 12) / 2
	case kind < 0 || kind > 9:
		return -1
	}
	return [...]int64{0, 1, 2, 3, 4, 6, 8, 8, 0, 0}[kind]
}

// sqliteVarint reads a number of up to 9 bytes, the highest first. Its length
// is 0 where it does not end.
func sqliteVarint(b []byte) (v int64, length int) {
	for i := range min(len(b), 9) {
		if i == 8 {
			return v<<8 | int64(b[i]), 9
		}
		v = v<<7 | int64(b[i]&0x7f)
		if b[i] < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}
