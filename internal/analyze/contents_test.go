package analyze

import (
	"archive/tar"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/advice"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// text is a file with content of its own, in a layer made by layerOf.
type text struct {
	tar.Header
	content string
}

func textOf(name, content string) text {
	return text{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, ModTime: time.Unix(1700000000, 0)}, content}
}

// layerOf writes a layer of texts, and of headers without a payload.
func layerOf(t testing.TB, entries ...any) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		content := ""
		hdr, ok := e.(tar.Header)
		if !ok {
			hdr, content = e.(text).Header, e.(text).content
			hdr.Size = int64(len(content))
		}
		if err := w.WriteHeader(&hdr); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read gives the images of fixtures as an engine would save them.
func read(t testing.TB, images ...fixture) []Image {
	t.Helper()
	found, err := Saved(t.Context(), bytes.NewReader(modern(t, asIs, images...)), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func imageOf(t testing.TB, layers ...[]byte) Image {
	t.Helper()
	return read(t, newFixture(t, "app:one", amd64, layers...))[0]
}

func TestWasteNamesItsCause(t *testing.T) {
	chmod := textOf("app/tool", "tool")
	chmod.Mode = 0o755
	touched := textOf("app/tool", "tool")
	touched.ModTime = time.Unix(1800000000, 0)
	base := layerOf(t, textOf("app/tool", "tool"), textOf("app/data/a", "aaaaa"), textOf("app/data/b", "bbbbbb"), textOf("etc/c", "ccc"))
	for name, c := range map[string]struct {
		upper []byte
		want  []record.Waste
	}{
		"deleted file":      {layerOf(t, fileOf("app/.wh.tool", 0)), []record.Waste{{Kind: record.Deleted, Size: 4, Files: 1, Path: "/app/tool"}}},
		"deleted directory": {layerOf(t, fileOf("app/.wh.data", 0)), []record.Waste{{Kind: record.Deleted, Size: 11, Files: 2, Path: "/app/data"}}},
		"deleted here and there": {layerOf(t, fileOf("app/data/.wh.a", 0), fileOf("app/.wh.tool", 0)),
			[]record.Waste{{Kind: record.Deleted, Size: 9, Files: 2, Path: "/app", Most: "/app/data/a", MostSize: 5}}},
		"deleted everywhere": {layerOf(t, fileOf(".wh.etc", 0), fileOf(".wh.app", 0)),
			[]record.Waste{{Kind: record.Deleted, Size: 18, Files: 4, Path: "/", Most: "/app", MostSize: 15}}},
		"opaque directory":         {layerOf(t, dirOf("app"), fileOf("app/.wh..wh..opq", 0)), []record.Waste{{Kind: record.Opaque, Size: 15, Files: 3, Path: "/app"}}},
		"other content":            {layerOf(t, textOf("app/tool", "TOOL")), []record.Waste{{Kind: record.Overwritten, Size: 4, Files: 1, Path: "/app/tool"}}},
		"other mode":               {layerOf(t, chmod), []record.Waste{{Kind: record.Copied, Size: 4, Files: 1, Path: "/app/tool"}}},
		"other time":               {layerOf(t, touched), []record.Waste{{Kind: record.Copied, Size: 4, Files: 1, Path: "/app/tool"}}},
		"file becomes directory":   {layerOf(t, dirOf("app/tool")), []record.Waste{{Kind: record.Replaced, Size: 4, Files: 1, Path: "/app/tool"}}},
		"directory becomes file":   {layerOf(t, textOf("app", "x")), []record.Waste{{Kind: record.Replaced, Size: 15, Files: 3, Path: "/app"}}},
		"directory becomes a link": {layerOf(t, symlink("app", "etc")), []record.Waste{{Kind: record.Replaced, Size: 15, Files: 3, Path: "/app"}}},
		"nothing":                  {layerOf(t, textOf("app/new", "n")), nil},
	} {
		t.Run(name, func(t *testing.T) {
			img := imageOf(t, base, c.upper)
			found, _ := Contents(img, nil)
			for i := range c.want {
				c.want[i].Killer = 1
			}
			if d := cmp.Diff(append([]record.Waste{}, c.want...), found.Waste); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

const dpkgStatus = "Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n\n"

// debian is a layer with a package that lists files by the names they had
// before /lib became a link to /usr/lib.
func debian(t testing.TB, version, library string) []byte {
	return layerOf(t,
		symlink("lib", "usr/lib"), symlink("usr/lib64", "/usr/lib"),
		textOf("usr/lib/libx.so", library), textOf("usr/lib/other.so", "12"),
		textOf("usr/lib/python3/x.py", "import y"), textOf("usr/lib/python3/__pycache__/x.cpython-311.pyc", "compiled"),
		textOf("var/lib/dpkg/status", fmt.Sprintf(dpkgStatus, "libx", version)),
		textOf("var/lib/dpkg/info/libx.list", "/.\n/lib\n/lib/libx.so\n/usr/lib64/python3/x.py\n/usr/share/gone\n"))
}

func TestPackagesOwnTheirFiles(t *testing.T) {
	app := layerOf(t,
		textOf("app/node_modules/a/package.json", `{"name":"a","version":"1.0"}`), textOf("app/node_modules/a/index.js", "0123456789"),
		textOf("app/node_modules/a/node_modules/b/package.json", `{"name":"b","version":"2.0"}`), textOf("app/main.js", "main"))
	img := imageOf(t, debian(t, "1.0-1", "library"), app)
	found, problems := Contents(img, nil)
	if len(problems) > 0 {
		t.Errorf("problems: %q", problems)
	}
	want := []record.Package{
		{Ecosystem: record.NPM, Name: "a", Version: "1.0", Size: 28 + 10, Files: 2},
		{Ecosystem: record.NPM, Name: "b", Version: "2.0", Size: 28, Files: 1},
		{Ecosystem: record.Debian, Name: "libx", Version: "1.0-1", Size: 7 + 8 + 8, Files: 3},
	}
	if d := cmp.Diff(want, found.Packages); d != "" {
		t.Errorf("packages (-want +got):\n%s", d)
	}
	database := record.Bytes(len(fmt.Sprintf(dpkgStatus, "libx", "1.0-1")) + len("/.\n/lib\n/lib/libx.so\n/usr/lib64/python3/x.py\n/usr/share/gone\n"))
	rest := []record.Directory{
		{Path: "/var/lib/dpkg", Size: database, Files: 2},
		{Path: "/app", Size: 4, Files: 1},
		{Path: "/usr/lib", Size: 2, Files: 1},
	}
	// The two links are files without bytes.
	for i, d := range found.Unowned {
		if d.Size == 0 {
			found.Unowned = found.Unowned[:i]
			break
		}
	}
	if d := cmp.Diff(rest, found.Unowned, cmp.Comparer(func(a, b record.Directory) bool { return a.Path == b.Path && a.Size == b.Size })); d != "" {
		t.Errorf("unowned (-want +got):\n%s", d)
	}
	if f := found.Files[0]; f.Path != "/var/lib/dpkg/status" && f.Path != "/var/lib/dpkg/info/libx.list" || f.Layer != 0 {
		t.Errorf("the largest file is %+v", f)
	}
}

// What an upper layer hides of a database must not count.
func TestOnlyLiveDatabasesCount(t *testing.T) {
	img := imageOf(t, debian(t, "1.0-1", "library"), layerOf(t, textOf("var/lib/dpkg/status", fmt.Sprintf(dpkgStatus, "libx", "2.0-1"))))
	found, _ := Contents(img, nil)
	if len(found.Packages) != 1 || found.Packages[0].Version != "2.0-1" {
		t.Errorf("packages %+v", found.Packages)
	}
	img = imageOf(t, debian(t, "1.0-1", "library"), layerOf(t, fileOf("var/lib/.wh.dpkg", 0)))
	if found, _ = Contents(img, nil); len(found.Packages) != 0 || found.Live != img.Live {
		t.Errorf("packages %+v", found.Packages)
	}
}

func TestPackagesWithoutListsAreToldOf(t *testing.T) {
	img := imageOf(t, debian(t, "1.0-1", "library"), layerOf(t, fileOf("var/lib/dpkg/.wh.info", 0)))
	found, problems := Contents(img, nil)
	if len(found.Packages) != 1 || found.Packages[0].Size != 0 || len(problems) != 1 || !strings.Contains(problems[0], "none of the 1 Debian packages") {
		t.Errorf("packages %+v, problems %q", found.Packages, problems)
	}
}

func TestLinksThatGoRoundAreNoPath(t *testing.T) {
	tree := stack(t, layerOf(t, symlink("a", "b"), symlink("b", "a"), symlink("up", "../../.."), textOf("file", "x"), symlink("deep", "up/up/file")))
	for path, there := range map[string]bool{"a/x": false, "up/file": true, "up/up/up/file": true, "file/x": false, "deep": true, "none": false} {
		if _, ok := tree.resolve([]byte(path)); ok != there {
			t.Errorf("%s: found is %v", path, ok)
		}
	}
}

// Who copied a file up has not made it.
func TestCopiesKeepTheirMaker(t *testing.T) {
	chmod, other := textOf("a", "same"), textOf("b", "new!")
	chmod.Mode = 0o755
	img := imageOf(t, layerOf(t, textOf("a", "same"), textOf("b", "old!")), layerOf(t, chmod, other), layerOf(t, textOf("a", "same")))
	got := map[string]int{}
	survey(&img).files(func(f advice.File) bool {
		got[f.Path] = f.Layer
		return true
	})
	if d := cmp.Diff(map[string]int{"a": 0, "b": 1}, got); d != "" {
		t.Errorf("layers that made the files (-want +got):\n%s", d)
	}
}

// Of a saved record all but the files is known.
func TestGrowthSinceARecord(t *testing.T) {
	images := read(t, newFixture(t, "app:base", amd64, debian(t, "1.0", "library")), newFixture(t, "app:head", amd64, debian(t, "2.0", "library, larger")))
	b, _ := Contents(images[0], nil)
	h, _ := Contents(images[1], nil)
	saved := Record(images[0])
	saved.Contents = b
	want := Grown(images[0], images[1], b, h)
	want.Files, want.Changed, want.Tree, want.NoFiles = nil, record.Tally{}, nil, true
	if d := cmp.Diff(want, GrownSince(saved, h)); d != "" {
		t.Errorf("(-of images +of the record):\n%s", d)
	}
	if GrownSince(Record(images[0]), h) != nil {
		t.Error("a record without contents tells why")
	}
}

// Another name of a file has no bytes of its own, and the file is what it was.
func TestAnotherNameIsNoGrowth(t *testing.T) {
	one := imageOf(t, layerOf(t, textOf("b", "1234567"), textOf("other", "x")))
	two := imageOf(t, layerOf(t, textOf("b", "1234567"), hardlink("a", "b"), textOf("other", "x")))
	for _, c := range []struct {
		base, head     Image
		added, removed int
	}{{one, two, 1, 0}, {two, one, 0, 1}} {
		b, _ := Contents(c.base, nil)
		h, _ := Contents(c.head, nil)
		g := Grown(c.base, c.head, b, h)
		if g.Added != (record.Tally{Files: c.added}) || g.Removed != (record.Tally{Files: c.removed}) || g.Changed != (record.Tally{}) {
			t.Errorf("added %+v, removed %+v, changed %+v", g.Added, g.Removed, g.Changed)
		}
	}
}

// Every byte is somebody's, once: of packages or of nobody, live or wasted.
func TestContentsAddUp(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		draw := func(label string) Image {
			var layers [][]byte
			for _, l := range rapid.SliceOfN(rapid.Custom(drawLayer), 1, 4).Draw(r, label) {
				layers = append(layers, layerTar(t, l...))
			}
			if rapid.Bool().Draw(r, label+" is Debian") {
				layers = append(layers, debian(t, rapid.SampledFrom([]string{"1", "2"}).Draw(r, "version"), "lib"))
			}
			return imageOf(t, layers...)
		}
		base, head := draw("base"), draw("head")
		b, _ := Contents(base, nil)
		h, _ := Contents(head, nil)
		for _, c := range []struct {
			img Image
			*record.Contents
		}{{base, b}, {head, h}} {
			var owned, unowned, wasted record.Bytes
			for _, p := range c.Packages {
				owned += p.Size
			}
			for _, d := range c.Unowned {
				unowned += d.Size
			}
			for _, w := range c.Waste {
				wasted += w.Size
			}
			if owned+unowned != c.img.Live || wasted != c.img.Wasted() {
				r.Fatalf("owned %d and unowned %d of %d live; waste %d of %d", owned, unowned, c.img.Live, wasted, c.img.Wasted())
			}
		}
		g := Grown(base, head, b, h)
		sum := g.Waste
		for _, p := range g.Packages {
			sum += p.Size
		}
		for _, d := range g.Unowned {
			sum += d.Head - d.Base
		}
		if sum != g.Size || g.Size != head.Stored-base.Stored {
			r.Fatalf("the parts of the growth are %d of %d", sum, g.Size)
		}
		if files := g.Added.Size - g.Removed.Size + g.Changed.Size; files != head.Live-base.Live {
			r.Fatalf("files added %+v, removed %+v, changed %+v; live %d -> %d", g.Added, g.Removed, g.Changed, base.Live, head.Live)
		}
		if n := g.Added.Files - g.Removed.Files; n != head.Files-base.Files {
			r.Fatalf("%d files more, expected %d", n, head.Files-base.Files)
		}
		if again := Grown(head, head, h, h); again.Size != 0 || len(again.Packages)+len(again.Unowned)+len(again.Files)+again.Changed.Files != 0 {
			r.Fatalf("an image grew against itself: %+v", again)
		}
	})
}

func TestGrowthNamesItsCauses(t *testing.T) {
	from := layerOf(t, textOf("etc/os", "one"))
	newer := layerOf(t, textOf("etc/os", "three"))
	old := newFixture(t, "app:base", amd64, from, debian(t, "1.0", "library"), layerOf(t, textOf("app/a", "aaaa"), textOf("app/gone", "1234567890")))
	now := newFixture(t, "app:head", amd64, newer, debian(t, "2.0", "library, larger"), layerOf(t, textOf("app/a", "aaaa"), textOf("app/new", "n")))
	images := read(t, old, now)
	first := func() []string {
		return []string{images[0].Config.History[0].CreatedBy, images[0].Config.History[1].CreatedBy}
	}
	candidates := []Candidate{
		{"os:1", []string{digestBytes(from)}, first}, {"os:2", []string{digestBytes(newer)}, first}, {"app:head", images[1].diffIDs(), first},
		{"app:older", images[1].diffIDs()[:2], func() []string { return append(first(), "COPY x", `CMD ["app"]`) }},
		{"unknown", images[1].diffIDs()[:2], func() []string { return nil }},
	}
	b, _ := Contents(images[0], candidates)
	h, _ := Contents(images[1], candidates)
	if b.From == nil || h.From == nil || b.From.Image != "os:1" || h.From.Image != "os:2" {
		t.Fatalf("built on %+v and %+v", b.From, h.From)
	}
	g := Grown(images[0], images[1], b, h)
	if g.FromImage == nil || *g.FromImage != 2 {
		t.Errorf("the FROM image grew by %v", g.FromImage)
	}
	if len(g.Packages) != 1 || g.Packages[0].Size != 8 || g.Packages[0].Base.Version != "1.0" || g.Packages[0].Head.Version != "2.0" {
		t.Errorf("packages %+v", g.Packages)
	}
	if d := cmp.Diff([3]record.Tally{{Files: 1, Size: 1}, {Files: 1, Size: 10}, {Files: 3, Size: 10}}, [3]record.Tally{g.Added, g.Removed, g.Changed}); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	var paths []string
	for _, f := range g.Files {
		paths = append(paths, f.Path)
	}
	if d := cmp.Diff([]string{"/app/gone", "/usr/lib/libx.so", "/etc/os", "/app/new", "/var/lib/dpkg/status"}, paths); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
}

func (img Image) diffIDs() []string {
	var out []string
	for _, l := range img.Layers {
		out = append(out, l.DiffID)
	}
	return out
}

func TestRebuiltLayers(t *testing.T) {
	at := func(seconds int64, content string) []byte {
		a, b := textOf("a", content), textOf("b", "b")
		a.ModTime, b.ModTime = time.Unix(seconds, 0), time.Unix(seconds, 0)
		if seconds > 1 {
			return layerOf(t, b, a)
		}
		return layerOf(t, a, b)
	}
	shared, empty := layerOf(t, textOf("shared", "s")), layerOf(t)
	base := newFixture(t, "app:base", amd64, shared, at(1, "same"), empty)
	head := newFixture(t, "app:head", amd64, shared, at(2, "same"), at(2, "other"), layerOf(t, dirOf("d")))
	images := read(t, base, head)
	got := rebuilt(images[0], images[1])
	if d := cmp.Diff([]record.Rebuilt{{Base: 1, Head: 1, Compressed: images[1].Layers[1].Compressed}}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A new layer low in the stack makes every layer above it another one to
// containerd, though their content is the same.
func TestPullByPrefix(t *testing.T) {
	one, two, three := layerOf(t, textOf("one", "1")), layerOf(t, textOf("two", "2")), layerOf(t, textOf("three", "3"))
	images := read(t, newFixture(t, "app:base", amd64, one, two), newFixture(t, "app:head", amd64, three, one, two))
	b, _ := Contents(images[0], nil)
	h, _ := Contents(images[1], nil)
	g := Grown(images[0], images[1], b, h)
	var all record.Bytes
	for _, l := range images[1].Layers {
		all += l.Compressed
	}
	if g.PullPrefix == nil || *g.PullPrefix != all || Pull(images[0].Layers, images[1].Layers) >= all {
		t.Errorf("by prefix %v, by blobs %d, all %d", g.PullPrefix, Pull(images[0].Layers, images[1].Layers), all)
	}
	if g := Grown(images[0], images[0], b, b); g.PullPrefix != nil {
		t.Errorf("by prefix %d where that is no other number", *g.PullPrefix)
	}
}

func TestFromByHistory(t *testing.T) {
	layer := func(n int) []byte { return layerOf(t, textOf(fmt.Sprint(n), strings.Repeat("x", n))) }
	for name, c := range map[string]struct {
		history []string // those that begin with + make a layer
		want    int
	}{
		"a CMD that layers follow": {[]string{"+ADD file:1 in /", "CMD [\"bash\"]", "+RUN x", "CMD [\"app\"]"}, 1},
		"two of them":              {[]string{"+ADD file:1 in /", "CMD [\"bash\"]", "+RUN x", "ENTRYPOINT [\"y\"]", "+COPY a b"}, 2},
		"one at the end":           {[]string{"+ADD file:1 in /", "+RUN x", "CMD [\"app\"]", "EXPOSE 80"}, 0},
		"none":                     {[]string{"+ADD file:1 in /", "+RUN x"}, 0},
		"one before any layer":     {[]string{"CMD [\"app\"]", "+ADD file:1 in /"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var layers [][]byte
			for _, h := range c.history {
				if h[0] == '+' {
					layers = append(layers, layer(len(layers)+1))
				}
			}
			img := imageOf(t, layers...)
			img.Config.History = nil
			for _, h := range c.history {
				img.Config.History = append(img.Config.History, v1.History{CreatedBy: strings.TrimPrefix(h, "+"), EmptyLayer: h[0] != '+'})
			}
			found, _ := Contents(img, nil)
			got := 0
			if found.From != nil {
				got = found.From.Layers
			}
			if got != c.want {
				t.Errorf("%d layers are inherited, want %d", got, c.want)
			}
		})
	}
}
