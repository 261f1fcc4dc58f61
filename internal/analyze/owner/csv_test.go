package owner

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func firstFields(text string) ([]string, error) {
	c := csvReader{r: bufio.NewReader(strings.NewReader(text))}
	var all []string
	for {
		field, err := c.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, string(field))
	}
}

func TestFirstFieldsAreWhatWasWritten(t *testing.T) {
	field := rapid.StringMatching(`[a",\n\r é]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOf(rapid.SliceOfN(field, 3, 3)).Draw(t, "records")
		var text strings.Builder
		w := csv.NewWriter(&text)
		w.UseCRLF = false
		if err := w.WriteAll(records); err != nil {
			t.Fatal(err)
		}
		got, err := firstFields(text.String())
		if err != nil {
			t.Fatalf("%q: %v", text.String(), err)
		}
		var want []string
		for _, r := range records {
			want = append(want, r[0])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: read %q, want %q", text.String(), got, want)
		}
	})
}

func TestFirstFieldsOfFilesByHand(t *testing.T) {
	for text, want := range map[string][]string{
		"":                    nil,
		"a":                   {"a"},
		"a,b\r\nc,d\r\n":      {"a", "c"},
		"a\rb,c":              {"a\rb"},
		`a"b"c,d`:             {`a"b"c`},
		`"a"b,c`:              {"ab"},
		"\"a\nb\",c\nd":       {"a\nb", "d"},
		"\n\n":                {"", ""},
		"a,\"b\nc\"\nd\n":     {"a", "d"},
		`"",b` + "\n" + `"""`: nil,
	} {
		got, err := firstFields(text)
		if want == nil && text != "" {
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%q: %q, %v, want an unexpected end", text, got, err)
			}
			continue
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
}
