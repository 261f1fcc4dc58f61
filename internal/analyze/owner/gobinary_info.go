package owner

import (
	"encoding/binary"
	"errors"
	"io"
	"runtime/debug"
)

// The build information that the Go linker leaves in a binary, as package
// debug/buildinfo reads it: a header of 32 bytes, and since Go 1.18 the version
// of Go and the list of modules behind it, each after its length.
const (
	goInfoMagic      = "\xff Go buildinf:"
	goInfoHeaderSize = 32
	goInfoFlags      = 15   // offset of the flags
	goInfoInline     = 0x02 // flag: the strings follow
	maxGoVersion     = 256
	maxGoModules     = 512 << 10 // of text; Kubernetes has 20 KiB
)

// goInfo is what a Go binary says about how it was built.
type goInfo struct {
	version string // of Go, such as go1.26.0
	modules string // as runtime/debug.ParseBuildInfo reads it; "" for what was built without modules
}

func (i goInfo) cost() int64 { return int64(len(i.modules) + len(i.version) + 128) }

// build parses the modules.
func (i goInfo) build() (*debug.BuildInfo, error) {
	return debug.ParseBuildInfo(i.modules)
}

// readGoInfo reads the build information that begins here. It says no to what
// is not, and to what Go before 1.18 made. Errors are those of reading.
func readGoInfo(t *tape) (info goInfo, ok bool, err error) {
	b, err := t.next(goInfoHeaderSize)
	if err != nil {
		return info, false, atEnd(err)
	}
	if b[goInfoFlags]&goInfoInline == 0 {
		return info, false, nil
	}
	if info.version, ok, err = sizedText(t, maxGoVersion); !ok {
		return info, false, err
	}
	framed, ok, err := sizedText(t, maxGoModules)
	if !ok {
		return info, false, err
	}
	// Between two marks of 16 bytes, as cmd/go/internal/modload writes it.
	if n := len(framed); n >= 33 && framed[n-17] == '\n' {
		info.modules = framed[16 : n-16]
	}
	return info, info.version != "", nil
}

// sizedText reads a text behind its length. It says no to one that is longer
// than most bytes, or than the file.
func sizedText(t *tape, most uint64) (string, bool, error) {
	var head []byte
	for {
		b, err := t.next(1)
		if err != nil {
			return "", false, atEnd(err)
		}
		head = append(head, b[0])
		if b[0] < 0x80 || len(head) == binary.MaxVarintLen64 {
			break
		}
	}
	n, width := binary.Uvarint(head)
	if width <= 0 || n > most {
		return "", false, nil
	}
	b, err := t.take(int(n))
	if err != nil {
		return "", false, atEnd(err)
	}
	return string(b), true, nil
}

// atEnd drops the error of a part that would reach behind the end of the file:
// it is no such part. A file that is shorter than it said fails elsewhere.
func atEnd(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
