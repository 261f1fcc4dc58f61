package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// MaxComparison bounds a saved comparison, in bytes. One service takes about half
// a megabyte.
const MaxComparison = 32 << 20

// ParseComparison reads a comparison that somebody else saved, such as the run of
// a fork's pull request. What it gives back can be judged, joined and rendered:
// its size, nesting and lists are bounded, so are its numbers, and its verdicts
// follow from each other. What is wrong with the values is told all at once.
//
// Nothing shows that the numbers are true, nor who signed what off: whoever made
// the file also ran the measurement.
func ParseComparison(raw []byte) (Comparison, error) {
	switch {
	case len(raw) > MaxComparison:
		return Comparison{}, fmt.Errorf("longer than %d bytes, which no comparison is", MaxComparison)
	case len(bytes.TrimSpace(raw)) == 0:
		return Comparison{}, errors.New("empty, expected a comparison.json as plimsoll writes it")
	case !utf8.Valid(raw):
		return Comparison{}, errors.New("not a comparison: it is not valid UTF-8")
	}
	if !json.Valid(raw) {
		return Comparison{}, decodingError(raw, json.Unmarshal(raw, new(struct{})))
	}
	// Before it is decoded: a list of a few bytes an entry becomes a large one.
	if err := scan(raw); err != nil {
		return Comparison{}, fmt.Errorf("not a comparison: %w", err)
	}
	if err := comparisonSchema(raw); err != nil {
		return Comparison{}, err
	}
	var c Comparison
	if err := json.Unmarshal(raw, &c); err != nil {
		return Comparison{}, decodingError(raw, err)
	}
	if err := c.check(); err != nil {
		return Comparison{}, err
	}
	return c, nil
}

// comparisonSchema tells a comparison from everything else.
func comparisonSchema(raw []byte) error {
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return decodingError(raw, err)
	}
	switch head.Schema {
	case ComparisonSchema:
		return nil
	case RecordSchema:
		return fmt.Errorf("the record of one image (%s), expected a comparison (%s), as plimsoll compare --out DIR writes it", RecordSchema, ComparisonSchema)
	}
	return fmt.Errorf("schema %s, expected %q: not a comparison, or one of another version of plimsoll", shown(head.Schema), ComparisonSchema)
}

// decodingError says where in the text an error of the decoder is.
func decodingError(raw []byte, err error) error {
	line, column, known := Place(raw, err)
	var kind *json.UnmarshalTypeError
	switch {
	case !known:
		return fmt.Errorf("not a comparison: %w", err)
	case errors.As(err, &kind):
		return fmt.Errorf("not a comparison: line %d, column %d: %s is %s, expected %s", line, column, shown(kind.Field), shown(kind.Value), kind.Type.Kind())
	}
	return fmt.Errorf("not a comparison: line %d, column %d: %w", line, column, err)
}

// Place is where in a JSON text an error of its decoder is, counted from 1; false
// for an error that has no place.
func Place(raw []byte, err error) (line, column int, known bool) {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var at int64
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	default:
		return 0, 0, false
	}
	before := raw[:min(at, int64(len(raw)))]
	return bytes.Count(before, []byte("\n")) + 1, max(len(before)-bytes.LastIndexByte(before, '\n')-1, 1), true
}

// shown is foreign text as an error quotes it: on one line, and short.
func shown(s string) string {
	const most = 60
	if len(s) > most {
		cut := most
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return fmt.Sprintf("%+q", s)
}
