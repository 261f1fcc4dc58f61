package analyze

import (
	"bytes"
	"encoding/gob"
	"sync"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/cache"
	"github.com/plimsoll-ci/plimsoll/internal/analyze/owner"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Store keeps what was read of layers, so that those which two images share
// are read once: in memory for the length of a run, and on disk for good. Its
// zero value has no disk. It may be used by several goroutines.
type Store struct {
	disk *cache.Cache

	mu     sync.Mutex
	layers map[string]*scanned    // by DiffID
	locks  map[string]*sync.Mutex // by DiffID, held while a layer is read
}

// NewStore keeps layers in disk, too, which may be nil.
func NewStore(disk *cache.Cache) *Store { return &Store{disk: disk} }

// wanted is the layer that is looked for, as far as its image says.
type wanted struct {
	diffID string
	digest string       // of the blob, "" where the source has none
	size   record.Bytes // of the blob
	place  string       // a file that holds it, and in what state: "" where there is none
}

// is reports whether a layer that was read is the one that is wanted, and was
// read as closely as it has to be.
func (w wanted) is(l *scanned, s *scanner) bool {
	switch {
	case l.compressed && (w.digest == "" || w.digest != l.digest):
		return false
	case !l.compressed && w.size != l.unpacked:
		return false
	}
	return s.suits(l)
}

// suits reports whether a layer was read as closely as it has to be.
func (s *scanner) suits(l *scanned) bool {
	wanted := s.estimate || !l.compressed
	return !wanted || l.estimated && (l.exact || !s.exact)
}

// get gives a layer that was read before.
func (s *Store) get(w wanted, by *scanner) (*scanned, bool) {
	if s == nil {
		return nil, false
	}
	s.mu.Lock()
	l := s.layers[w.diffID]
	s.mu.Unlock()
	if l != nil && w.is(l, by) {
		return l, true
	}
	if l := s.load(w.key()); l != nil && w.is(l, by) {
		s.remember(w.diffID, l)
		return l, true
	}
	return nil, false
}

// key is what a layer is kept under. One that is only said to have some content
// is found again in its own place alone.
func (w wanted) key() string {
	if w.place != "" {
		return w.place
	}
	return contentKey(w.diffID)
}

// lock makes who wants a layer that is being read wait for it.
func (s *Store) lock(diffID string) (unlock func()) {
	if s == nil {
		return func() {}
	}
	s.mu.Lock()
	if s.locks == nil {
		s.locks = map[string]*sync.Mutex{}
	}
	l := s.locks[diffID]
	if l == nil {
		l = new(sync.Mutex)
		s.locks[diffID] = l
	}
	s.mu.Unlock()
	l.Lock()
	return l.Unlock
}

// contentKey is of a layer whose content was hashed.
func contentKey(diffID string) string { return keptAs + "layer " + diffID }

// keptAs is the version of all that is kept. Another index, other evidence or
// other limits need another one.
const keptAs = "2 "

func (s *Store) remember(diffID string, l *scanned) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.layers == nil {
		s.layers = map[string]*scanned{}
	}
	s.layers[diffID] = l
}

// put keeps a layer. A disk that is full or cannot be written to costs time
// only, later.
func (s *Store) put(w wanted, l *scanned) {
	if s == nil {
		return
	}
	s.remember(w.diffID, l)
	if s.disk == nil || w.place == "" && l.diffID == "" {
		return
	}
	var out bytes.Buffer
	if err := gob.NewEncoder(&out).Encode(l.kept()); err == nil {
		_ = s.disk.Put(w.key(), out.Bytes())
	}
}

func (s *Store) load(key string) *scanned {
	raw, ok := s.disk.Get(key)
	if !ok {
		return nil
	}
	var k kept
	if err := gob.NewDecoder(bytes.NewReader(raw)).Decode(&k); err != nil {
		return nil
	}
	return k.scanned()
}

// Keep remembers that an engine calls an image id, so that it need not save the
// image again: see [Store.Image]. What was not hashed on its way is not kept.
func (s *Store) Keep(id string, img Image) {
	if s == nil || s.disk == nil || img.raw == nil {
		return
	}
	_ = s.disk.Put(imageKey(id), img.raw) // a full disk costs time only, later
}

func imageKey(id string) string { return keptAs + "image " + id }

// Image is the image that an engine calls id, if it was kept with all of its
// layers. ref is what it is asked for as.
func (s *Store) Image(id, ref string, opts Options) (Image, bool) {
	if s == nil {
		return Image{}, false
	}
	raw, ok := s.disk.Get(imageKey(id))
	if !ok {
		return Image{}, false
	}
	opts.Limits = opts.Limits.withDefaults()
	c, err := parseConfig(raw, opts.Limits)
	if err != nil {
		return Image{}, false
	}
	by := newScanner(opts)
	var layers []*scanned
	for _, diffID := range c.diffIDs() {
		l := s.load(contentKey(diffID))
		if l == nil || l.diffID != diffID || !by.suits(l) || by.budget.again(l.content) != nil {
			return Image{}, false
		}
		s.remember(diffID, l)
		layers = append(layers, l)
	}
	img, err := assemble(ref, Daemon, c, layers, opts.Limits)
	return img, err == nil
}

// kept is a layer as it lies on disk.
type kept struct {
	DiffID, Digest               string
	Blob, Unpacked, Estimate     record.Bytes
	Compressed, Estimated, Exact bool
	Index                        []byte
	Entries                      int64
	Whiteouts                    int
	Evidence                     []owner.Evidence
	Problems                     []string
}

func (l *scanned) kept() kept {
	return kept{
		DiffID: l.diffID, Digest: l.digest, Blob: l.blob, Unpacked: l.unpacked, Estimate: l.estimate,
		Compressed: l.compressed, Estimated: l.estimated, Exact: l.exact,
		Index: bytes.Join(l.index.blocks, nil), Entries: l.entries, Whiteouts: l.index.whiteouts, Evidence: l.evidence, Problems: l.problems,
	}
}

func (k kept) scanned() *scanned {
	return &scanned{
		content: &content{
			index:   index{blocks: [][]byte{k.Index}, size: len(k.Index), whiteouts: k.Whiteouts},
			entries: k.Entries, evidence: k.Evidence, problems: k.Problems,
		},
		diffID: k.DiffID, digest: k.Digest, blob: k.Blob, unpacked: k.Unpacked, estimate: k.Estimate,
		compressed: k.Compressed, estimated: k.Estimated, exact: k.Exact,
	}
}
