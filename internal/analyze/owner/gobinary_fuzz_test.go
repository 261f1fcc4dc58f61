package owner

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/elf"
)

// FuzzGoBinary tries to make the reader of Go binaries panic, or to find that a
// stream tells something else than a file.
func FuzzGoBinary(f *testing.F) {
	for _, change := range []func(*madeBinary){
		func(*madeBinary) {},
		func(m *madeBinary) { m.late = true },
		func(m *madeBinary) { m.pointer, m.order = 4, binary.BigEndian },
		func(m *madeBinary) { m.inside, m.constants = true, padded(other(), 32) },
		func(m *madeBinary) { m.shuffled = true },
	} {
		m := made()
		change(&m)
		f.Add(m.build())
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		streamed, err := Distil(KindExecutable, plainFile("app", string(body)))
		random := plainFile("app", "")
		random.At, random.Size = bytes.NewReader(body), int64(len(body))
		data, errAt := Distil(KindExecutable, random)
		// Where the section headers are behind, what only looks like a part can
		// hide one from who reads forwards.
		if early(body) && (!bytes.Equal(data, streamed) || (err == nil) != (errAt == nil)) {
			t.Errorf("as a stream %q, %v; at random %q, %v", streamed, err, data, errAt)
		}
		for _, data := range [][]byte{data, streamed} {
			claims, _ := Packages([]Evidence{{Path: "app", Kind: KindExecutable, Data: data}})
			mustShare(t, claims)
		}
	})
}

func early(body []byte) bool {
	h, ok := elf.ParseHeader(body)
	return ok && tellsOfSections(h, int64(len(body))) && h.Sections.Offset+int64(h.Sections.Bytes()) <= tapeWindow
}

// mustShare checks that claims are parts of one file.
func mustShare(t *testing.T, claims []Claim) {
	t.Helper()
	sum := 0.0
	for _, c := range claims {
		if c.Name == "" || c.In == "" || c.Share <= 0 {
			t.Errorf("a claim of %v by %q in %q", c.Share, c.Name, c.In)
		}
		sum += c.Share
	}
	if sum > 1 {
		t.Errorf("shares sum up to %v", sum)
	}
}

// FuzzJar tries to make the reader of jars panic, or to find that a stream tells
// something else than a file.
func FuzzJar(f *testing.F) {
	nested := archive(f, manifest("Implementation-Title: a", "Implementation-Version: 1"), entry{"lib/b-2.jar", "PK"}, pom("g", "a", "1"), pom("g", "c", "2"))
	for _, seed := range []string{"", nested, "#!/bin/sh\n" + nested, nested[:len(nested)-4]} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		streamed, err := Distil(KindJar, plainFile("lib/x-1.jar", string(body)))
		random := plainFile("lib/x-1.jar", "")
		random.At, random.Size = bytes.NewReader(body), int64(len(body))
		data, errAt := Distil(KindJar, random)
		if !bytes.Equal(data, streamed) || err != nil || errAt != nil {
			t.Errorf("as a stream %q, %v; at random %q, %v", streamed, err, data, errAt)
		}
		claims, problems := Packages([]Evidence{{Path: "lib/x-1.jar", Kind: KindJar, Data: data}})
		for _, p := range problems {
			t.Error(p)
		}
		mustShare(t, claims)
	})
}
