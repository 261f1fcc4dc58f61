package owner

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"debug/gosym"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// tiny is a program with little but a type parameter, a method and a type that
// the compiler makes functions for.
const tiny = `package main

import "strings"

type key struct{ a, b string; c [2]any }

func (k key) String() string { return k.a }

//go:noinline
func count[T any](x ...T) int { return len(x) }

func main() {
	m := map[key]int{{}: 1}
	println(count(1, 2), count(key{}), len(m), strings.Repeat("x", len(m)))
}
`

// TestGoBinary compares modules and their bytes with what the go command and
// package debug/gosym say, for binaries as the go command and linkers make them.
func TestGoBinary(t *testing.T) {
	root := "../../.."
	for name, c := range map[string]struct {
		dir  string
		env  []string
		args []string
		deps []string // some of them
	}{
		"plimsoll":       {dir: root, args: []string{"./cmd/plimsoll"}, deps: []string{"github.com/klauspost/compress"}},
		"plimsoll agent": {dir: root, env: []string{"CGO_ENABLED=0"}, args: []string{"-ldflags=-s -w", "./cmd/agent"}},
		"gin": {
			dir: root + "/examples/gin-vs-flask/gin", args: []string{"-ldflags=-s -w", "."},
			deps: []string{"github.com/gin-gonic/gin", "google.golang.org/protobuf"},
		},
		"plain":             {},
		"stripped":          {args: []string{"-ldflags=-s -w"}},
		"trimmed":           {args: []string{"-trimpath"}},
		"without cgo":       {env: []string{"CGO_ENABLED=0"}},
		"relocatable":       {args: []string{"-buildmode=pie"}},
		"linked by cc":      {args: []string{"-ldflags=-linkmode=external"}},
		"both":              {args: []string{"-buildmode=pie", "-ldflags=-linkmode=external -s -w"}},
		"32 bits":           {env: []string{"GOARCH=386", "CGO_ENABLED=0"}},
		"big-endian":        {env: []string{"GOARCH=s390x", "CGO_ENABLED=0"}},
		"without a version": {args: []string{"-buildvcs=false", "-ldflags=-buildid="}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.dir == "" {
				c.dir = module(t, map[string]string{"main.go": tiny})
			}
			got := checkGoBinary(t, goBuild(t, c.dir, c.env, c.args...))
			for _, dep := range c.deps {
				if got[dep] == 0 {
					t.Errorf("no bytes of %s among %v", dep, got)
				}
			}
		})
	}
}

// TestGoBinaryInGoBinary checks that what is embedded in a binary is not taken
// for its own parts.
func TestGoBinaryInGoBinary(t *testing.T) {
	inner := goBuild(t, module(t, map[string]string{"go.mod": "module example.com/inner\n\ngo 1.26\n", "main.go": tiny}), nil)
	body, err := os.ReadFile(inner)
	if err != nil {
		t.Fatal(err)
	}
	const text = "package main\n\nimport _ \"embed\"\n\n//go:embed inner\nvar inner KIND\n\nfunc main() { println(inner[0], len(inner)) }\n"
	for _, kind := range []string{"string", "[]byte"} {
		dir := module(t, map[string]string{"main.go": strings.Replace(text, "KIND", kind, 1), "inner": string(body)})
		for _, args := range [][]string{nil, {"-ldflags=-linkmode=external"}, {"-buildmode=pie", "-ldflags=-linkmode=external"}} {
			t.Run(kind+" "+strings.Join(args, " "), func(t *testing.T) {
				if got := checkGoBinary(t, goBuild(t, dir, nil, args...)); got["example.com/app"] == 0 || got["example.com/inner"] != 0 {
					t.Errorf("modules %v, want example.com/app and not example.com/inner", got)
				}
			})
		}
	}
}

// module writes a module of its own.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, body string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.com/app\n\ngo 1.26\n")
	for name, body := range files {
		write(name, body)
	}
	return dir
}

func goBuild(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "app")
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"build", "-o", out}, args...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, text)
	}
	return out
}

// checkGoBinary holds a binary against the truth, read in both ways, and gives
// the bytes of each module.
func checkGoBinary(t *testing.T, file string) map[string]int64 {
	t.Helper()
	random, streamed := distilGoFile(t, file, true), distilGoFile(t, file, false)
	if diff := cmp.Diff(string(random), string(streamed)); diff != "" {
		t.Errorf("read at random (-) and as a stream (+):\n%s", diff)
	}
	var kept goEvidence
	if err := json.Unmarshal(random, &kept); err != nil {
		t.Fatalf("%v in %q", err, random)
	}
	versions, bytes := map[string]string{}, map[string]int64{}
	for _, m := range kept.Modules {
		versions[m.Path], bytes[m.Path] = m.Version, m.Bytes
	}
	trueVersions := goVersionM(t, file)
	for path, version := range versions {
		if trueVersions[path] != version {
			t.Errorf("module %s has version %q, go version -m says %q", path, version, trueVersions[path])
		}
	}
	if diff := cmp.Diff(trueGoBytes(t, file, trueVersions), bytes); diff != "" || kept.Whole {
		t.Errorf("whole: %v, bytes of functions by debug/gosym (-) and here (+):\n%s", kept.Whole, diff)
	}
	return bytes
}

func distilGoFile(t *testing.T, file string, random bool) []byte {
	t.Helper()
	r, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f := File{Path: "app", Size: info.Size(), Mode: 0o755, Body: iotest.HalfReader(r)}
	if random {
		f.Body, f.At = iotest.ErrReader(io.ErrClosedPipe), r
	}
	data, err := distilGoBinary(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// goVersionM gives the versions of the modules of a binary by go version -m.
func goVersionM(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), "go", "version", "-m", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), "\n")
	versions := map[string]string{"std": head[strings.LastIndexByte(head, ' ')+1:]}
	for line := range strings.Lines(rest) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if f[0] == "mod" || f[0] == "dep" {
			versions[f[1]] = f[2]
		}
	}
	return versions
}

// trueGoBytes adds up the functions of a binary by package debug/gosym.
func trueGoBytes(t *testing.T, file string, modules map[string]string) map[string]int64 {
	t.Helper()
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(trueGoTable(t, f), 0))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, fn := range table.Funcs {
		switch pkg := strings.ReplaceAll(fn.PackageName(), "%2e", "."); pkg {
		case "":
		case "main":
			out[info.Main.Path] += int64(fn.End - fn.Entry)
		default:
			out[trueGoModule(pkg, modules)] += int64(fn.End - fn.Entry)
		}
	}
	return out
}

// trueGoTable gives the function table by the names of sections.
func trueGoTable(t *testing.T, f *elf.File) []byte {
	t.Helper()
	for _, name := range []string{".gopclntab", ".data.rel.ro.gopclntab"} {
		if s := f.Section(name); s != nil {
			data, err := s.Data()
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
	}
	t.Fatal("no section .gopclntab")
	return nil
}

// trueGoModule finds the longest path that a package is below of, by trying all.
func trueGoModule(pkg string, modules map[string]string) string {
	best := "std"
	for path := range modules {
		if path != "std" && strings.HasPrefix(pkg+"/", path+"/") && (best == "std" || len(path) > len(best)) {
			best = path
		}
	}
	return best
}

func TestGoBinaryIsNone(t *testing.T) {
	for name, body := range map[string][]byte{
		"short":       []byte("\x7fELF"),
		"script":      bytes.Repeat([]byte("#!/bin/sh\n"), 100),
		"no sections": append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 4096)...),
		"magic alone": append([]byte(goInfoMagic), make([]byte, 4096)...),
	} {
		data, err := Distil(KindExecutable, plainFile("bin/x", string(body)))
		if data != nil || err != nil {
			t.Errorf("%s: %q, %v; want nothing", name, data, err)
		}
	}
}
