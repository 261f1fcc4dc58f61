package owner

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// somePath is short, and likely to begin like another.
var somePath = rapid.StringMatching(`[ab/é]{1,12}`)

func TestPathsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(somePath).Draw(t, "paths")
		got, err := unpackPaths(pack(t, want...).packed)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("unpacked %q, want %q", got, want)
		}
	})
}

func pack(t rapid.TB, all ...string) paths {
	t.Helper()
	var p paths
	for _, path := range all {
		if err := p.add(path); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestStringsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.SliceOfN(rapid.String(), 3, 3)).Draw(t, "groups")
		var packed []byte
		for _, group := range want {
			packed = packStrings(packed, group...)
		}
		got, err := unpackStrings(packed, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(want) > 0 && !cmp.Equal(got, want) || len(want) != len(got) {
			t.Errorf("unpacked %q, want %q", got, want)
		}
	})
}

func TestPathsOfOneDirectoryPackTightly(t *testing.T) {
	var all []string
	for i := range 1000 {
		all = append(all, fmt.Sprintf("usr/share/doc/some-package/examples/file%04d", i))
	}
	if got := len(pack(t, all...).packed); got > 5000 {
		t.Errorf("%d paths take %d bytes, want at most 5 each", len(all), got)
	}
}

// A small file must not stand for gigabytes of paths.
func TestPathsThatRepeatEachOtherAreTooMuch(t *testing.T) {
	var p paths
	long := strings.Repeat("a", maxPath-1)
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = p.add(long + string(rune('a'+i%2)))
	}
	if !errors.Is(err, errTooMuch) {
		t.Errorf("adding 1000 paths of %d bytes that are nearly the same: %v, want %v", maxPath, err, errTooMuch)
	}
	if p.expanded > 64*len(p.packed) {
		t.Errorf("%d bytes stand for %d", len(p.packed), p.expanded)
	}
}

func TestDamagedEvidenceIsRefused(t *testing.T) {
	for name, packed := range map[string]string{
		"endless number":     strings.Repeat("\xff", 20),
		"one number":         "\x00",
		"shares with none":   "\x01\x01a",
		"shares too much":    "\x00\x01a\x02\x01b",
		"rest is missing":    "\x00\x02a",
		"negative as an int": "\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"too many":           "\x00\x7f" + strings.Repeat("a", 127) + strings.Repeat("\x7f\x00", 4000),
	} {
		if got, err := unpackPaths([]byte(packed)); err == nil {
			t.Errorf("%s: unpacked %d paths, want an error", name, len(got))
		}
	}
	for name, packed := range map[string]string{
		"endless number": strings.Repeat("\xff", 20), "rest is missing": "\x02a", "half a group": "\x01a", "huge": "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01a",
	} {
		if got, err := unpackStrings([]byte(packed), 2); err == nil {
			t.Errorf("%s: unpacked %q, want an error", name, got)
		}
	}
}
