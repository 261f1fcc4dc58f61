package owner

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// As much of the format of SQLite as one table needs:
// https://www.sqlite.org/fileformat2.html. What stands in a write-ahead log
// beside the database is not seen.
const (
	sqliteMagic       = "SQLite format 3\x00"
	sqliteHeaderSize  = 100
	sqliteInterior    = 5 // the types of pages of a table
	sqliteLeaf        = 13
	maxSQLitePages    = 1 << 20
	maxSQLiteSchema   = 1 << 20 // bytes of a row that describes a table
	maxSQLiteColumns  = 16
	sqliteTable       = "Packages"
	sqliteBlobsColumn = 1 // the first is the key
)

// eachSQLitePackage hands over all headers. It holds one at a time.
func eachSQLitePackage(at io.ReaderAt, size int64, kept *rpmKept) error {
	db, err := openSQLite(at, size)
	if err != nil {
		return err
	}
	root, err := db.findTable(sqliteTable)
	if err != nil {
		return err
	}
	err = db.rows(root, func(r *sqliteRow) error { return addSQLiteRow(r, kept) })
	if err != nil {
		return fmt.Errorf("read its table %s: %w", sqliteTable, err)
	}
	return nil
}

// addSQLiteRow takes the header in a row. Only a row of which not all is there
// is an error.
func addSQLiteRow(r *sqliteRow, kept *rpmKept) error {
	if r.size > maxRPMHeader {
		kept.skip(fmt.Errorf("a header of %d bytes, more than %d", r.size, maxRPMHeader))
		return nil
	}
	row, err := r.read()
	if err != nil {
		return err
	}
	columns, bad := sqliteColumns(row)
	if bad == nil && len(columns) <= sqliteBlobsColumn {
		bad = errSQLiteRow
	}
	if bad != nil {
		kept.skip(bad)
		return nil
	}
	return kept.add(columns[sqliteBlobsColumn].data)
}

// sqlite is a database whose pages are each read at most once, so that what
// points in circles comes to an end.
type sqlite struct {
	at       io.ReaderAt
	pageSize int64
	usable   int64 // bytes of a page without those reserved at its end
	pages    int64
	seen     []uint64 // a bit for each page
	overflow []byte   // a page
	row      []byte
}

func openSQLite(at io.ReaderAt, size int64) (*sqlite, error) {
	header := make([]byte, sqliteHeaderSize)
	if err := readFullAt(at, header, 0); err != nil {
		return nil, fmt.Errorf("read its header: %w", err)
	}
	if !bytes.HasPrefix(header, []byte(sqliteMagic)) {
		return nil, fmt.Errorf("it begins with %q, expected %q", header[:len(sqliteMagic)], sqliteMagic)
	}
	page := int64(binary.BigEndian.Uint16(header[16:]))
	if page == 1 {
		page = 65536
	}
	db := &sqlite{at: at, pageSize: page, usable: page - int64(header[20])}
	if page < 512 || page&(page-1) != 0 || db.usable < 480 {
		return nil, fmt.Errorf("its pages have %d bytes, %d of them reserved; expected a power of two from 512, and 480 to use", page, header[20])
	}
	if db.pages = size / page; db.pages > maxSQLitePages {
		return nil, fmt.Errorf("it has %d pages, more than %d", db.pages, maxSQLitePages)
	}
	db.seen = make([]uint64, db.pages/64+1)
	db.overflow = make([]byte, page)
	return db, nil
}

// readPage fills b with a page. Pages are counted from 1.
func (db *sqlite) readPage(number uint32, b []byte) error {
	n := int64(number) - 1
	if n < 0 || n >= db.pages {
		return fmt.Errorf("it points at page %d, but has %d", number, db.pages)
	}
	if db.seen[n/64]&(1<<(n%64)) != 0 {
		return fmt.Errorf("it points at page %d twice", number)
	}
	db.seen[n/64] |= 1 << (n % 64)
	if err := readFullAt(db.at, b, n*db.pageSize); err != nil {
		return fmt.Errorf("read page %d: %w", number, err)
	}
	return nil
}

// findTable gives the page where a table begins.
func (db *sqlite) findTable(name string) (root uint32, err error) {
	const kind, named, rootPage = 0, 1, 3
	err = db.rows(1, func(r *sqliteRow) error {
		if r.size > maxSQLiteSchema {
			return fmt.Errorf("a table is described by %d bytes, more than %d", r.size, maxSQLiteSchema)
		}
		row, err := r.read()
		if err != nil {
			return err
		}
		c, err := sqliteColumns(row)
		if err != nil {
			return err
		}
		if len(c) > rootPage && string(c[kind].data) == "table" && string(c[named].data) == name {
			root = uint32(c[rootPage].number())
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("read its list of tables: %w", err)
	}
	if root == 0 {
		return 0, fmt.Errorf("it has no table %s: was the image made while rpm was at work?", name)
	}
	return root, nil
}

// rows goes over the rows of the table that begins at a page, without
// recursion: it keeps the pages that are still to be read.
func (db *sqlite) rows(root uint32, each func(*sqliteRow) error) error {
	page := make([]byte, db.pageSize)
	for next := []uint32{root}; len(next) > 0; {
		number := next[len(next)-1]
		next = next[:len(next)-1]
		if err := db.readPage(number, page); err != nil {
			return err
		}
		p, err := parseSQLitePage(page[:db.usable], number)
		if err != nil {
			return err
		}
		if p.interior {
			next = p.children(next)
		} else if err := db.leaf(p, each); err != nil {
			return fmt.Errorf("page %d: %w", number, err)
		}
		if int64(len(next)) > db.pages {
			return errors.New("it points at more pages than it has")
		}
	}
	return nil
}

// sqlitePage is a page of the tree of a table.
type sqlitePage struct {
	data     []byte
	cells    []byte // where each cell is: 2 bytes
	interior bool
	last     uint32 // the rightmost child
}

func parseSQLitePage(data []byte, number uint32) (p sqlitePage, err error) {
	head := data
	if number == 1 {
		head = data[sqliteHeaderSize:]
	}
	size := 8
	switch head[0] {
	case sqliteLeaf:
	case sqliteInterior:
		size, p.interior, p.last = 12, true, binary.BigEndian.Uint32(head[8:])
	default:
		return p, fmt.Errorf("page %d has type %d, expected %d or %d: a page of a table", number, head[0], sqliteInterior, sqliteLeaf)
	}
	cells := 2 * int(binary.BigEndian.Uint16(head[3:]))
	if size+cells > len(head) {
		return p, fmt.Errorf("page %d tells of %d cells, more than fit", number, cells/2)
	}
	p.data, p.cells = data, head[size:size+cells]
	return p, nil
}

// cell gives what begins at the i-th cell, at least 4 bytes, or nil.
func (p sqlitePage) cell(i int) []byte {
	at := int(binary.BigEndian.Uint16(p.cells[2*i:]))
	if at+4 > len(p.data) {
		return nil
	}
	return p.data[at:]
}

// children appends the pages below, the first one last.
func (p sqlitePage) children(to []uint32) []uint32 {
	to = append(to, p.last)
	for i := len(p.cells)/2 - 1; i >= 0; i-- {
		if cell := p.cell(i); cell != nil {
			to = append(to, binary.BigEndian.Uint32(cell))
		}
	}
	return to
}

// leaf goes over the rows of a page. Rows do not overlap: else a page could
// hold more than its size, and be read over and over.
func (db *sqlite) leaf(p sqlitePage, each func(*sqliteRow) error) error {
	left := len(p.data)
	for i := range len(p.cells) / 2 {
		r, err := db.parseRow(p.cell(i))
		if err != nil {
			return fmt.Errorf("cell %d: %w", i, err)
		}
		if left -= len(r.local); left < 0 {
			return fmt.Errorf("cell %d: its rows overlap", i)
		}
		if err := each(r); err != nil {
			return fmt.Errorf("cell %d: %w", i, err)
		}
	}
	return nil
}
