package advice

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The images of this file are written by hand. Their first layer is the FROM
// image's where base is set.
var instructions = []string{
	"ADD rootfs.tar /",
	"RUN apt-get update && apt-get install -y python3",
	"COPY . /app",
	"RUN python3 -m compileall -q /app",
	"",
}

const (
	byAdd = iota
	byRun
	byCopy
	byCompileall
	byWhoKnows
)

// image has the files given, in path order.
func image(files ...File) Image {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return Image{Files: slices.Values(files), Instructions: instructions}
}

func deb(f File, owner string) File {
	f.Owner, f.Ecosystem = owner, record.Debian
	return f
}

func npm(f File, owner string) File {
	f.Owner, f.Ecosystem = owner, record.NPM
	return f
}

// packages lists names of an ecosystem.
func packages(e record.Ecosystem, names ...string) []record.Package {
	var out []record.Package
	for _, n := range names {
		out = append(out, record.Package{Ecosystem: e, Name: n})
	}
	return out
}

func TestEachRuleCountsItsBytes(t *testing.T) {
	for _, tt := range ruleCases {
		t.Run(tt.rule, func(t *testing.T) {
			img := image(tt.files...)
			img.Packages = tt.packages
			got := For(img)
			if len(got) != 1 {
				t.Fatalf("%d lines, want one:\n%+v", len(got), got)
			}
			want := record.Advice{Rule: tt.rule, Saves: tt.saves, What: tt.what, Remedy: got[0].Remedy, Layer: tt.files[0].Layer}
			if diff := cmp.Diff(want, got[0]); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if !strings.Contains(got[0].Remedy, tt.remedy) {
				t.Errorf("remedy %q does not say %q", got[0].Remedy, tt.remedy)
			}
		})
	}
}

func TestTheTableIsSound(t *testing.T) {
	if len(rules) > 64 {
		t.Fatalf("%d rules, and a set holds 64", len(rules))
	}
	for _, r := range rules {
		for _, at := range r.at {
			if strings.HasSuffix(at, "/") || at == "" {
				t.Errorf("%s: %q is no place", r.name, at)
			}
		}
		if r.run == "" || r.thing == "" || len(r.at) == 0 && r.owner == nil && r.named == nil {
			t.Errorf("%s lacks a remedy, a thing or a place", r.name)
		}
		if !slices.ContainsFunc(ruleCases, func(c ruleCase) bool { return c.rule == r.name }) {
			t.Errorf("no case tests %s", r.name)
		}
	}
}

func TestNothingIsWrongWith(t *testing.T) {
	for name, img := range map[string]Image{
		"a program":              image(File{Path: "server", Size: 14_500_000, Layer: byCopy}),
		"no files":               image(),
		"headers for no one":     image(deb(File{Path: "usr/include/x.h", Size: 1_000_000, Layer: byRun}, "libx-dev")),
		"Python in a Node image": image(deb(File{Path: "usr/bin/python3.11", Size: 8_000_000, Layer: byRun}, "python3.11-minimal")),
		"compiled on purpose":    image(File{Path: "app/__pycache__/x.pyc", Size: 8_000_000, Layer: byCompileall}),
		"a licence":              image(File{Path: "usr/share/doc/x/LICENSE.txt", Size: 8_000_000, Layer: byRun}),
		"other names of a file":  image(File{Path: "root/.cache/pip/x", Size: 8_000_000, Layer: byRun, Shared: true}),
		"sizes below nothing":    image(File{Path: "root/.cache/pip/x", Size: -8_000_000, Layer: byRun}),
	} {
		if got := For(img); len(got) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
