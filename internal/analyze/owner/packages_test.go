package owner

import (
	"errors"
	"io"
	"maps"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// everything is all that testdata holds, as one image.
func everything(t testing.TB) tree {
	all := tree{}
	for _, name := range []string{"alpine", "debian", "distroless", "npm", "python", "ruby"} {
		maps.Copy(all, archived(t, name))
	}
	return all
}

func TestOrderOfEvidenceDoesNotMatter(t *testing.T) {
	evidence := everything(t).evidence(t)
	want, _ := Packages(evidence)
	rapid.Check(t, func(t *rapid.T) {
		got, problems := Packages(rapid.Permutation(evidence).Draw(t, "evidence"))
		if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 {
			t.Errorf("problems %v, claims (-want +got):\n%s", problems, diff)
		}
	})
}

func TestOneOfFilesAndRootIsSet(t *testing.T) {
	for _, c := range everything(t).claims(t) {
		if len(c.Files) > 0 && c.Root != "" || c.In != "" || c.Name == "" || c.Version == "" {
			t.Errorf("claim %+v", c)
		}
	}
}

// Damage costs the packages of the one file, and is told.
func TestDamagedEvidenceIsAProblemOfItsFile(t *testing.T) {
	evidence := everything(t).evidence(t)
	for i, e := range evidence {
		if e.Kind == KindGemExtension {
			continue // there is nothing in it
		}
		evidence[i].Data = []byte{0x40, 0x40}
		_, problems := Packages(evidence)
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), e.Path) {
			t.Errorf("%s: problems %v, want one that names the file", e.Path, problems)
		}
		evidence[i] = e
	}
}

func TestNamesNobodyCanReadAreLeftOut(t *testing.T) {
	long := strings.Repeat("n", maxName+1)
	files := tree{
		"node_modules/a/package.json": `{"name": "` + long + `", "version": "1"}`,
		"node_modules/b/package.json": `{"name": "b", "version": "` + long + `"}`,
		"node_modules/c/package.json": `{"name": "c", "version": "1"}`,
	}
	claims, problems := Packages(files.evidence(t))
	if len(claims) != 1 || claims[0].Name != "c" {
		t.Errorf("claims of %d packages, want only c", len(claims))
	}
	if len(problems) != 1 || !strings.Contains(problems[0].Error(), "more than 1024 bytes are left out: 2,") || len(problems[0].Error()) > 300 {
		t.Errorf("problems: %v", problems)
	}
}

func TestUnknownKindsAreRefused(t *testing.T) {
	if data, err := Distil("crystal-ball", plainFile("a/b", "")); data != nil || err == nil || !strings.Contains(err.Error(), `"crystal-ball"`) {
		t.Errorf("Distil of an unknown kind: %q, %v", data, err)
	}
}

// What breaks in the middle of a file must not pass for its end.
func TestBrokenFilesAreRefused(t *testing.T) {
	broken := errors.New("the layer ends here")
	for path, body := range everything(t) {
		kind := Wanted(path, int64(len(body)), 0o644)
		switch kind {
		case "", KindGemExtension: // not read
		case KindPythonInfo, KindNPM, KindGem: // read as far as the version
			mustBreak(t, kind, path, "", broken)
		default:
			mustBreak(t, kind, path, body, broken)
		}
	}
}

func mustBreak(t *testing.T, kind Kind, path, body string, broken error) {
	t.Helper()
	f := plainFile(path, body)
	f.Body = io.MultiReader(f.Body, iotest.ErrReader(broken))
	if data, err := Distil(kind, f); data != nil || !errors.Is(err, broken) {
		t.Errorf("Distil(%s, %s) = %d bytes, %v; want %v", kind, path, len(data), err, broken)
	}
}
