package baseline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Read reads the record in the file at path.
func Read(path string) (*record.Record, error) {
	if err := regular(path); err != nil {
		return nil, fmt.Errorf("record %s: %w", path, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", path, err)
	}
	defer f.Close()
	rec, err := Decode(f)
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", path, err)
	}
	return rec, nil
}

// regular keeps Read from waiting for ever at a pipe.
func regular(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s, expected a regular file", info.Mode().Type())
	}
	return nil
}

// Write puts rec into the file at path, whole or not at all: readers see the
// old record or the new one, whatever happens meanwhile.
func Write(path string, rec *record.Record) error {
	var raw bytes.Buffer
	if err := Encode(&raw, rec); err != nil {
		return fmt.Errorf("record %s: %w", path, err)
	}
	if err := Replace(path, raw.Bytes()); err != nil {
		return fmt.Errorf("record %s: %w", path, err)
	}
	return nil
}

// Replace puts raw into the file at path. It writes beside it and renames, which
// is atomic within a directory; a link at path is replaced, and not followed.
func Replace(path string, raw []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(raw)
	if err == nil {
		err = f.Chmod(0o644) // CreateTemp is stricter than any other output is
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// IsRecord tells a record from an image reference on the command line: ref is
// an existing regular file which is named .json or starts like a record. What
// is wrong with such a file is for Read to say.
func IsRecord(ref string) bool {
	if regular(ref) != nil {
		return false
	}
	return strings.EqualFold(filepath.Ext(ref), ".json") || startsLikeRecord(ref)
}

func startsLikeRecord(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	head = bytes.TrimSpace(head[:n])
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(`"plimsoll/record/`))
}
