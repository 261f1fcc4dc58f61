package stat_test

import "math/rand/v2"

// normals is a seeded source of standard normal numbers.
func normals(seed uint64) func() float64 {
	return rand.New(rand.NewPCG(seed, 1)).NormFloat64
}
