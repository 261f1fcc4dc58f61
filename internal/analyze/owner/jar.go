package owner

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Bounds of what is read of one jar. Those of real ones are hundreds of nested
// jars and some dozen pom.properties.
const (
	maxManifest = 64 << 10 // bytes; the signatures of all its files come behind
	maxPom      = 8 << 10  // bytes
	maxPoms     = 64
	maxNested   = 4096
)

// jarEvidence is what is kept of a jar.
type jarEvidence struct {
	jarName
	Size   int64       `json:"size"`
	Nested []nestedJar `json:"nested,omitempty"`
}

// nestedJar is a jar in a jar. Size is what it takes there.
type nestedJar struct {
	jarName
	Size int64 `json:"size"`
}

// distilJar keeps the name of a jar and of those in it. It reads the first MiB
// and the last 4 MiB, and inflates at most 1 MiB.
//
// Note: jars whose classes are unpacked into this one (shaded) are not told
// apart, since nothing says which classes are whose.
func distilJar(f File) ([]byte, error) {
	j, err := openJar(f)
	if err != nil {
		return nil, err
	}
	b, err := j.read(0, min(4, j.size))
	if err != nil {
		return nil, err
	}
	dir, shift, err := j.directory()
	if err != nil {
		return nil, fmt.Errorf("read its directory: %w", err)
	}
	if dir == nil && !bytes.HasPrefix(b, []byte("PK\x03\x04")) {
		return nil, nil
	}
	kept := jarEvidence{Size: f.Size}
	manifest, poms, err := kept.readEntries(j, dir, shift)
	if err != nil {
		return nil, err
	}
	kept.jarName = nameJar(f.Path, manifest, poms)
	return json.Marshal(kept)
}

// readEntries notes the nested jars and reads what tells the name.
func (k *jarEvidence) readEntries(j *jarFile, dir []byte, shift int64) (manifest map[string]string, poms []jarName, err error) {
	tried := 0
	for e := range zipEntries(dir) {
		var b []byte
		switch {
		case isJar(e.name):
			if e.size > 0 && len(k.Nested) < maxNested {
				k.Nested = append(k.Nested, nestedJar{jarFileName(strings.ToValidUTF8(string(e.name), "�")), e.size})
			}
		case manifest == nil && string(e.name) == "META-INF/MANIFEST.MF":
			b, err = j.content(e, shift, maxManifest)
			manifest = parseManifest(string(b))
		case tried < maxPoms && isPom(e.name):
			tried++
			b, err = j.content(e, shift, maxPom)
			if pom := parsePom(string(b)); pom.Name != "" {
				poms = append(poms, pom)
			}
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read %q in it: %w", e.name, err)
		}
	}
	return manifest, poms, nil
}

func isJar(name []byte) bool {
	return len(name) <= maxName && (bytes.HasSuffix(name, []byte(".jar")) || bytes.HasSuffix(name, []byte(".war")) || bytes.HasSuffix(name, []byte(".ear")))
}

func isPom(name []byte) bool {
	return bytes.HasPrefix(name, []byte("META-INF/maven/")) && bytes.HasSuffix(name, []byte("/pom.properties"))
}

// claimJar gives each nested jar its share of the file, and the jar itself the
// rest.
func claimJar(e Evidence) ([]Claim, error) {
	if len(e.Data) == 0 {
		return nil, nil
	}
	var kept jarEvidence
	if err := json.Unmarshal(e.Data, &kept); err != nil {
		return nil, fmt.Errorf("%w: %w", errPacked, err)
	}
	return kept.claims(e.Path), nil
}

func (k jarEvidence) claims(file string) []Claim {
	names, weights := []jarName{k.jarName}, []int64{k.Size}
	for _, n := range k.Nested {
		names, weights = append(names, n.jarName), append(weights, n.Size)
		weights[0] -= n.Size
	}
	var claims []Claim
	for i, share := range sharesOf(weights) {
		if share > 0 {
			claims = append(claims, Claim{Ecosystem: record.Java, Name: cmp.Or(names[i].Name, path.Base(file)), Version: names[i].Version, In: file, Share: share})
		}
	}
	return claims
}
