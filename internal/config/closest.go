package config

import (
	"fmt"
	"strings"
)

// closest finds the candidate that a misspelt word most likely meant, "" when
// none is near: at most one edit for every three characters, or a candidate
// with something added to it.
func closest(word string, candidates []string) string {
	best, distance := "", max(1, len(word)/3)+1
	if len(word) > 64 {
		return ""
	}
	for _, c := range candidates {
		if n := edits(word, c); n < distance {
			best, distance = c, n
		}
	}
	for _, c := range candidates {
		if best == "" && len(c) > 2 && strings.HasPrefix(word, c) {
			best = c
		}
	}
	return best
}

// didYouMean is the closing remark of an error about a misspelt word.
func didYouMean(word string, candidates []string) string {
	if c := closest(word, candidates); c != "" {
		return fmt.Sprintf("; did you mean %q?", c)
	}
	return ""
}

// edits is the Damerau-Levenshtein distance (optimal string alignment): how
// many characters to insert, drop, change or swap with a neighbour.
func edits(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			rows[i][j] = min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
