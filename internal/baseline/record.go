package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// MaxSize bounds a record, in bytes. A day of trials takes a few megabytes.
const MaxSize = 64 << 20

// Encode writes rec as the JSON that Decode reads. A record that Decode would
// refuse is refused here, before anything is written.
func Encode(w io.Writer, rec *record.Record) error {
	if err := check(rec); err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	raw, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	if len(raw) >= MaxSize {
		return fmt.Errorf("encode record: %d bytes, at most %d can be read again", len(raw), MaxSize)
	}
	if _, err := w.Write(append(raw, '\n')); err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return nil
}

// Decode reads one record and checks that it holds together: its schema, its
// identity, its metrics' units, and that every number is finite. Keys that are
// not known are ignored, since a schema version may gain some.
func Decode(r io.Reader) (*record.Record, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	if len(raw) > MaxSize {
		return nil, fmt.Errorf("longer than %d bytes, which no record is", MaxSize)
	}
	if err := checkSchema(raw); err != nil {
		return nil, err
	}
	rec := new(record.Record)
	if err := json.Unmarshal(raw, rec); err != nil {
		return nil, describe(raw, err)
	}
	if err := check(rec); err != nil {
		return nil, err
	}
	return rec, nil
}

// checkSchema tells a record from everything else, in words that help.
func checkSchema(raw []byte) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return errors.New("empty, expected a record as plimsoll measure writes it")
	}
	var head struct {
		Schema *string `json:"schema"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return describe(raw, err)
	}
	switch {
	case head.Schema == nil:
		return fmt.Errorf("JSON without a schema, expected %q: not a record", record.RecordSchema)
	case *head.Schema == record.RecordSchema:
		return nil
	case *head.Schema == record.ComparisonSchema:
		return fmt.Errorf("a comparison (%s), expected the record of one image (%s), as plimsoll measure writes it", record.ComparisonSchema, record.RecordSchema)
	case newer(*head.Schema):
		return fmt.Errorf("schema %q is newer than this program, which reads %s: update plimsoll, or measure again", *head.Schema, record.RecordSchema)
	}
	return fmt.Errorf("schema %q, expected %q: not a record", clip(*head.Schema), record.RecordSchema)
}

// newer reports whether schema is a later version of the record's.
func newer(schema string) bool {
	family, own := cutVersion(record.RecordSchema)
	other, version := cutVersion(schema)
	return other == family && version > own
}

// cutVersion splits plimsoll/record/v1 at its version, which is 0 if there is
// none.
func cutVersion(schema string) (family string, version int) {
	at := strings.LastIndex(schema, "/v")
	if at < 0 {
		return schema, 0
	}
	version, err := strconv.Atoi(schema[at+2:])
	if err != nil {
		return schema, 0
	}
	return schema[:at], version
}

// describe adds line and column to an error of the JSON decoder.
func describe(raw []byte, err error) error {
	line, column, known := record.Place(raw, err)
	if !known {
		return fmt.Errorf("not a record: %w", err)
	}
	return fmt.Errorf("not a record: line %d, column %d: %w", line, column, err)
}

var digest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// check finds out whether a record holds together.
func check(rec *record.Record) error {
	if rec.Schema != record.RecordSchema {
		return fmt.Errorf("schema %q, expected %q", clip(rec.Schema), record.RecordSchema)
	}
	if rec.Image == "" {
		return errors.New("image: empty, expected the reference that was measured")
	}
	if rec.Digest != "" && !digest.MatchString(rec.Digest) {
		return fmt.Errorf("digest: %q, expected sha256: and 64 hexadecimal digits", clip(rec.Digest))
	}
	if err := checkLayers(rec.Layers); err != nil {
		return err
	}
	if err := checkMetrics(rec.Metrics); err != nil {
		return err
	}
	for i, t := range rec.Trials {
		if err := checkTrial(t); err != nil {
			return fmt.Errorf("trials[%d]: %w", i, err)
		}
	}
	return nil
}

func checkLayers(layers []record.Layer) error {
	for i, l := range layers {
		if !digest.MatchString(l.DiffID) || l.Digest != "" && !digest.MatchString(l.Digest) {
			return fmt.Errorf("layers[%d]: diff_id %q, digest %q: expected sha256: and 64 hexadecimal digits", i, clip(l.DiffID), clip(l.Digest))
		}
		if l.Size < 0 || l.Compressed < 0 || l.Files < 0 {
			return fmt.Errorf("layers[%d]: size %d, compressed %d, files %d: none can be negative", i, l.Size, l.Compressed, l.Files)
		}
	}
	return nil
}

// checkMetrics leaves metrics alone that this program does not know: a newer
// one may have written them.
func checkMetrics(metrics map[record.MetricID]record.Measured) error {
	for _, id := range sorted(metrics) {
		m := metrics[id]
		if known, ok := record.Lookup(id); ok && m.Unit != known.Unit {
			return fmt.Errorf("metrics[%q]: unit %q, expected %q", clip(string(id)), clip(string(m.Unit)), known.Unit)
		}
		for _, v := range append([]float64{m.Value}, m.Values...) {
			if err := checkValue(v); err != nil {
				return fmt.Errorf("metrics[%q]: %w", clip(string(id)), err)
			}
		}
	}
	return nil
}

// checkValue holds for all metrics there are: none is negative.
func checkValue(v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return fmt.Errorf("%v, expected a finite number that is not negative", v)
	}
	return nil
}

func checkTrial(t record.Trial) error {
	if t.Pair < 0 || t.Order < 0 || t.Order > 1 {
		return fmt.Errorf("pair %d, order %d: expected a pair from 0 and an order of 0 or 1", t.Pair, t.Order)
	}
	for _, id := range sorted(t.Metrics) {
		if err := checkValue(t.Metrics[id]); err != nil {
			return fmt.Errorf("metrics[%q]: %w", clip(string(id)), err)
		}
	}
	m := t.Memory
	if len(m.At) != len(m.Unreclaimable) || len(m.At) != len(m.Cache) {
		return fmt.Errorf("memory: columns of %d, %d and %d samples, expected the same number", len(m.At), len(m.Unreclaimable), len(m.Cache))
	}
	return nil
}

func sorted[V any](m map[record.MetricID]V) []record.MetricID {
	ids := make([]record.MetricID, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// clip shortens foreign text for an error message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
