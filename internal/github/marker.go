package github

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// markerSchema names the marker's form. It stays when fields join.
const markerSchema = "plimsoll/comment/v1"

// Marker is the hidden first line of a comment: which job it belongs to and
// which run it shows. Readers of the comment do not see it.
type Marker struct {
	Key     string // of the job, see [Run.Key]
	Head    string // commit that was measured
	Run     int64
	Attempt int
	Digest  string // of the comment's text, so that a stale copy is recognised
	Apart   bool   // it is one of several: no run after it writes in its place
}

// MarkerLimit bounds the marker's line in bytes, of which the key takes 300 at
// most. The body of a comment has to leave room for it.
const MarkerLimit = 512

// markerLine matches a marker at the very start of a comment, and only there:
// a quoted comment must not be mistaken for the real one. Its counts make it long
// to compile, so that is left until there is a comment.
var markerLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\A<!-- ` + markerSchema +
		` key=(\S{0,400}) head=([0-9a-fA-F]{0,64}) run=([0-9]{1,19}) attempt=([0-9]{1,18}) digest=([0-9a-f]{0,64})( apart)? -->`)
})

// String is the marker as an HTML comment without a line end. No value can end
// the HTML comment: everything but letters, digits, "_", "." and "~" is
// percent-encoded.
func (m Marker) String() string {
	apart := ""
	if m.Apart {
		apart = " apart"
	}
	return fmt.Sprintf("<!-- %s key=%s head=%s run=%d attempt=%d digest=%s%s -->",
		markerSchema, encodeKey(m.Key), hexOnly(m.Head), m.Run, m.Attempt, hexOnly(m.Digest), apart)
}

// ParseMarker finds the marker at the start of a comment's body.
func ParseMarker(body string) (Marker, bool) {
	found := markerLine().FindStringSubmatch(body)
	if found == nil {
		return Marker{}, false
	}
	key, err := url.QueryUnescape(found[1])
	if err != nil {
		return Marker{}, false
	}
	run, err := strconv.ParseInt(found[3], 10, 64)
	if err != nil {
		return Marker{}, false
	}
	attempt, err := strconv.Atoi(found[4])
	if err != nil {
		return Marker{}, false
	}
	return Marker{Key: key, Head: found[2], Run: run, Attempt: attempt, Digest: found[5], Apart: found[6] != ""}, true
}

// Newer orders markers by run and attempt. GitHub numbers runs in the order
// they start; running an old one again leaves it the old one.
func (m Marker) Newer(other Marker) bool {
	return cmp.Or(cmp.Compare(m.Run, other.Run), cmp.Compare(m.Attempt, other.Attempt)) > 0
}

// with gives the comment's whole text, and the marker as it will be read back:
// with the text's digest, and its values cleaned.
func (m Marker) with(body string) (string, Marker, error) {
	sum := sha256.Sum256([]byte(body))
	m.Digest = hex.EncodeToString(sum[:8])
	read, ok := ParseMarker(m.String())
	if !ok {
		return "", Marker{}, fmt.Errorf("mark comment: run %d attempt %d, expected numbers from 0 on", m.Run, m.Attempt)
	}
	return m.String() + "\n" + body, read, nil
}

// encodeKey makes a key safe inside an HTML comment and bounds it: of a long
// one the start and a hash remain.
func encodeKey(key string) string {
	const limit = 100
	if len(key) > limit {
		sum := sha256.Sum256([]byte(key))
		key = strings.ToValidUTF8(key[:limit-17], "") + "." + hex.EncodeToString(sum[:8])
	}
	return strings.ReplaceAll(url.QueryEscape(key), "-", "%2D")
}

// hexOnly keeps what a SHA may be made of, at most 64 digits.
func hexOnly(s string) string {
	digits := strings.Map(func(r rune) rune {
		if ('0' <= r && r <= '9') || ('a' <= r && r <= 'f') || ('A' <= r && r <= 'F') {
			return r
		}
		return -1
	}, s)
	return digits[:min(len(digits), 64)]
}
