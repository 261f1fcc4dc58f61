package analyze

import (
	"fmt"
	"sync/atomic"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Limits bound what one call reads of an image that may be hostile. A zero
// field takes the value of [DefaultLimits].
type Limits struct {
	Layers   int          // layers of an image, and blobs of an archive
	Entries  int64        // tar entries and paths, over all layers
	Path     int          // bytes of one path
	Unpacked record.Bytes // inflated bytes, over all layers
	Ratio    int64        // inflated over compressed bytes of one layer, beyond ratioFrom
	Document record.Bytes // one manifest, index or configuration
	Index    record.Bytes // kept of the entries and package databases of all layers
	Nesting  int          // indexes within indexes
}

// DefaultLimits let every image through that people are known to run: up to
// two million files and tens of gigabytes. What is kept of the entries fits in
// the 64 MiB that an image may take which fails for having too many. Paths end where Linux's PATH_MAX
// does; the ratio is far above real layers (at most 20) and far below gzip's
// ceiling of 1032.
var DefaultLimits = Limits{
	Layers:   1024,
	Entries:  2 << 20,
	Path:     4096,
	Unpacked: 128 << 30,
	Ratio:    200,
	Document: 8 << 20,
	Index:    36 << 20,
	Nesting:  4,
}

const (
	ratioFrom = 64 << 20  // a small layer may be all zeros; it costs nothing
	zstdMax   = 128 << 20 // window, the zstd program's own limit without --long
)

// withDefaults fills the zero fields.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits
	l.Layers = positive(l.Layers, d.Layers)
	l.Entries = positive(l.Entries, d.Entries)
	l.Path = positive(l.Path, d.Path)
	l.Unpacked = positive(l.Unpacked, d.Unpacked)
	l.Ratio = positive(l.Ratio, d.Ratio)
	l.Document = positive(l.Document, d.Document)
	l.Index = positive(l.Index, d.Index)
	l.Nesting = positive(l.Nesting, d.Nesting)
	return l
}

func positive[N int | int64 | record.Bytes](n, otherwise N) N {
	if n > 0 {
		return n
	}
	return otherwise
}

// budget is what is left of the limits of one call; layers that are read at
// the same time share it.
type budget struct {
	Limits
	entries  atomic.Int64
	unpacked atomic.Int64
	kept     atomic.Int64
}

func (b *budget) entry() error { return b.more(1) }

func (b *budget) more(entries int64) error {
	if b.entries.Add(entries) > b.Entries {
		return fmt.Errorf("more than %d entries in all layers together", b.Entries)
	}
	return nil
}

// again accounts for a layer that was read before.
func (b *budget) again(c *content) error {
	if err := b.more(c.entries); err != nil {
		return err
	}
	size := c.index.size
	for _, e := range c.evidence {
		size += len(e.Data)
	}
	return b.keep(size)
}

// keep accounts for what stays in memory of a layer.
func (b *budget) keep(n int) error {
	if b.kept.Add(int64(n)) > int64(b.Index) {
		return fmt.Errorf("the names and package databases of all layers together take more than %d bytes", b.Index)
	}
	return nil
}

// giveBack forgets a layer that nothing was kept of in the end.
func (b *budget) giveBack(entries int64, kept int) {
	b.entries.Add(-entries)
	b.kept.Add(-int64(kept))
}

func (b *budget) inflate(n int) error {
	if b.unpacked.Add(int64(n)) > int64(b.Unpacked) {
		return fmt.Errorf("more than %d bytes unpacked in all layers together", b.Unpacked)
	}
	return nil
}
