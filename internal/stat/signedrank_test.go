package stat_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

func above(d []float64) float64  { p, _ := stat.SignedRank(d); return p }
func within(d []float64) float64 { _, p := stat.SignedRank(d); return p }

// withRankSum makes n untied values whose negative ones have ranks adding up to
// sum, taking the largest ranks first.
func withRankSum(n, sum int) []float64 {
	d := make([]float64, n)
	for rank := n; rank >= 1; rank-- {
		d[rank-1] = float64(rank)
		if rank <= sum {
			d[rank-1] = -float64(rank)
			sum -= rank
		}
	}
	return d
}

// Lower critical values of the signed-rank statistic as printed in R. L.
// McCornack, "Extended tables of the Wilcoxon matched pair signed rank
// statistic", JASA 60 (1965), and the textbooks after it; -1 where no value is
// significant.
func TestSignedRankPublishedCriticalValues(t *testing.T) {
	levels := []float64{.05, .025, .01, .005}
	for n, row := range map[int][4]int{
		5: {0, -1, -1, -1}, 6: {2, 0, -1, -1}, 7: {3, 2, 0, -1}, 8: {5, 3, 1, 0}, 9: {8, 5, 3, 1},
		10: {10, 8, 5, 3}, 11: {13, 10, 7, 5}, 12: {17, 13, 9, 7}, 13: {21, 17, 12, 9}, 14: {25, 21, 15, 12},
		15: {30, 25, 19, 15}, 16: {35, 29, 23, 19}, 17: {41, 34, 27, 23}, 18: {47, 40, 32, 27}, 19: {53, 46, 37, 32},
		20: {60, 52, 43, 37}, 21: {67, 58, 49, 42}, 22: {75, 65, 55, 48}, 23: {83, 73, 62, 54}, 24: {91, 81, 69, 61},
		25: {100, 89, 76, 68}, 26: {110, 98, 84, 75}, 27: {119, 107, 92, 83}, 28: {130, 116, 101, 91},
		29: {140, 126, 110, 100}, 30: {151, 137, 120, 109},
	} {
		for i, critical := range row {
			if critical >= 0 {
				if p := above(withRankSum(n, critical)); p > levels[i] {
					t.Errorf("n=%d: rank sum %d has p=%.5f, the table calls it significant at %g", n, critical, p, levels[i])
				}
			}
			if p := above(withRankSum(n, critical+1)); p <= levels[i] {
				t.Errorf("n=%d: rank sum %d has p=%.5f, the table calls it not significant at %g", n, critical+1, p, levels[i])
			}
		}
	}
}

func TestSignedRankTextbooks(t *testing.T) {
	for _, c := range []struct {
		name string
		d    []float64
		want float64
	}{
		// Hollander and Wolfe, table 3.1; V = 40 and p = 0.01953 also in R's help page of wilcox.test.
		{"depression scale factors", []float64{.952, -.147, 1.022, .43, .62, .59, .49, -.08, .01}, 0.01953125},
		// Darwin's maize, in Fisher's "The design of experiments", section 17, in eighths of an inch:
		// V = 96, two-sided p = 0.04126.
		{"cross- and self-fertilised maize", []float64{49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48}, 0.04126 / 2},
		// By hand: ranks 1.5 1.5 3.5 3.5, all positive but one of the smaller; of 16 patterns
		// all four (10) and either of two that lack a 1.5 (8.5) reach 8.5.
		{"ties", []float64{1, -1, 2, 2}, 3.0 / 16},
		// By hand: Pratt's ranks of 3, -5, 7 after one zero are 2, 3, 4; positive sum 6, reached by 2+4, 3+4, 2+3+4.
		{"a zero", []float64{0, 3, -5, 7}, 3.0 / 8},
		{"all zeros", []float64{0, 0, 0}, 1},
		{"nothing", nil, 1},
	} {
		if got := above(c.d); math.Abs(got-c.want) > 5e-6 {
			t.Errorf("%s: p = %.7f, want %.7f", c.name, got, c.want)
		}
	}
}

func TestSignedRankCountsZerosAsWithin(t *testing.T) {
	for _, c := range []struct {
		d    []float64
		want float64
	}{
		{[]float64{0, 0, 0, 0, 0, 0, 0, 0}, 1.0 / 256},
		{[]float64{-1, -2, 0, -3}, 1.0 / 16},
		// Doubled ranks: zeros 3 and 3, one 6; positive sum 6 is reached downwards by all patterns but {3,6} twice and {3,3,6}.
		{[]float64{0, 0, 1}, 5.0 / 8},
		{nil, 1},
	} {
		if got := within(c.d); got != c.want {
			t.Errorf("%v: p = %v, want %v", c.d, got, c.want)
		}
	}
}

// drawSample draws small whole numbers, so that ties and zeros are common, or
// real ones, so that they are rare.
func drawSample(t *rapid.T, most int) []float64 {
	if rapid.Bool().Draw(t, "tied") {
		whole := rapid.SliceOfN(rapid.IntRange(-4, 4), 1, most).Draw(t, "d")
		d := make([]float64, len(whole))
		for i, x := range whole {
			d[i] = float64(x)
		}
		return d
	}
	return rapid.SliceOfN(rapid.Float64Range(-1e3, 1e3), 1, most).Draw(t, "d")
}

// bruteForce enumerates every sign pattern of the ranks. zerosFlip says whether
// zeros take part as negative values or are set aside.
func bruteForce(d []float64, zerosFlip bool) (atLeast, atMost float64) {
	var ranks []float64
	observed := 0.0
	for _, x := range d {
		if x == 0 && !zerosFlip {
			continue
		}
		below, equal := 0, 0
		for _, y := range d {
			if math.Abs(y) < math.Abs(x) {
				below++
			} else if math.Abs(y) == math.Abs(x) {
				equal++
			}
		}
		rank := float64(below) + float64(equal+1)/2
		ranks = append(ranks, rank)
		if x > 0 {
			observed += rank
		}
	}
	up, down := 0, 0
	for pattern := range 1 << len(ranks) {
		sum := 0.0
		for i, r := range ranks {
			if pattern>>i&1 == 1 {
				sum += r
			}
		}
		if sum >= observed {
			up++
		}
		if sum <= observed {
			down++
		}
	}
	all := math.Exp2(float64(len(ranks)))
	return float64(up) / all, float64(down) / all
}

func TestSignedRankIsTheShareOfAllSignPatterns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawSample(t, 10)
		want, _ := bruteForce(d, false)
		if got := above(d); got != want {
			t.Errorf("above of %v is %v, enumeration says %v", d, got, want)
		}
		_, want = bruteForce(d, true)
		if got := within(d); got != want {
			t.Errorf("within of %v is %v, enumeration says %v", d, got, want)
		}
	})
}

func TestSignedRankSymmetry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawSample(t, 24)
		negated, scaled, shuffled := make([]float64, len(d)), make([]float64, len(d)), rapid.Permutation(d).Draw(t, "shuffled")
		zeros := false
		for i, x := range d {
			negated[i], scaled[i] = -x, 8*x
			zeros = zeros || x == 0
		}
		p := above(d)
		if p <= 0 || p > 1 {
			t.Fatalf("p = %v of %v", p, d)
		}
		if got := above(scaled); got != p {
			t.Errorf("in another unit p = %v, was %v", got, p)
		}
		if got := above(shuffled); got != p {
			t.Errorf("in another order p = %v, was %v", got, p)
		}
		if got := within(negated); !zeros && got != p {
			t.Errorf("mirrored p = %v, was %v", got, p)
		}
		if got := within(negated); got > p {
			t.Errorf("a zero spoke against being within: mirrored p = %v, was %v", got, p)
		}
	})
}

// Raising a value may not weaken the evidence that the centre is above zero.
func TestSignedRankGrowsMoreSignificantWithTheValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SliceOfNDistinct(rapid.Float64Range(0.001, 1e3), 2, 24, rapid.ID).Draw(t, "magnitudes")
		for i := range d {
			if rapid.Bool().Draw(t, "negative") {
				d[i] = -d[i]
			}
		}
		before := above(d)
		raised := append([]float64(nil), d...)
		raised[0] = 2000
		if after := above(raised); after > before {
			t.Errorf("raising %v to 2000 in %v moved p from %v to %v", d[0], d, before, after)
		}
	})
}

// The level holds over samples as well as over sign patterns: draw every sample
// of four values from a small symmetric distribution with a centre in the null
// hypothesis and add up the probability of those that reject.
func TestSignedRankLevelOnDiscreteDistributions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(0, 5), 3, 3).Draw(t, "weights")
		weights[0]++
		centre := rapid.IntRange(-2, 0).Draw(t, "centre")
		values, shares := symmetric(centre, weights)
		for level, share := range rejecting(values, shares, above) {
			if share > level+1e-12 {
				t.Errorf("centre %d, weights %v: above rejects %.4f at %.4f", centre, weights, share, level)
			}
		}
		mirrored := func(d []float64) float64 { return within([]float64{-d[0], -d[1], -d[2], -d[3]}) }
		for level, share := range rejecting(values, shares, mirrored) {
			if centre < 0 && share > level+1e-12 {
				t.Errorf("centre %d, weights %v: within rejects %.4f at %.4f", -centre, weights, share, level)
			}
		}
	})
}

// symmetric spreads weights[k] over centre-k and centre+k.
func symmetric(centre int, weights []int) (values []float64, shares []float64) {
	total := 0
	for _, w := range weights {
		total += 2 * w
	}
	for k, w := range weights {
		values = append(values, float64(centre-k), float64(centre+k))
		shares = append(shares, float64(w)/float64(total), float64(w)/float64(total))
	}
	return values, shares
}

// rejecting gives, for some levels, the probability that four draws reject.
func rejecting(values, shares []float64, p func([]float64) float64) map[float64]float64 {
	sums := map[float64]float64{1.0 / 16: 0, 1.0 / 8: 0, 1.0 / 4: 0}
	k := len(values)
	for code := range k * k * k * k {
		d, share, rest := make([]float64, 4), 1.0, code
		for i := range d {
			d[i] = values[rest%k]
			share *= shares[rest%k]
			rest /= k
		}
		if share == 0 {
			continue
		}
		found := p(d)
		for level := range sums {
			if found <= level {
				sums[level] += share
			}
		}
	}
	return sums
}

func TestSignedRankOfManyValuesStaysAProbability(t *testing.T) {
	d := make([]float64, 200)
	for i := range d {
		d[i] = math.Sin(float64(i))
	}
	up, down := stat.SignedRank(d)
	if !(up > 0 && up <= 1) || !(down > 0 && down <= 1) || math.Abs(up+down-1) > 0.01 {
		t.Errorf("200 values: above %v, within %v", up, down)
	}
}
