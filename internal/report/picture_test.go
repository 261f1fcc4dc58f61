package report

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestGrowthPicture(t *testing.T) {
	tree := &record.Area{Children: []record.Area{
		{Name: "new", Head: 30e6}, {Name: "gone", Base: 20e6}, {Name: "more", Base: 10e6, Head: 40e6},
		{Name: "less", Base: 20e6, Head: 5e6}, {Name: "same", Base: 7e6, Head: 7e6},
	}}
	type seen struct {
		Class, Changed, Title string
		Share                 float64 // of the tile that is coloured as changed
	}
	var got []seen
	p := growthPicture(tree)
	for _, v := range p.Tiles {
		s := seen{Class: v.Class, Title: v.Title}
		if v.Changed != nil {
			s.Changed, s.Share = v.Changed.Class, math.Round(v.Changed.area()/v.area()*100)/100
		}
		got = append(got, s)
	}
	want := []seen{
		{"unchanged", "more", "/more: 10 MB → 40 MB, +30 MB", 0.75},
		{"added", "", "/new: new, 30 MB", 0},
		{"gone", "", "/gone: gone, 20 MB", 0},
		{"unchanged", "less", "/less: 20 MB → 5 MB, -15 MB", 0.75},
		{"unchanged", "", "/same: 7 MB, unchanged", 0},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("tiles (-want +got):\n%s", d)
	}
	legend := []legendView{{"added", "new +30 MB"}, {"more", "grown +30 MB"}, {"less", "shrunk -15 MB"}, {"gone", "gone -20 MB"}, {"unchanged", "unchanged"}}
	if d := cmp.Diff(legend, p.Legend); d != "" {
		t.Errorf("legend (-want +got):\n%s", d)
	}
}

// A picture of one tile says nothing that its size does not.
func TestNoPicture(t *testing.T) {
	for name, tree := range map[string]*record.Area{
		"none": nil, "empty": {}, "one file": {Children: []record.Area{{Name: "gin", Head: 5}}}, "one directory": {Name: "/", Head: 7},
	} {
		if contentsPicture(tree) != nil || growthPicture(tree) != nil {
			t.Errorf("%s has a picture", name)
		}
	}
}

// Most of an image lies below /usr: the colours go to what is inside.
func TestShadesDivideTheLargest(t *testing.T) {
	file := func(name string, size record.Bytes) record.Area { return record.Area{Name: name, Head: size} }
	root := spotOf(record.Area{Children: []record.Area{
		{Name: "usr", Children: []record.Area{
			{Name: "lib", Children: []record.Area{file("a", 40), file("b", 1), file("c", 1)}}, file("bin", 30), file("games", 3),
		}},
		file("etc", 25),
	}}, 0)
	all := shadesOf(root)
	var got []string
	for _, v := range all.legend() {
		got = append(got, v.Class+" "+v.Text)
	}
	want := []string{"shade1 /usr/lib/a 40 B", "shade2 /usr/bin 30 B", "shade3 /etc 25 B", "shade4 elsewhere below /usr/ 3 B", "shade5 elsewhere below /usr/lib/ 2 B"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("legend (-want +got):\n%s", d)
	}
	for path, want := range map[string]string{"/usr/lib/a": "shade1", "/usr/lib/": "shade5", "/usr/games": "shade4", "/etc/x": "shade3", "/usr/library": "shade4", "/boot": greyShade} {
		if got := all.class(path); got != want {
			t.Errorf("%s is of %s, want %s", path, got, want)
		}
	}
}

// Shades share out the image, whatever the tree, and their number is bounded.
func TestShadesAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		root := spotOf(anyArea.Draw(rt, "tree"), 0)
		sum, coloured := 0.0, 0
		for _, s := range shadesOf(root) {
			sum += s.size
			if !s.grey {
				coloured++
			}
		}
		if !near(sum, root.weight, root.weight) || coloured > mostShades {
			rt.Fatalf("%d shades of %v, want at most %d of %v", coloured, sum, mostShades, root.weight)
		}
	})
}

// Writing stays on its tile, also that of wide characters.
func TestLabelsFit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.OneOf(rapid.StringN(1, 40, -1), rapid.StringOf(rapid.SampledFrom([]rune("日本語aé"))), rapid.SampledFrom(nasty)).Draw(rt, "name")
		tl := tile{rect: anyRect.Draw(rt, "rect"), path: "/x/" + clean(name, partWidth)}
		tl.weight = rapid.Float64Range(1, 1e12).Draw(rt, "weight")
		for _, l := range labels(tl) {
			right := l.X + letterWidth*float64(columns(l.Text))
			if right > tl.X+tl.W+0.1 || l.Y > tl.Y+tl.H+0.1 || strings.Contains(l.Text, "\n") {
				rt.Fatalf("%+v on %+v", l, tl.rect)
			}
		}
	})
}
