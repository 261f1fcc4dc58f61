package owner

// shareUnit is what shares are multiples of, so that those of a file add up
// exactly and in any order: less than a byte of any file.
const shareUnit = 1.0 / (1 << 40)

// sharesOf divides 1 in proportion to weights. The first takes what rounding
// leaves: give the largest first. Weights below a shareUnit get none.
func sharesOf(weights []int64) []float64 {
	var total float64
	for _, w := range weights {
		total += float64(max(0, w))
	}
	shares := make([]float64, len(weights))
	if total == 0 {
		return shares
	}
	left := int64(1 / shareUnit)
	for i := len(weights) - 1; i > 0; i-- {
		units := min(left, int64(float64(max(0, weights[i]))/total/shareUnit))
		shares[i] = float64(units) * shareUnit
		left -= units
	}
	if weights[0] > 0 {
		shares[0] = float64(left) * shareUnit
	}
	return shares
}
