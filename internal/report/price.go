package report

import (
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// unverifiedKey explains the mark of prices that nobody has shown yet.
const unverifiedKey = dagger + " unverified price"

const dagger = "†"

// unverified marks a price from memory, whose grade is U.
func unverified(p record.PriceUsed) string {
	if p.Grade == "U" {
		return " " + dagger
	}
	return ""
}

func hasUnverified(prices []record.PriceUsed) bool {
	return slices.ContainsFunc(prices, func(p record.PriceUsed) bool { return p.Grade == "U" })
}

// changedPrice says what the user's book made of a price of the built-in one, and
// why, "" where it is the same.
func changedPrice(p record.PriceUsed) string {
	if p.Reason == "" {
		return ""
	}
	return "instead of " + exact(p.List) + ": " + p.Reason
}
