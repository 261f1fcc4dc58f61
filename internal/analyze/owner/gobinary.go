package owner

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/elf"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// goEvidence is what is kept of a Go binary.
type goEvidence struct {
	Modules []goModule `json:"modules"` // most bytes first
	// Whole says that the functions could not be read: all bytes are given to
	// the main module.
	Whole bool `json:"whole,omitempty"`
}

// goModule is a module that is part of a binary, or the standard library.
type goModule struct {
	Path    string `json:"path,omitempty"` // "" for a main module without a name
	Version string `json:"version,omitempty"`
	Bytes   int64  `json:"bytes"` // of its functions
}

// goStandard is the name of the standard library; its version is that of Go.
const goStandard = "std"

// distilGoBinary keeps the modules of an executable made by Go 1.18 or later,
// and nothing of other files. It holds at most 12 MiB, and gives the same for a
// stream as for a file that it may read at random. What has no section headers
// is not recognised, such as what upx packed.
func distilGoBinary(f File) ([]byte, error) {
	info, functions, err := readGoBinary(f)
	if info == nil || err != nil {
		return nil, err
	}
	return json.Marshal(goModulesOf(*info, functions))
}

// GoVersion is the version of the main module of an executable that
// distilGoBinary knows, "" where it has none.
func GoVersion(f File) (string, error) {
	info, _, err := readGoBinary(f)
	if info == nil || err != nil {
		return "", err
	}
	return listGoModules(*info)[0].Version, nil
}

func readGoBinary(f File) (*goInfo, *goFunctions, error) {
	if f.Size < elf.HeaderSize {
		return nil, nil, nil
	}
	t := newTape(f)
	b, err := t.peek(elf.HeaderSize)
	if err != nil {
		return nil, nil, err
	}
	h, ok := elf.ParseHeader(b)
	if !ok || !tellsOfSections(h, f.Size) {
		return nil, nil, nil
	}
	return scanGoBinary(t, h)
}

// goModulesOf gives each module the bytes of the functions of its packages.
// Those without any are left out, as are functions without a package.
func goModulesOf(info goInfo, functions *goFunctions) goEvidence {
	modules := listGoModules(info)
	if functions == nil {
		modules[0].Bytes = 1
		return goEvidence{Modules: modules[:1], Whole: true}
	}
	index := make(map[string]int, len(modules))
	for i, m := range modules {
		index[m.Path] = i
	}
	index["main"] = 0
	for i, pkg := range functions.packages {
		if pkg != "" {
			modules[goModuleOf(importPath(pkg), index)].Bytes += functions.bytes[i]
		}
	}
	modules = slices.DeleteFunc(modules, func(m goModule) bool { return m.Bytes == 0 })
	slices.SortStableFunc(modules, func(a, b goModule) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Path, b.Path))
	})
	return goEvidence{Modules: modules}
}

// listGoModules gives the main module, the standard library and the other
// modules, in this order. Where a module is replaced, its version is that of
// what replaces it.
func listGoModules(info goInfo) []goModule {
	std := goModule{Path: goStandard, Version: info.version}
	build, err := info.build()
	if err != nil {
		return []goModule{{}, std}
	}
	main := goModuleFrom(&build.Main)
	if main.Path == "" && build.Path != "command-line-arguments" {
		main.Path = build.Path
	}
	modules := []goModule{main, std}
	for _, dep := range build.Deps {
		modules = append(modules, goModuleFrom(dep))
	}
	return modules
}

func goModuleFrom(m *debug.Module) goModule {
	version := m.Version
	if m.Replace != nil && m.Replace.Version != "" {
		version = m.Replace.Version
	}
	return goModule{Path: m.Path, Version: version}
}

// goModuleOf finds the module of a package: the one with the longest path that
// is an import path above it. What is in none is of the standard library when
// the first element has no dot, else of the main module: it was built without
// modules, or they are not told.
func goModuleOf(pkg string, index map[string]int) int {
	for above := pkg; above != ""; above, _ = cutLast(above) {
		if i, known := index[above]; known && above != goStandard {
			return i
		}
	}
	if first, _, _ := strings.Cut(pkg, "/"); strings.Contains(first, ".") {
		return 0
	}
	return index[goStandard]
}

var errWholeBinary = errors.New("the functions of this Go binary cannot be read: all its bytes are counted as its main module")

// claimGoBinary gives each module of a binary its share.
func claimGoBinary(e Evidence) ([]Claim, error) {
	if len(e.Data) == 0 {
		return nil, nil
	}
	var kept goEvidence
	if err := json.Unmarshal(e.Data, &kept); err != nil {
		return nil, fmt.Errorf("%w: %w", errPacked, err)
	}
	if kept.Whole {
		return kept.claims(e.Path), errWholeBinary
	}
	return kept.claims(e.Path), nil
}

// claims divides the file in proportion to the bytes of functions.
func (g goEvidence) claims(file string) []Claim {
	weights := make([]int64, len(g.Modules))
	for i, m := range g.Modules {
		weights[i] = m.Bytes
	}
	var claims []Claim
	for i, share := range sharesOf(weights) {
		m := g.Modules[i]
		if share > 0 {
			claims = append(claims, Claim{Ecosystem: record.Go, Name: cmp.Or(m.Path, path.Base(file)), Version: m.Version, In: file, Share: share})
		}
	}
	return claims
}
