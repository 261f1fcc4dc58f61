package stat

// MaxVoided is how many pairs of a run may be voided, and replaced by others,
// before the machine is taken to be too noisy for a verdict: half as many as the
// last look counts. A third of all boots is then lost, and whatever disturbed
// them has most likely disturbed the others as well, only less visibly. A run of
// few boots is not ended by fewer than leastVoided: one of one boot would be by
// the first.
func MaxVoided(looks []int) int {
	if len(looks) == 0 {
		return 0
	}
	return max(leastVoided, (looks[len(looks)-1]+1)/2)
}

const leastVoided = 3
