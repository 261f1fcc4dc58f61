package owner

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ecosystem reads what one family of package managers leaves behind.
type ecosystem struct {
	// claims turns all evidence of the kinds below, in the order of its paths,
	// into claims, in any order. It keeps to the contract of [Packages].
	claims func([]Evidence) ([]Claim, []error)
	// distil reduces a file of each kind; see [Distil].
	distil map[Kind]func(File) ([]byte, error)
}

// ecosystems are all that are known.
var ecosystems = []ecosystem{
	{claimDpkg, distillers{
		KindDpkgStatus: distilDpkgStatus, KindDpkgList: distilDpkgList,
		KindDpkgStatusD: distilDpkgStatus, KindDpkgMD5Sums: distilDpkgMD5Sums,
	}},
	{perFile(claimAPK), distillers{KindAPK: distilAPK}},
	{claimPython, distillers{
		KindPythonInfo: distilPythonInfo, KindPythonRecord: distilPythonRecord,
		KindPythonFiles: distilPythonFiles, KindPythonTop: distilPythonTop,
	}},
	{claimGems, distillers{KindGem: distilGem, KindGemExtension: distilGemExtension}},
	{perFile(claimNPM), distillers{KindNPM: distilNPM}},
	{perFile(claimRPM), distillers{
		KindRPMSQLite: distilRPMSQLite, KindRPMNDB: distilRPMNDB, KindRPMBerkeley: distilRPMBerkeley,
	}},
	{perFile(claimGoBinary), distillers{KindExecutable: distilGoBinary}},
	{perFile(claimJar), distillers{KindJar: distilJar}},
}

// perFile is for ecosystems in which each file tells of its packages alone. An
// error is a problem with that file, and does not undo the claims beside it.
func perFile(claim func(Evidence) ([]Claim, error)) func([]Evidence) ([]Claim, []error) {
	return func(evidence []Evidence) (claims []Claim, problems []error) {
		for _, e := range evidence {
			c, err := claim(e)
			if err != nil {
				problems = append(problems, fmt.Errorf("%q: %w", e.Path, err))
			}
			claims = append(claims, c...)
		}
		return claims, problems
	}
}

type distillers = map[Kind]func(File) ([]byte, error)

// maxKept bounds what is kept of one file, in bytes.
const maxKept = 8 << 20

// errTooMuch is what is said of files that are made to be too much.
var errTooMuch = errors.New("it tells of more packages and files than are kept of one file: 65536 packages, 8 MiB")

// Distil reads a file that was [Wanted] and reduces it to the bytes that
// [Packages] needs: nothing when it turns out to tell nothing, and never more
// than 8 MiB. Apart from these it needs at most 12 MiB of memory, whatever the
// size of the file; but a database of rpm in a stream is held as a whole, and
// not read if it has more than 24 MiB. An error is about this file alone, which
// the caller names: its packages stay unknown, and the image is still good.
func Distil(kind Kind, f File) ([]byte, error) {
	for _, eco := range ecosystems {
		distil, known := eco.distil[kind]
		if !known {
			continue
		}
		data, err := distil(f)
		if err == nil && len(data) > maxKept {
			err = errTooMuch
		}
		if err != nil {
			return nil, fmt.Errorf("read as %s: %w", kind, err)
		}
		return data, nil
	}
	return nil, fmt.Errorf("nothing reads files of kind %q", kind)
}

// Packages says what each package claims, by the evidence of the files that
// are live, at most one for each path. Claims come in a fixed order, whatever
// that of the evidence. Problems name the file that they are about, whose
// packages are left out. A claim may have no files at all, where a package
// owns none or its list is missing. The memory that it needs grows with the
// evidence, to at most some 50 times its bytes; of real images, to 10 times.
func Packages(evidence []Evidence) (claims []Claim, problems []error) {
	evidence = slices.SortedFunc(slices.Values(evidence), func(a, b Evidence) int { return strings.Compare(a.Path, b.Path) })
	for _, eco := range ecosystems {
		var own []Evidence
		for _, e := range evidence {
			if eco.distil[e.Kind] != nil {
				own = append(own, e)
			}
		}
		c, p := eco.claims(own)
		claims, problems = append(claims, c...), append(problems, p...)
	}
	claims, tooLong := withoutLongNames(claims)
	slices.SortFunc(claims, compareClaims)
	return claims, append(problems, tooLong...)
}

// maxName bounds names and versions, in bytes. The registries allow at most 214
// (npm).
const maxName = 1 << 10

// withoutLongNames drops claims that nobody could read.
func withoutLongNames(claims []Claim) ([]Claim, []error) {
	var long []Claim
	claims = slices.DeleteFunc(claims, func(c Claim) bool {
		if max(len(c.Name), len(c.Version)) <= maxName {
			return false
		}
		long = append(long, c)
		return true
	})
	if len(long) == 0 {
		return claims, nil
	}
	return claims, []error{fmt.Errorf("packages with a name or version of more than %d bytes are left out: %d, one of them %.40q… %.40q",
		maxName, len(long), long[0].Name, long[0].Version)}
}

func compareClaims(a, b Claim) int {
	return cmp.Or(
		cmp.Compare(a.Ecosystem, b.Ecosystem), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version),
		cmp.Compare(a.Root, b.Root), cmp.Compare(a.In, b.In), slices.Compare(a.Files, b.Files), cmp.Compare(a.Share, b.Share),
	)
}
