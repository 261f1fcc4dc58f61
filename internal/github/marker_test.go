package github

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMarkerSurvivesAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Marker{
			Key: rapid.String().Draw(t, "key"), Head: rapid.String().Draw(t, "head"),
			Run: rapid.Int64Min(0).Draw(t, "run"), Attempt: rapid.IntRange(0, 999999999).Draw(t, "attempt"),
		}
		text, want, err := m.with("body")
		if err != nil {
			t.Fatal(err)
		}
		line, _, _ := strings.Cut(text, "\n")
		if inner := strings.TrimSuffix(strings.TrimPrefix(line, "<!--"), "-->"); strings.Contains(inner, "--") || strings.Contains(inner, ">") {
			t.Fatalf("a value ends the HTML comment: %s", line)
		}
		got, ok := ParseMarker(text)
		if !ok || got != want {
			t.Fatalf("read back %+v %v, want %+v", got, ok, want)
		}
		if len(m.Key) <= 100 && got.Key != m.Key {
			t.Fatalf("key %q became %q", m.Key, got.Key)
		}
		if again, _, _ := got.with("body"); again != text {
			t.Fatalf("a marker that was read writes %q, was %q", again, text)
		}
	})
}

func TestMarkerBoundsLongKeys(t *testing.T) {
	long := strings.Repeat("é", 10000)
	_, a, err := Marker{Key: long + "a"}.with("")
	if err != nil {
		t.Fatal(err)
	}
	_, b, err := Marker{Key: long + "b"}.with("")
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Key) > 100 || a.Key == b.Key {
		t.Errorf("keys %q and %q: want short and different ones", a.Key, b.Key)
	}
}

func TestMarkerOnlyAtTheStart(t *testing.T) {
	text, _, err := Marker{Key: "k", Head: "aa", Run: 1, Attempt: 1}.with("hello")
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"> " + text, "see\n" + text, " " + text, strings.Replace(text, "v1", "v2", 1), ""} {
		if m, ok := ParseMarker(body); ok {
			t.Errorf("%q has the marker %+v", body, m)
		}
	}
}

func TestMarkerNewer(t *testing.T) {
	for _, c := range []struct {
		a, b Marker
		want bool
	}{
		{Marker{Run: 2, Attempt: 1}, Marker{Run: 1, Attempt: 9}, true},
		{Marker{Run: 1, Attempt: 9}, Marker{Run: 2, Attempt: 1}, false},
		{Marker{Run: 1, Attempt: 2}, Marker{Run: 1, Attempt: 1}, true},
		{Marker{Run: 1, Attempt: 1}, Marker{Run: 1, Attempt: 1}, false},
	} {
		if got := c.a.Newer(c.b); got != c.want {
			t.Errorf("%+v newer than %+v: %v", c.a, c.b, got)
		}
	}
}

func FuzzParseMarker(f *testing.F) {
	f.Add("<!-- plimsoll/comment/v1 key=ci%2Fimages head=cafe run=42 attempt=1 digest=00 -->\nhello")
	f.Add("<!-- plimsoll/comment/v1 key=%zz head= run=99999999999999999999 attempt=1 digest= -->")
	f.Fuzz(func(t *testing.T, body string) {
		m, ok := ParseMarker(body)
		if !ok {
			return
		}
		if m.Run < 0 || m.Attempt < 0 {
			t.Errorf("negative numbers: %+v", m)
		}
		if again, ok := ParseMarker(m.String()); !ok || again.Run != m.Run || again.Attempt != m.Attempt {
			t.Errorf("%+v reads back as %+v, %v", m, again, ok)
		}
	})
}
