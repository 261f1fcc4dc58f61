package advice

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// claim is a sum as the model keeps it.
type claim struct {
	rule, remedy string
	by           maker
	base         bool
}

// patterns says what the places of each rule mean, as regular expressions.
var patterns = func() (all [][]*regexp.Regexp) {
	for _, r := range rules {
		var one []*regexp.Regexp
		for _, at := range r.at {
			switch at[0] {
			case '/':
				one = append(one, regexp.MustCompile("^"+regexp.QuoteMeta(at[1:])+"(/|$)"))
			case '*':
				one = append(one, regexp.MustCompile(regexp.QuoteMeta(at[1:])+"$"))
			default:
				one = append(one, regexp.MustCompile("(^|/)"+regexp.QuoteMeta(at)+"(/|$)"))
			}
		}
		all = append(all, one)
	}
	return all
}()

// wanted tries one rule on one file, without an index.
func wanted(i int, f File, instruction string, e evidence) bool {
	r := rules[i]
	looksAt := slices.ContainsFunc(patterns[i], func(p *regexp.Regexp) bool { return p.MatchString(f.Path) }) ||
		r.named != nil && r.named(path.Base(f.Path)) || r.owner != nil && r.owner(f.Ecosystem, f.Owner)
	return looksAt && (r.when == nil || r.when(e)) && (r.of == nil || slices.Contains(r.of, f.Ecosystem)) &&
		(r.unless == nil || !r.unless(f, instruction))
}

// model is the slow, obvious way to the sums: every rule on every file.
func model(img Image, e evidence) map[claim]record.Bytes {
	sums := map[claim]record.Bytes{}
	for f := range img.Files {
		instruction := ""
		if f.Layer >= 0 && f.Layer < len(img.Instructions) {
			instruction = img.Instructions[f.Layer]
		}
		for i, r := range rules {
			if f.Size > 0 && !f.Shared && wanted(i, f, instruction, e) {
				word, _, _ := strings.Cut(instruction, " ")
				by := map[string]maker{"RUN": run, "COPY": copied, "ADD": added}[word]
				sums[claim{r.name, r.run, by, instruction != "" && f.Layer < img.From.Layers}] += f.Size
				break
			}
		}
	}
	return sums
}

var words = func() (all []string) {
	for _, r := range rules {
		for _, at := range r.at {
			at = strings.TrimPrefix(at, "/")
			all = append(all, strings.Replace(at, "*", "x", 1))
			all = append(all, strings.Split(strings.Replace(at, "*", "y", 1), "/")...)
		}
	}
	return append(all, "x", "core", "core.77", "core.x", "copyright", "python3.11", "site-packages", "libx.so.1", "locale.alias", "README")
}()

var owners = []owner{
	{}, {record.Debian, "gcc-12"}, {record.Debian, "gcc-12-base"}, {record.Debian, "libssl-dev"}, {record.Debian, "openjdk-17-jdk"}, {record.Debian, "python3"},
	{record.Alpine, "musl-dev"}, {record.Alpine, "go"}, {record.RPM, "rust"}, {record.RPM, "bash"}, {record.NPM, "typescript"}, {record.NPM, "gcc-12"},
	{record.NPM, "css-loader"}, {record.NPM, "express"}, {record.Python, "flask"},
}

// anImage draws an image whose instructions are known for some layers only.
func anImage(t *rapid.T) Image {
	file := rapid.Custom(func(t *rapid.T) File {
		o := rapid.SampledFrom(owners).Draw(t, "owner")
		return File{
			Path:  strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 5).Draw(t, "path"), "/"),
			Size:  record.Bytes(rapid.Int64Range(-1, 3_000_000).Draw(t, "size")),
			Layer: rapid.IntRange(-1, 6).Draw(t, "layer"), Owner: o.name, Ecosystem: o.ecosystem,
			Shared: rapid.IntRange(0, 9).Draw(t, "shared") == 0,
		}
	})
	img := image(rapid.SliceOfN(file, 0, 60).Draw(t, "files")...)
	img.From = &record.From{Layers: rapid.IntRange(0, 3).Draw(t, "from")}
	for _, o := range owners {
		if o.name != "" && rapid.Bool().Draw(t, "listed") {
			img.Packages = append(img.Packages, record.Package{Ecosystem: o.ecosystem, Name: o.name})
		}
	}
	if rapid.Bool().Draw(t, "node-gyp") {
		img.Packages = append(img.Packages, record.Package{Ecosystem: record.NPM, Name: "node-gyp"})
	}
	img.Waste = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) record.Waste {
		return record.Waste{
			Kind:  rapid.SampledFrom([]record.WasteKind{record.Deleted, record.Overwritten, record.Copied, record.Replaced, record.Opaque}).Draw(t, "kind"),
			Layer: rapid.IntRange(-1, 6).Draw(t, "of"), Killer: rapid.IntRange(-1, 6).Draw(t, "killer"),
			Size: record.Bytes(rapid.Int64Range(0, 3_000_000).Draw(t, "wasted")), Files: rapid.IntRange(0, 9).Draw(t, "dead"), Path: "/x",
		}
	}), 0, 8).Draw(t, "waste")
	return img
}

func TestGatherAgreesWithTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		img := anImage(t)
		got := map[claim]record.Bytes{}
		for k, g := range gather(img, layersOf(img)).groups {
			var inLayers record.Bytes
			for _, size := range g.layers {
				inLayers += size
			}
			if inLayers != g.size {
				t.Errorf("%s: %d bytes, %d in its layers", rules[k.rule].name, g.size, inLayers)
			}
			got[claim{rules[k.rule].name, rules[k.rule].run, k.by, k.base}] += g.size
		}
		if diff := cmp.Diff(model(img, evidenceOf(img.Packages)), got, cmp.AllowUnexported(claim{})); diff != "" {
			t.Errorf("-model +got:\n%s", diff)
		}
	})
}

func TestAdviceIsInOrderAndNothingCountsTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		img := anImage(t)
		var live, wasted record.Bytes
		for f := range img.Files {
			live += max(0, f.Size)
		}
		for _, w := range img.Waste {
			wasted += w.Size
		}
		floor := max(100_000, (live+wasted+999)/1000)
		var alive, dead record.Bytes
		lines := For(img)
		for i, a := range lines {
			if a.Saves < floor {
				t.Errorf("%+v is below the floor of %d", a, floor)
			}
			if i > 0 && aboutBase(a) == aboutBase(lines[i-1]) && a.Saves > lines[i-1].Saves {
				t.Errorf("%+v stands behind %+v", a, lines[i-1])
			}
			if i > 0 && !aboutBase(a) && aboutBase(lines[i-1]) {
				t.Errorf("the user's own %+v stands behind %+v", a, lines[i-1])
			}
			if strings.HasPrefix(a.Rule, "waste-") {
				dead += a.Saves
			} else {
				alive += a.Saves
			}
		}
		if len(lines) > 20 || alive > live || dead > wasted {
			t.Errorf("%d lines save %d of %d live bytes and %d of %d wasted ones", len(lines), alive, live, dead, wasted)
		}
		if again := For(img); !cmp.Equal(lines, again) {
			t.Errorf("another time it is\n%s", cmp.Diff(lines, again))
		}
	})
}

func aboutBase(a record.Advice) bool { return strings.HasPrefix(a.What, inBase) }
