package imagegen

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
)

// alterEvery is how many bytes lie between two changes, on average. It is so
// many that a text compresses nearly as it did.
const alterEvery = 512

// altered is a stream with some of its lower-case letters replaced by others.
// Formats, which hang on other bytes more than on letters, mostly survive.
type altered struct {
	in   io.Reader
	rand *rand.Rand
	skip int // bytes until the next change
}

func newAltered(in io.Reader, seed uint64, name string) *altered {
	return &altered{in: in, rand: rand.New(rand.NewPCG(seed, scramble(seed, name)))}
}

func (a *altered) Read(p []byte) (int, error) {
	n, err := a.in.Read(p)
	at := a.skip
	for ; at < n; at += 1 + a.rand.IntN(2*alterEvery) {
		if p[at] >= 'a' && p[at] <= 'z' {
			p[at] = 'a' + (p[at]-'a'+1+byte(a.rand.IntN(25)))%26
		}
	}
	a.skip = at - n
	return n, err
}

// scramble orders and seeds: the same for the same text, on every machine.
func scramble(seed uint64, text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24)})
	h.Write([]byte(text))
	return h.Sum64()
}
