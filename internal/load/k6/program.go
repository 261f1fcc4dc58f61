package k6

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// MaxProgram bounds the k6 program, in bytes. Version 1.8 has 50 to 75 MB.
const MaxProgram = 512 << 20

// Found is a k6 program of this machine.
type Found struct {
	Path string
	Body []byte
}

// ErrNoProgram is returned where no k6 is on the path.
var ErrNoProgram = errors.New("there is no program k6 on PATH")

// Find looks k6 up in the directories of a PATH.
func Find(pathList string) (string, error) {
	for _, dir := range filepath.SplitList(pathList) {
		if dir == "" {
			continue
		}
		path := filepath.Join(dir, "k6")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", ErrNoProgram
}

// machines are the architectures of engines, in Go's naming.
var machines = map[string]elf.Machine{
	"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "arm": elf.EM_ARM, "386": elf.EM_386,
	"ppc64le": elf.EM_PPC64, "s390x": elf.EM_S390, "riscv64": elf.EM_RISCV,
}

// ReadProgram reads a k6 program that is to run in a container without anything
// else, on an engine of this architecture.
func ReadProgram(path, arch string) (Found, error) {
	file, err := os.Open(path)
	if err != nil {
		return Found{}, fmt.Errorf("read k6: %w", err)
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return Found{}, fmt.Errorf("read k6: %s is no file: %w", path, errors.Join(err, fs.ErrInvalid))
	}
	if err := checkProgram(file, arch); err != nil {
		return Found{}, fmt.Errorf("%s %w", path, err)
	}
	body, err := io.ReadAll(io.NewSectionReader(file, 0, MaxProgram+1))
	if err == nil && len(body) > MaxProgram {
		err = fmt.Errorf("it has more than %d MiB", MaxProgram>>20)
	}
	if err != nil {
		return Found{}, fmt.Errorf("read k6: %s: %w", path, err)
	}
	return Found{Path: path, Body: body}, nil
}

// checkProgram reads a file as far as it takes to know that it can run.
func checkProgram(file io.ReaderAt, arch string) error {
	const instead = "; give an image instead, such as `k6: grafana/k6:1.8.1`"
	program, err := elf.NewFile(file)
	if err != nil {
		return errors.New("is no Linux program, which the pod needs" + instead)
	}
	if want := machines[arch]; program.Machine != want {
		return fmt.Errorf("is for %v, the engine's host is linux/%s%s", program.Machine, arch, instead)
	}
	for _, segment := range program.Progs {
		if segment.Type == elf.PT_INTERP {
			return errors.New("is dynamically linked, so it cannot run by itself in a container: take a release of k6, or build it with CGO_ENABLED=0" + instead)
		}
	}
	return nil
}
