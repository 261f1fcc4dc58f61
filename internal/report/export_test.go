package report

import (
	"maps"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Rendered is a part of a page: as it is written, and as html/template has it.
type Rendered struct{ Name, Ours, Theirs string }

// RenderBoth renders every part of a comparison's page and of its images' pages.
func RenderBoth(c record.Comparison, o Options) ([]Rendered, error) {
	v := viewOf(c, o)
	parts := map[string]any{"head": v, "foot": v}
	var all []Rendered
	add := func() error {
		for name, data := range maps.All(parts) {
			got, err := execute(name, data)
			if err != nil {
				return err
			}
			want, err := theirs(pageFiles, name, data)
			if err != nil {
				return err
			}
			all = append(all, Rendered{name, string(got), want})
		}
		return nil
	}
	if err := add(); err != nil {
		return nil, err
	}
	for i, s := range c.Services {
		parts = map[string]any{"service": viewOfService(i, s), "brief": briefView(i, s), "record.html": viewOfRecord(s.Head)}
		if err := add(); err != nil {
			return nil, err
		}
	}
	return all, nil
}
