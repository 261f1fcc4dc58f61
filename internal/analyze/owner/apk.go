package owner

import (
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// apkPackage is a paragraph of the database of installed packages.
// https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2
type apkPackage struct {
	name, version string // P, V
	dir           string // F, the directory of the files that follow
	files         paths  // R, the files
}

// distilAPK keeps name, version and the packed files of each package.
func distilAPK(f File) ([]byte, error) {
	var out database
	var p apkPackage
	flush := func() (err error) {
		if p.name != "" {
			err = out.add(p.name, p.version, string(p.files.packed))
		}
		p = apkPackage{}
		return err
	}
	err := scan(f.Body, func(line []byte) error {
		if len(line) == 0 {
			return flush()
		}
		return p.read(line)
	})
	if err != nil {
		return nil, err
	}
	err = flush()
	return out.packed, err
}

// read takes a line: a letter, a colon and a value.
func (p *apkPackage) read(line []byte) error {
	if len(line) < 2 || line[1] != ':' {
		return fmt.Errorf("found %.40q, expected a letter and a colon", line)
	}
	value := string(line[2:])
	switch line[0] {
	case 'P':
		p.name = value
	case 'V':
		p.version = value
	case 'F':
		p.dir = within("", value)
	case 'R':
		return p.files.add(within(p.dir, value))
	}
	return nil
}

func claimAPK(e Evidence) ([]Claim, error) {
	groups, err := unpackStrings(e.Data, 3)
	if err != nil {
		return nil, err
	}
	claims := make([]Claim, 0, len(groups))
	for _, g := range groups {
		files, err := unpackPaths([]byte(g[2]))
		if err != nil {
			return nil, err
		}
		claims = append(claims, Claim{Ecosystem: record.Alpine, Name: g[0], Version: g[1], Files: files})
	}
	return claims, nil
}
