package owner

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// distilPythonInfo keeps name and version out of the head of a METADATA or
// PKG-INFO.
// https://packaging.python.org/en/latest/specifications/core-metadata/
func distilPythonInfo(f File) ([]byte, error) {
	var name, version string
	err := scan(f.Body, func(line []byte) error {
		if len(line) == 0 || name != "" && version != "" {
			return errStop
		}
		switch key, value := field(line); string(key) {
		case "Name":
			name = pythonName(string(value))
		case "Version":
			version = string(value)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, errors.New(`its head has no "Name:"`)
	}
	return packStrings(nil, name, version), nil
}

// pythonName gives a name in its normal form: which of its spellings a release
// uses changes with the tool that built it.
// https://packaging.python.org/en/latest/specifications/name-normalization/
func pythonName(name string) string {
	runs := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	return strings.Join(runs, "-")
}

// distilPythonRecord keeps the paths of a RECORD, which are relative to the
// directory above its own.
// https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
func distilPythonRecord(f File) ([]byte, error) {
	dir := path.Dir(path.Dir(f.Path))
	var out paths
	records := csvReader{r: bufio.NewReader(f.Body)}
	for n := 1; ; n++ {
		field, err := records.next()
		if errors.Is(err, io.EOF) {
			return out.packed, nil
		}
		if err == nil && len(field) > 0 {
			err = out.add(within(dir, string(field)))
		}
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", n, err)
		}
	}
}

// distilPythonFiles keeps the paths of an installed-files.txt, which are
// relative to its own directory.
// https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html
func distilPythonFiles(f File) ([]byte, error) {
	dir := path.Dir(f.Path)
	return packLines(f.Body, func(line string) string { return within(dir, line) })
}

// distilPythonTop keeps the paths without suffix of the modules that are named
// in a top_level.txt. They are in the directory above its own.
func distilPythonTop(f File) ([]byte, error) {
	dir := path.Dir(path.Dir(f.Path))
	return packLines(f.Body, func(line string) string {
		if name := within("", line); name != "" {
			return within(dir, name)
		}
		return ""
	})
}

// packLines packs what each line stands for, but for the empty ones.
func packLines(r io.Reader, resolve func(line string) string) ([]byte, error) {
	var out paths
	err := scan(r, func(line []byte) error {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			return nil
		}
		return out.add(resolve(string(line)))
	})
	return out.packed, err
}
