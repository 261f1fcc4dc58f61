package report

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// JSON writes the comparison as other programs read it: indented, with a
// newline at the end, and [] rather than null for its lists. A number that is
// not finite is refused with an error that names its field.
func JSON(c record.Comparison) ([]byte, error) {
	c.Warnings = listed(c.Warnings)
	c.Services = listed(slices.Clone(c.Services))
	for i, s := range c.Services {
		s.Warnings, s.Metrics = listed(s.Warnings), listed(s.Metrics)
		s.Base, s.Head = tidy(s.Base), tidy(s.Head)
		if s.Growth != nil {
			g := *s.Growth
			g.Packages, g.Unowned, g.Files = listed(g.Packages), listed(g.Unowned), listed(g.Files)
			s.Growth = &g
		}
		c.Services[i] = s
	}
	return encode("comparison", c)
}

// RecordJSON is JSON for the record of one image.
func RecordJSON(r record.Record) ([]byte, error) {
	return encode("record", tidy(r))
}

func tidy(r record.Record) record.Record {
	r.Warnings, r.Layers = listed(r.Warnings), listed(r.Layers)
	if r.Contents != nil {
		c := *r.Contents
		c.Packages, c.Unowned, c.Files = listed(c.Packages), listed(c.Unowned), listed(c.Files)
		c.Waste, c.Advice = listed(c.Waste), listed(c.Advice)
		r.Contents = &c
	}
	if r.Metrics == nil {
		r.Metrics = map[record.MetricID]record.Measured{}
	}
	return r
}

// listed is s, empty rather than nil.
func listed[S ~[]E, E any](s S) S {
	if s == nil {
		return S{}
	}
	return s
}

func encode(name string, v any) ([]byte, error) {
	if field, value, found := notFinite(reflect.ValueOf(v)); found {
		return nil, fmt.Errorf("write %s as JSON: %s is %v, expected a finite number", name, strings.TrimPrefix(field, "."), value)
	}
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write %s as JSON: %w", name, err)
	}
	return append(out, '\n'), nil
}

// notFinite finds the first number that JSON cannot carry, and its path in the
// names of the JSON.
func notFinite(v reflect.Value) (path string, value float64, found bool) {
	switch v.Kind() {
	case reflect.Float64:
		return "", v.Float(), !finite(v.Float())
	case reflect.Pointer:
		if !v.IsNil() {
			return notFinite(v.Elem())
		}
	case reflect.Struct:
		return notFiniteField(v)
	case reflect.Slice:
		return notFiniteElement(v)
	case reflect.Map:
		return notFiniteEntry(v)
	}
	return "", 0, false
}

func notFiniteField(v reflect.Value) (string, float64, bool) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		if path, value, found := notFinite(v.Field(i)); found {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			return "." + name + path, value, true
		}
	}
	return "", 0, false
}

func notFiniteElement(v reflect.Value) (string, float64, bool) {
	for i := range v.Len() {
		if path, value, found := notFinite(v.Index(i)); found {
			return fmt.Sprintf("[%d]%s", i, path), value, true
		}
	}
	return "", 0, false
}

func notFiniteEntry(v reflect.Value) (string, float64, bool) {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		if path, value, found := notFinite(v.MapIndex(k)); found {
			return fmt.Sprintf("[%q]%s", k.String(), path), value, true
		}
	}
	return "", 0, false
}
