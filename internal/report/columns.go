package report

// filled are the columns that are not blank in every row.
func filled[T any](rows [][]T, blank func(T) bool) []int {
	var kept []int
	for i := 0; len(rows) > 0 && i < len(rows[0]); i++ {
		for _, row := range rows {
			if !blank(row[i]) {
				kept = append(kept, i)
				break
			}
		}
	}
	return kept
}

// pick takes the kept columns of a row.
func pick[T any](kept []int, row []T) []T {
	picked := make([]T, len(kept))
	for to, from := range kept {
		picked[to] = row[from]
	}
	return picked
}

// pickAll is pick for every row.
func pickAll[T any](kept []int, rows [][]T) [][]T {
	picked := make([][]T, len(rows))
	for i, row := range rows {
		picked[i] = pick(kept, row)
	}
	return picked
}

// nothing reports whether a cell has no more to say than that it is empty.
func nothing(s string) bool { return s == "" || s == "–" }

// dense drops the columns that no row fills.
func (g *grid) dense() *grid {
	kept := filled(g.rows, func(c cell) bool { return nothing(c.text) })
	g.heads, g.rows = pick(kept, g.heads), pickAll(kept, g.rows)
	return g
}

// dense drops the columns that no row fills.
func (t *table) dense() *table {
	kept := filled(t.rows, nothing)
	t.heads, t.rows = pick(kept, t.heads), pickAll(kept, t.rows)
	return t
}
