package owner

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// distilGem keeps name and version of the specification that RubyGems writes
// when it installs a gem. Its first lines hold a comment made to be read
// without Ruby; ones by old versions have only the assignments.
// https://github.com/ruby/rubygems/blob/master/lib/rubygems/stub_specification.rb
func distilGem(f File) ([]byte, error) {
	var name, version string
	err := scan(f.Body, func(line []byte) error {
		if stub, found := bytes.CutPrefix(line, []byte("# stub: ")); found {
			if words := bytes.Fields(stub); len(words) >= 2 {
				name, version = string(words[0]), string(words[1])
			}
		}
		name = assigned(line, "s.name", name)
		version = assigned(line, "s.version", version)
		if name != "" && version != "" {
			return errStop
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, errors.New("it assigns no s.name")
	}
	return packStrings(nil, name, version), nil
}

// assigned is the string that a line such as s.name = "rake".freeze assigns to
// a variable, and otherwise where it does not.
func assigned(line []byte, variable, otherwise string) string {
	left, right, found := strings.Cut(string(line), "=")
	if !found || strings.TrimSpace(left) != variable {
		return otherwise
	}
	for _, quotes := range [][2]string{{`"`, `"`}, {`'`, `'`}, {`%q{`, `}`}} {
		if _, rest, found := strings.Cut(right, quotes[0]); found {
			value, _, _ := strings.Cut(rest, quotes[1])
			return value
		}
	}
	return otherwise
}

// distilGemExtension keeps next to nothing: the path tells all.
func distilGemExtension(File) ([]byte, error) { return []byte{1}, nil }

// claimGems gives each gem its directory, what was compiled for it, and its
// specification. The directory has the name of the specification, which holds
// the platform too.
func claimGems(evidence []Evidence) (claims []Claim, problems []error) {
	compiled := map[string][]string{} // directories by where the gem is
	for _, e := range evidence {
		if e.Kind == KindGemExtension {
			dir := path.Dir(e.Path)
			home := path.Join(dir, "../../../..")
			gem := path.Join(home, "gems", path.Base(dir))
			compiled[gem] = append(compiled[gem], dir)
		}
	}
	for _, e := range evidence {
		if e.Kind != KindGem {
			continue
		}
		groups, err := unpackStrings(e.Data, 2)
		if err != nil || len(groups) != 1 {
			problems = append(problems, fmt.Errorf("%q: %w", e.Path, errPacked))
			continue
		}
		gem := Claim{Ecosystem: record.Ruby, Name: groups[0][0], Version: groups[0][1]}
		root := gemRoot(e.Path)
		for _, dir := range append(compiled[root], root) {
			claims = append(claims, gem.at(dir))
		}
		gem.Files = []string{e.Path}
		claims = append(claims, gem)
	}
	return claims, problems
}

// gemRoot is where the gem is that a specification belongs to.
func gemRoot(spec string) string {
	dir, base := cutLast(spec)
	home := path.Dir(strings.TrimSuffix(dir, "/default"))
	return path.Join(home, "gems", strings.TrimSuffix(base, ".gemspec"))
}

// at is the same package with a directory.
func (c Claim) at(root string) Claim {
	c.Root = root
	return c
}
