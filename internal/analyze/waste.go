package analyze

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// waste sums up what upper layers hide of lower ones.
type waste map[wasteKey]*hidden

type wasteKey struct {
	kind          record.WasteKind
	layer, killer int
}

type hidden struct {
	size  record.Bytes
	files int
	path  []byte // what holds all of it

	now, most     []byte // what was hidden last, and what holds the most, at one go
	part, biggest record.Bytes
}

// count adds a file to what goes at one go.
func (h *hidden) count(size record.Bytes, path []byte) {
	if !bytes.Equal(h.now, path) {
		h.now, h.part = append(h.now[:0], path...), 0
	}
	if h.part += size; h.part > h.biggest {
		h.biggest = h.part
		h.most = append(h.most[:0], path...)
	}
}

// add notes a file that died. Files without bytes waste nothing.
func (w *waste) add(kind record.WasteKind, layer, killer int, size record.Bytes, path []byte) {
	if size == 0 {
		return
	}
	if *w == nil {
		*w = waste{}
	}
	key := wasteKey{kind, layer, killer}
	h := (*w)[key]
	if h == nil {
		h = &hidden{path: bytes.Clone(path)}
		(*w)[key] = h
	}
	h.size += size
	h.files++
	h.path = commonDirectory(h.path, path)
	h.count(size, path)
}

// commonDirectory is the deepest path that is or holds both.
func commonDirectory(a, b []byte) []byte {
	n := commonPrefix(a, b)
	if n == len(a) && (n == len(b) || b[n] == '/') {
		return a
	}
	if n == len(b) && a[n] == '/' {
		return a[:n]
	}
	return a[:max(0, bytes.LastIndexByte(a[:n], '/'))]
}

// list is the largest first.
func (w waste) list() []record.Waste {
	out := make([]record.Waste, 0, len(w))
	for key, h := range w {
		found := record.Waste{Kind: key.kind, Layer: key.layer, Killer: key.killer,
			Size: h.size, Files: h.files, Path: "/" + string(h.path)}
		if !bytes.Equal(h.most, h.path) {
			found.Most, found.MostSize = "/"+string(h.most), h.biggest
		}
		out = append(out, found)
	}
	slices.SortFunc(out, func(a, b record.Waste) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Killer, b.Killer), cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}
