package owner

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// rpmDatabases are those in testdata, which hold the same packages: see the
// README there.
var rpmDatabases = map[string]string{
	"var/lib/rpm/rpmdb.sqlite":          "rpm/rpmdb.sqlite.gz",
	"usr/lib/sysimage/rpm/Packages.db":  "rpm/Packages.db.gz",
	"usr/lib/sysimage/rpm/rpmdb.sqlite": "rpm/rpmdb.sqlite.gz",
}

func unzipped(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// trueRPMClaims is what rpm itself says of these databases.
func trueRPMClaims(t *testing.T) []Claim {
	t.Helper()
	files := map[string][]string{}
	for line := range strings.Lines(string(unzipped(t, "rpm/files.txt.gz"))) {
		name, file, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " /")
		files[name] = append(files[name], file)
	}
	packages, err := os.ReadFile("testdata/rpm/packages.txt")
	if err != nil {
		t.Fatal(err)
	}
	var claims []Claim
	for line := range strings.Lines(string(packages)) {
		name, version, _ := strings.Cut(strings.TrimSpace(line), " ")
		slices.Sort(files[name])
		claims = append(claims, Claim{Ecosystem: record.RPM, Name: name, Version: version, Files: files[name]})
	}
	slices.SortFunc(claims, compareClaims)
	return claims
}

func TestRPM(t *testing.T) {
	want := trueRPMClaims(t)
	if len(want) != 120 || len(want[0].Files) != 407 {
		t.Fatalf("the truth has %d packages, %d files in the first; want 120 and 407", len(want), len(want[0].Files))
	}
	for path, archive := range rpmDatabases {
		body := unzipped(t, archive)
		streamed := plainFile(path, string(body))
		random := streamed
		random.At, random.Body = bytes.NewReader(body), nil
		for name, f := range map[string]File{"stream": streamed, "random": random} {
			t.Run(path+" "+name, func(t *testing.T) {
				if diff := cmp.Diff(want, rpmClaims(t, f)); diff != "" {
					t.Errorf("claims by rpm (-) and here (+):\n%s", diff)
				}
			})
		}
	}
}

// rpmClaims are the claims of a database without problems, files in order.
func rpmClaims(t *testing.T, f File) []Claim {
	t.Helper()
	kind := Wanted(f.Path, f.Size, f.Mode)
	data, err := Distil(kind, f)
	if err != nil {
		t.Fatal(err)
	}
	claims, problems := Packages([]Evidence{{Path: f.Path, Kind: kind, Data: data}})
	for _, p := range problems {
		t.Error(p)
	}
	for i := range claims {
		slices.Sort(claims[i].Files)
		if len(claims[i].Files) == 0 {
			claims[i].Files = nil
		}
	}
	return claims
}

func TestRPMBerkeleyIsToldOf(t *testing.T) {
	const path = "var/lib/rpm/Packages"
	kind := Wanted(path, 1, 0o644)
	data, err := Distil(kind, plainFile(path, string(unzipped(t, "rpm/Packages.gz"))))
	if err != nil {
		t.Fatal(err)
	}
	claims, problems := Packages([]Evidence{{Path: path, Kind: kind, Data: data}})
	if got := fmt.Sprint(problems); claims != nil || !strings.Contains(got, "Berkeley DB") || !strings.Contains(got, path) {
		t.Errorf("claims %v, problems %v; want no claims and one problem that names %s and Berkeley DB", claims, got, path)
	}
	for _, other := range []string{"", "Packages of a shelf", strings.Repeat("\x00", 512)} {
		if data, err := Distil(kind, plainFile(path, other)); data != nil || err != nil {
			t.Errorf("a file that starts with %.20q gives %q, %v; want nothing", other, data, err)
		}
	}
}

func TestRPMStreamOfLargeDatabase(t *testing.T) {
	f := plainFile("var/lib/rpm/rpmdb.sqlite", "")
	f.Size = maxRPMStream + 1
	if data, err := Distil(KindRPMSQLite, f); data != nil || err == nil || !strings.Contains(err.Error(), "25165825 bytes") {
		t.Errorf("got %d bytes, %v; want an error that says how large it is", len(data), err)
	}
}

func TestRPMDamage(t *testing.T) {
	lite, ndb := unzipped(t, "rpm/rpmdb.sqlite.gz"), unzipped(t, "rpm/Packages.db.gz")
	for name, c := range map[string]struct{ path, body, want string }{
		"sqlite empty":     {"var/lib/rpm/rpmdb.sqlite", "", "empty"},
		"sqlite cut":       {"var/lib/rpm/rpmdb.sqlite", string(lite[:len(lite)/2]), "points at page"},
		"sqlite text":      {"var/lib/rpm/rpmdb.sqlite", strings.Repeat("SQLite ", 50), "expected \"SQLite format 3"},
		"sqlite page size": {"var/lib/rpm/rpmdb.sqlite", string(set(lite, 16, 0, 3)), "power of two"},
		"sqlite no table":  {"var/lib/rpm/rpmdb.sqlite", strings.ReplaceAll(string(lite), "Packages", "Qackages"), "no table Packages"},
		"sqlite loop":      {"var/lib/rpm/rpmdb.sqlite", string(loopedSQLite(t, lite)), "twice"},
		"ndb cut":          {"var/lib/rpm/Packages.db", string(ndb[:len(ndb)/2]), "do not fit"},
		"ndb short":        {"var/lib/rpm/Packages.db", string(ndb[:16]), "header"},
		"ndb version":      {"var/lib/rpm/Packages.db", string(set(ndb, 4, 9)), "version 0"},
		"ndb pages":        {"var/lib/rpm/Packages.db", string(set(ndb, 12, 0xff, 0xff, 0xff, 0xff)), "4294967295 pages"},
		"ndb slot":         {"var/lib/rpm/Packages.db", string(set(ndb, 32, 'X')), "expected Slot"},
	} {
		t.Run(name, func(t *testing.T) { mustRefuse(t, c.path, c.body, c.want) })
	}
}

// set gives data with other bytes at an offset.
func set(data []byte, at int, b ...byte) []byte {
	data = slices.Clone(data)
	copy(data[at:], b)
	return data
}

// loopedSQLite makes the root of the table its own last child.
func loopedSQLite(t *testing.T, data []byte) []byte {
	t.Helper()
	db, err := openSQLite(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	root, err := db.findTable("Packages")
	if err != nil {
		t.Fatal(err)
	}
	page := int(root-1) * int(db.pageSize)
	if data[page] != sqliteInterior {
		t.Fatalf("page %d has type %d, want an interior page", root, data[page])
	}
	return set(data, page+8, byte(root>>24), byte(root>>16), byte(root>>8), byte(root))
}

// TestRPMUnreadHeaders checks that the packages that can be read are kept when
// others cannot.
func TestRPMUnreadHeaders(t *testing.T) {
	body := unzipped(t, "rpm/Packages.db.gz")
	i := bytes.Index(body, []byte("BlbS"))
	const path = "var/lib/rpm/Packages.db"
	data, err := Distil(KindRPMNDB, plainFile(path, string(set(body, i, 'X'))))
	if err != nil {
		t.Fatal(err)
	}
	claims, problems := Packages([]Evidence{{Path: path, Kind: KindRPMNDB, Data: data}})
	if got := fmt.Sprint(problems); len(claims) != 119 || !strings.Contains(got, "left out: 1,") {
		t.Errorf("%d claims, problems %v; want 119 and a problem that says 1 is left out", len(claims), got)
	}
}
