package analyze

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// What an archive may hold around its layers: so many members, and so many
// bytes of their names and of where links lead.
const (
	outerMembers = 1 << 16
	outerNames   = 8 << 20
)

// outer counts the members of an archive.
type outer struct{ members, names int }

func (o *outer) add(hdr *tar.Header) error {
	o.members++
	o.names += len(hdr.Name) + len(hdr.Linkname)
	switch {
	case o.members > outerMembers:
		return fmt.Errorf("more than %d members", outerMembers)
	case o.names > outerNames:
		return fmt.Errorf("members with names of more than %d bytes together", outerNames)
	}
	return nil
}

// Saved reads the stream in which an engine saves images (GET /images/get, or
// the file that docker save writes) once, front to back, and keeps neither
// payloads nor files. It returns one image for every ref, in their order; all
// images of the stream when there is none. Layers that images share are read
// once.
//
// Both layouts are understood: that of Engine 20.10 (ID/layer.tar,
// manifest.json last) and that of Engine 25 and newer (an OCI layout with a
// manifest.json, whose blobs the containerd store leaves compressed).
func Saved(ctx context.Context, r io.Reader, refs []string, opts Options) ([]Image, error) {
	opts.Limits = opts.Limits.withDefaults()
	s := newStream(ctx, Daemon, opts)
	if err := s.read(ctx, r); err != nil {
		return nil, fmt.Errorf("read saved images: %w", err)
	}
	return s.images(ctx, refs)
}

// stream collects what goes by in an archive. What belongs to which image is
// only known at its end.
type stream struct {
	scan      scanner
	opts      Options
	from      Transport
	layers    map[string]scan     // by member name
	byContent map[string]*scanned // by DiffID
	documents map[string][]byte   // JSON files by member name
	kept      int                 // bytes of documents
	links     map[string]string   // symbolic links between members
}

// scan is the outcome of reading one layer. A broken layer only matters if an
// image that was asked for has it.
type scan struct {
	*scanned
	err error
}

func newStream(ctx context.Context, from Transport, opts Options) *stream {
	reader := newScanner(opts)
	reader.ctx, reader.digests, reader.contents = ctx, true, true
	return &stream{
		scan: reader, opts: opts, from: from,
		layers: map[string]scan{}, byContent: map[string]*scanned{},
		documents: map[string][]byte{}, links: map[string]string{},
	}
}

func (s *stream) read(ctx context.Context, r io.Reader) error {
	tr := tar.NewReader(r)
	in := bufio.NewReaderSize(nil, 4096)
	last := ""
	var seen outer
	for {
		hdr, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = seen.add(hdr)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", after(last), err)
		}
		in.Reset(tr)
		if err := s.member(hdr, in); err != nil {
			return fmt.Errorf("member %s: %w", quote(hdr.Name), err)
		}
		last = hdr.Name
	}
}

func (s *stream) member(hdr *tar.Header, in *bufio.Reader) error {
	name, err := clean(hdr.Name, s.opts.Limits.Path)
	if err != nil {
		return err
	}
	if hdr.Typeflag == tar.TypeReg {
		return s.file(name, hdr.Size, in)
	}
	noteLink(s.links, name, hdr, s.opts.Limits)
	return nil
}

// file keeps a document and scans a layer. The names of members say little:
// blobs of all kinds are called blobs/sha256/….
func (s *stream) file(name string, size int64, in *bufio.Reader) error {
	head, err := in.Peek(int(min(size, 512)))
	if err != nil {
		return err
	}
	if isLayer(name, head) {
		return s.layer(name, size, compressionOf(head) != "", in)
	}
	return s.keepDocument(name, size, in)
}

// keepDocument keeps a member that is JSON. What is too large for a document is
// left out, and whoever needs it is told.
func (s *stream) keepDocument(name string, size int64, r io.Reader) error {
	limit := int64(s.opts.Limits.Document)
	if size > limit || int64(s.kept)+size > 3*limit {
		return nil
	}
	in := bufio.NewReader(r)
	head, err := in.Peek(int(min(size, 512)))
	if err != nil || !isJSON(head) || isStatement(head) {
		return err
	}
	raw := make([]byte, size)
	_, err = io.ReadFull(in, raw)
	s.documents[name] = raw
	s.kept += len(raw)
	return err
}

// isStatement recognises BuildKit's attestations, which nobody asks for and
// which list every file of an image.
// https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
func isStatement(head []byte) bool { return bytes.Contains(head, []byte(`//in-toto.io/Statement/`)) }

// isLayer tells layers from documents by their magic numbers. An empty layer
// is nothing but zeros.
func isLayer(name string, head []byte) bool {
	const magic, at = "ustar", 257
	switch {
	case compressionOf(head) != "", strings.HasSuffix(name, ".tar"):
		return true
	case len(head) < 512:
		return false
	}
	return string(head[at:at+len(magic)]) == magic || len(bytes.Trim(head, "\x00")) == 0
}

// layer reads a layer, unless the store holds it: from Engine 25 on, its name is
// the digest of its content.
func (s *stream) layer(name string, size int64, compressed bool, in io.Reader) error {
	if len(s.layers) == s.opts.Limits.Layers {
		return fmt.Errorf("more than %d layers", s.opts.Limits.Layers)
	}
	if digest, ok := blobDigest(name); ok && !compressed {
		w := wanted{diffID: digest, size: record.Bytes(size)}
		if l, ok := s.opts.Store.get(w, &s.scan); ok && l.diffID == w.diffID {
			s.layers[name] = scan{l, s.scan.budget.again(l.content)}
			s.byContent[l.diffID] = l
			return nil
		}
	}
	l, err := s.scan.layer(in, size)
	if ended := s.scan.ctx.Err(); ended != nil {
		return ended
	}
	if err == nil {
		if known, ok := s.byContent[l.diffID]; ok {
			l.content = known.content
		} else {
			s.byContent[l.diffID] = l
			s.opts.Store.put(wanted{diffID: l.diffID}, l)
		}
	}
	s.layers[name] = scan{l, err}
	return nil
}

// find returns the layer that a manifest calls name and whose content should
// be diffID.
func (s *stream) find(name, diffID string) (*scanned, error) {
	name = s.follow(name)
	l, ok := s.layers[name]
	if !ok {
		if same, ok := s.byContent[diffID]; ok {
			return same, nil
		}
		return nil, fmt.Errorf("%s is not in the archive, or is no layer", quote(name))
	}
	if l.err != nil {
		return nil, fmt.Errorf("%s: %w", quote(name), l.err)
	}
	if want, ok := blobDigest(name); ok && want != l.digest {
		return nil, fmt.Errorf("%s: content hashes to %s", quote(name), l.digest)
	}
	return l.scanned, nil
}

// follow resolves symbolic links between members. Engine 20.10 links a layer
// to an earlier one with the same content.
func (s *stream) follow(name string) string {
	name, err := clean(name, s.opts.Limits.Path)
	if err != nil {
		return ""
	}
	for range 4 {
		target, ok := s.links[name]
		if !ok {
			break
		}
		name = target
	}
	return name
}

// manifest lets a resolver read the documents of the stream.
func (s *stream) manifest(_ context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	raw, err := s.document(blobPath(d))
	return io.NopCloser(bytes.NewReader(raw)), err
}

func (s *stream) open(ctx context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	return s.manifest(ctx, d)
}

// place is nothing: a stream goes by once.
func (s *stream) place(v1.Descriptor) string { return "" }

func (s *stream) document(name string) ([]byte, error) {
	raw, ok := s.documents[s.follow(name)]
	if !ok {
		return nil, fmt.Errorf("%s is not in the archive as JSON of at most %d bytes", quote(name), s.opts.Limits.Document)
	}
	return raw, nil
}

// item is one image of a manifest.json.
// https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format
type item struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func (it item) name() string {
	if len(it.RepoTags) > 0 {
		return it.RepoTags[0]
	}
	return it.Config
}

func (s *stream) images(ctx context.Context, refs []string) ([]Image, error) {
	items, err := s.items(ctx, refs)
	if err != nil {
		return nil, err
	}
	var out []Image
	for i, it := range items {
		ref := it.name()
		if i < len(refs) && refs[i] != "" {
			ref = refs[i]
		}
		img, err := s.image(ref, it)
		if err != nil {
			return nil, err
		}
		out = append(out, img)
	}
	return out, nil
}

func (s *stream) image(ref string, it item) (Image, error) {
	c, err := s.configOf(ref, it)
	if err != nil {
		return Image{}, err
	}
	ids := c.diffIDs()
	var layers []*scanned
	for i, name := range it.Layers {
		l, err := s.find(name, ids[i])
		if err == nil && l.diffID != ids[i] {
			err = fmt.Errorf("its content hashes to %s, the configuration expects %s", l.diffID, ids[i])
		}
		if err != nil {
			return Image{}, fmt.Errorf("%s: %s: %w", ref, layerName(i, ids[i]), err)
		}
		layers = append(layers, l)
	}
	img, err := assemble(ref, s.from, c, layers, s.opts.Limits)
	img.raw, _ = s.document(it.Config)
	return img, err
}

// configOf reads and checks the configuration of an item.
func (s *stream) configOf(ref string, it item) (config, error) {
	raw, err := s.document(it.Config)
	if err != nil {
		return config{}, fmt.Errorf("%s: image configuration: %w", ref, err)
	}
	c, err := parseConfig(raw, s.opts.Limits)
	if err != nil {
		return config{}, fmt.Errorf("%s: %w", ref, err)
	}
	if err := c.runsOn(s.opts.Platform); err != nil {
		return config{}, fmt.Errorf("%s: %w", ref, err)
	}
	if want := strings.TrimSuffix(path.Base(it.Config), ".json"); imageID.MatchString(want) && !strings.HasSuffix(c.digest, want) {
		return config{}, fmt.Errorf("%s: image configuration %s: content hashes to %s", ref, quote(it.Config), c.digest)
	}
	if ids := c.diffIDs(); len(it.Layers) != len(ids) {
		return config{}, fmt.Errorf("%s: manifest.json lists %d layers, the image configuration %d", ref, len(it.Layers), len(ids))
	}
	return c, nil
}
