package analyze

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"testing"
)

// benchLayers is an image of a few layers with the shape of a real one: many
// small files, some large, a quarter of them overwritten and some deleted.
func benchLayers(b *testing.B, files int) [][]byte {
	var layers [3][]tar.Header
	for i := range files {
		name := fmt.Sprintf("usr/lib/python3/dist-packages/package%d/module%d.py", i/50, i)
		layers[0] = append(layers[0], fileOf(name, int64(i*7919%16000)))
		if i%4 == 0 {
			layers[1] = append(layers[1], fileOf(name, int64(i*104729%16000)))
		}
		if i%100 == 1 {
			layers[2] = append(layers[2], fileOf(fmt.Sprintf("usr/lib/python3/dist-packages/package%d/.wh.module%d.py", i/50, i), 0))
		}
	}
	var out [][]byte
	for _, l := range layers {
		out = append(out, layerTar(b, l...))
	}
	return out
}

// Time must grow linearly: compare ns/op over the sizes.
func BenchmarkSaved(b *testing.B) {
	for _, files := range []int{2_000, 4_000, 8_000, 16_000} {
		stream := modern(b, gzipped, newFixture(b, "app:head", amd64, benchLayers(b, files)...))
		b.Run(fmt.Sprintf("gzip/files=%d", files), func(b *testing.B) { benchSaved(b, stream) })
	}
	stream := legacy(b, newFixture(b, "app:head", amd64, benchLayers(b, 8_000)...))
	b.Run("plain/files=8000", func(b *testing.B) { benchSaved(b, stream) })
}

func benchSaved(b *testing.B, stream []byte) {
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Saved(b.Context(), bytes.NewReader(stream), nil, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// What a header walk costs without the estimate, which dominates the classic
// store.
func BenchmarkLayer(b *testing.B) {
	raw := benchLayers(b, 8_000)[0]
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := walk(tape{Reader: bytes.NewReader(raw)}, newBudget(Limits{})); err != nil {
			b.Fatal(err)
		}
	}
}

// Sixty thousand files, and whiteouts on top: the number of whiteouts must
// cost nothing to speak of.
func BenchmarkTree(b *testing.B) {
	for _, hidden := range []int{0, 400, 20_000} {
		var lower, upper []tar.Header
		for i := range 60_000 {
			dir := fmt.Sprintf("opt/d%d/", i/100)
			lower = append(lower, fileOf(fmt.Sprintf("%sf%d", dir, i), 1))
			if i < hidden {
				upper = append(upper, fileOf(fmt.Sprintf("%s.wh.f%d", dir, i), 0))
			}
		}
		var indexes []*index
		for _, l := range [][]tar.Header{lower, upper} {
			x, err := walk(tape{Reader: bytes.NewReader(layerTar(b, l...))}, newBudget(Limits{}))
			if err != nil {
				b.Fatal(err)
			}
			indexes = append(indexes, &x.index)
		}
		b.Run(fmt.Sprintf("whiteouts=%d", hidden), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				t := newTree(0, 1<<20)
				for _, x := range indexes {
					if err := t.apply(x); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkEstimate(b *testing.B) {
	raw := benchLayers(b, 4_000)[0]
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		e := newEstimator(-1, true)
		if _, err := io.Copy(e, bytes.NewReader(raw)); err != nil {
			b.Fatal(err)
		}
		e.Close()
	}
}
