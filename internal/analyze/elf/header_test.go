package elf

import (
	"bytes"
	stdelf "debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is a Go program for an architecture, as the compiler makes it.
func program(t testing.TB, arch string) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", "program", "main.go")
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	body, err := os.ReadFile(filepath.Join(dir, "program"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// agree holds what is read against debug/elf, where that reads the file.
func agree(t *testing.T, body []byte) {
	t.Helper()
	h, ok := ParseHeader(body)
	interpreted, failed := false, error(nil)
	if ok {
		interpreted, failed = h.Interpreted(bytes.NewReader(body))
	}
	want, err := stdelf.NewFile(bytes.NewReader(body))
	if err != nil {
		return
	}
	wanted := false
	for _, segment := range want.Progs {
		wanted = wanted || segment.Type == stdelf.PT_INTERP
	}
	if len(body) >= HeaderSize && !ok {
		t.Fatal("is ELF")
	}
	if ok && failed == nil && (interpreted != wanted || h.Machine != uint16(want.Machine) || h.Sections.Count != len(want.Sections) || h.Segments.Count != len(want.Progs)) {
		t.Errorf("read %+v, interpreted %v; debug/elf has machine %d, %d sections, %d segments, interpreted %v",
			h, interpreted, want.Machine, len(want.Sections), len(want.Progs), wanted)
	}
}

func TestHeadersOfPrograms(t *testing.T) {
	all := map[string][]byte{}
	for _, arch := range []string{"amd64", "386", "s390x"} { // 64 bits, 32 bits, and the other order
		all[arch] = program(t, arch)
		if h, ok := ParseHeader(all[arch]); !ok || h.Machine != Machines[arch] {
			t.Errorf("%s: machine %d, %v", arch, h.Machine, ok)
		}
	}
	shell, err := os.ReadFile("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	all["/bin/sh"] = shell
	for name, body := range all {
		t.Run(name, func(t *testing.T) {
			agree(t, body)
			h, _ := ParseHeader(body)
			if got, err := h.Interpreted(bytes.NewReader(body)); err != nil || got != (name == "/bin/sh") {
				t.Errorf("interpreted %v, %v", got, err)
			}
			if _, err := h.Interpreted(bytes.NewReader(body[:HeaderSize])); err == nil {
				t.Error("one that is cut off behind its header is read")
			}
		})
	}
}

func TestHeadersThatAreNone(t *testing.T) {
	good := make([]byte, HeaderSize)
	copy(good, "\x7fELF\x02\x01\x01")
	for name, change := range map[string]func([]byte) []byte{
		"short":    func(b []byte) []byte { return b[:HeaderSize-1] },
		"a script": func(b []byte) []byte { copy(b, "#!/bin/sh"); return b },
		"class":    func(b []byte) []byte { b[4] = 3; return b },
		"order":    func(b []byte) []byte { b[5] = 0; return b },
	} {
		if h, ok := ParseHeader(change(bytes.Clone(good))); ok {
			t.Errorf("%s: %+v", name, h)
		}
	}
	for name, table := range map[string]Table{"many": {64, 60000, 56}, "before": {-1, 1, 56}, "of another size": {64, 1, 57}} {
		h := Header{Pointer: 8, Segments: table}
		if _, err := h.Interpreted(bytes.NewReader(nil)); !errors.Is(err, ErrSegments) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(program(f, "386")[:4096])
	f.Add(program(f, "amd64")[:4096])
	f.Fuzz(func(t *testing.T, body []byte) { agree(t, body) })
}
