package cache

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
)

// indexLike is a value of at least size bytes that looks, and compresses, like
// the index of a layer: the ends of paths, lengths and sizes.
func indexLike(size int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 3000)
	for i := range words {
		for range 3 + random.IntN(8) {
			words[i] += string(rune('a' + random.IntN(26)))
		}
	}
	var out []byte
	for len(out) < size {
		name := fmt.Sprintf("%s_%s.py", words[random.IntN(len(words))], words[random.IntN(len(words))])
		out = append(out, 1)
		out = binary.AppendUvarint(out, uint64(30+random.IntN(8)))
		out = binary.AppendUvarint(out, uint64(len(name)))
		out = append(out, name...)
		out = binary.AppendUvarint(out, uint64(random.IntN(20_000)))
	}
	return out
}

func BenchmarkGet(b *testing.B) {
	benchmark(b, func(c *Cache, _ int, _ []byte) {
		if _, ok := c.Get("layer"); !ok {
			b.Fatal("a miss")
		}
	})
}

func BenchmarkPut(b *testing.B) {
	benchmark(b, func(c *Cache, i int, value []byte) { mustPut(b, c, fmt.Sprint(i), value) })
}

func benchmark(b *testing.B, do func(c *Cache, i int, value []byte)) {
	for _, size := range []int{3 << 10, 3 << 20, 30 << 20} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			c := open(b, b.TempDir(), 256<<20)
			value := indexLike(size)
			mustPut(b, c, "layer", value)
			b.SetBytes(int64(len(value)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				do(c, i, value)
			}
		})
	}
}

// BenchmarkPutAmongMany shows what it costs to look through a large directory:
// each Put does.
func BenchmarkPutAmongMany(b *testing.B) {
	c := open(b, b.TempDir(), 64<<20)
	for i := range 5000 {
		mustPut(b, c, fmt.Sprint(i), nil)
	}
	for b.Loop() {
		c.counted = false
		mustPut(b, c, "0", nil)
	}
}
