package record_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Every key that other programs read is explained.
func TestComparisonIsDocumented(t *testing.T) {
	raw, err := os.ReadFile("../../docs/comparison.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(raw), "\n| a ")
	for i, of := range []reflect.Type{reflect.TypeFor[record.Comparison](), reflect.TypeFor[record.Service](), reflect.TypeFor[record.Change]()} {
		for j := range of.NumField() {
			key, _, _ := strings.Cut(of.Field(j).Tag.Get("json"), ",")
			if !strings.Contains(sections[i], "`"+key+"`") {
				t.Errorf("docs/comparison.md does not explain %s of a %s", key, of.Name())
			}
		}
	}
}
