package owner

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// TestGoBinaryMemory lets 256 MiB go by, with function tables that have as much
// as is kept of one and that cannot be told from the binary's own before the end.
func TestGoBinaryMemory(t *testing.T) {
	m := made()
	m.late = true
	head := padded(m.build(), 32)
	const size = 256 << 20
	m.order.PutUint64(head[40:], size-256)
	m.functions = nil
	for i := range maxGoRuns - 1 {
		name := fmt.Sprintf("%05d%s.f", i%(maxGoPackages-1), strings.Repeat("p", maxGoPackageBytes/maxGoPackages-6))
		m.functions = append(m.functions, madeFunction{name, 1})
	}
	table := padded(m.table(), 32)
	m.modules, m.version = "", "1"
	infos := bytes.Repeat(padded(m.info(), 8), 100_000)
	var parts []io.Reader
	for _, part := range [][]byte{head, infos, table, table, infos, table} {
		parts = append(parts, bytes.NewReader(part))
	}
	body := &heapWatch{from: io.MultiReader(append(parts, zeros{})...)}
	body.watch()
	before := body.most
	if _, err := distilGoBinary(File{Path: "app", Size: size, Mode: 0o755, Body: body}); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes held, tables of %d", body.most-before, len(table))
	if held := body.most - before; held < 2<<20 || held > 12<<20 {
		t.Errorf("%d bytes were held, want at most 12 MiB, and some for tables that are kept", held)
	}
}

// heapWatch notes how much memory is in use while a stream is read.
type heapWatch struct {
	from  io.Reader
	since int
	most  uint64
}

func (h *heapWatch) Read(p []byte) (int, error) {
	n, err := h.from.Read(p)
	if h.since += n; h.since >= 1<<20 {
		h.since = 0
		h.watch()
	}
	return n, err
}

func (h *heapWatch) watch() {
	var now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&now)
	h.most = max(h.most, now.HeapAlloc)
}

// allocated is how many bytes f allocates, whether they are freed again or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
