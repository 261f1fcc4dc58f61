package owner

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// maxPackageJSON bounds how much of a package.json is read, in bytes. Those
// that are longer have name and version in front all the same.
const maxPackageJSON = 1 << 20

// distilNPM keeps name and version of a package.json. One without a name
// configures a directory of a package and is none itself.
// https://docs.npmjs.com/cli/configuring-npm/package-json
func distilNPM(f File) ([]byte, error) {
	r := bufio.NewReader(io.LimitReader(f.Body, maxPackageJSON))
	if mark, _ := r.Peek(3); bytes.Equal(mark, []byte("\ufeff")) {
		if _, err := r.Discard(3); err != nil {
			return nil, err
		}
	}
	name, version, err := nameAndVersion(json.NewDecoder(r))
	if err != nil && (name == "" || f.Size <= maxPackageJSON) {
		return nil, err
	}
	if name == "" {
		return nil, nil
	}
	return packStrings(nil, name, version), nil
}

// nameAndVersion reads an object up to where it knows both. With an error it
// gives what it has found before.
func nameAndVersion(d *json.Decoder) (name, version string, err error) {
	if open, err := d.Token(); err != nil {
		return "", "", unexpectedEnd(err)
	} else if open != json.Delim('{') {
		return "", "", fmt.Errorf("found %v, expected an object", open)
	}
	var value json.RawMessage
	for name == "" || version == "" {
		key, err := d.Token()
		if err != nil || key == json.Delim('}') {
			return name, version, unexpectedEnd(err)
		}
		if err := d.Decode(&value); err != nil {
			return name, version, fmt.Errorf("value of %.40q: %w", key, unexpectedEnd(err))
		}
		switch key {
		case "name":
			name = text(value)
		case "version":
			version = text(value)
		}
	}
	return name, version, nil
}

// unexpectedEnd says that a file ends where none should, as the decoder does
// in most places.
func unexpectedEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// text is the value of a JSON string, and "" of anything else.
func text(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}

func claimNPM(e Evidence) ([]Claim, error) {
	groups, err := unpackStrings(e.Data, 2)
	if err != nil || len(groups) != 1 {
		return nil, errPacked
	}
	return []Claim{{Ecosystem: record.NPM, Name: groups[0][0], Version: groups[0][1], Root: path.Dir(e.Path)}}, nil
}
