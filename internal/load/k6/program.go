package k6

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/elf"
	"github.com/plimsoll-ci/plimsoll/internal/analyze/owner"
)

// MaxProgram bounds the k6 program, in bytes. Version 1.8 has 50 to 75 MB.
const MaxProgram = 512 << 20

// Found is a k6 program of this machine.
type Found struct {
	Path    string
	Version string // such as v1.8.1; "" where it does not say
	Body    []byte
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
	found := Found{Path: path, Body: body}
	// That is a name to show, and worth no error.
	found.Version, _ = owner.GoVersion(owner.File{Path: "k6", Size: int64(len(body)), At: bytes.NewReader(body)})
	return found, nil
}

// checkProgram reads a file as far as it takes to know that it can run.
func checkProgram(file io.ReaderAt, arch string) error {
	const instead = "; give an image instead, such as `k6: grafana/k6:1.8.1`"
	header := make([]byte, elf.HeaderSize)
	_, err := file.ReadAt(header, 0)
	program, ok := elf.ParseHeader(header)
	if err != nil || !ok {
		return errors.New("is no Linux program, which the pod needs" + instead)
	}
	if want := elf.Machines[arch]; program.Machine != want {
		return fmt.Errorf("is for %s, the engine's host is linux/%s%s", archOf(program), arch, instead)
	}
	interpreted, err := program.Interpreted(file)
	switch {
	case err != nil:
		return fmt.Errorf("is a Linux program that is cut off or broken (%w)%s", err, instead)
	case interpreted:
		return errors.New("is dynamically linked, so it cannot run by itself in a container: take a release of k6, or build it with CGO_ENABLED=0" + instead)
	}
	return nil
}

// archOf is the architecture of a program, as people call it.
func archOf(program elf.Header) string {
	for arch, machine := range elf.Machines {
		if machine == program.Machine {
			return "linux/" + arch
		}
	}
	return fmt.Sprintf("a machine of number %d", program.Machine)
}
