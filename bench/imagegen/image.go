package imagegen

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"
)

// Layer is a layer to be written, and what is said to have made it.
type Layer struct {
	Instruction string
	Entries     []Entry
}

// blob is a layer, packed or not, that lies in a file.
type blob struct {
	path string
	hash v1.Hash
	size int64
}

// built is a layer whose blobs lie on disk. Without compression packed is zero.
type built struct {
	Layer
	counts Counts
	plain  blob
	packed blob
}

// image is an image whose layers lie on disk.
type image struct {
	name   string
	layers []built
	config []byte
}

// build writes the layers below dir, several at a time.
func build(ctx context.Context, dir string, layers []Layer, pack bool) ([]built, error) {
	out := make([]built, len(layers))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, l := range layers {
		group.Go(func() (err error) {
			out[i], err = buildLayer(ctx, dir, l, pack)
			return err
		})
	}
	return out, group.Wait()
}

func buildLayer(ctx context.Context, dir string, l Layer, pack bool) (b built, err error) {
	b.Layer = l
	b.plain, err = writeBlob(ctx, dir, func(w io.Writer) error {
		b.counts, err = writeLayer(w, l.Entries)
		return err
	})
	b.counts.Bytes = b.plain.size
	if err == nil && pack {
		b.packed, err = writeBlob(ctx, dir, func(w io.Writer) error { return compress(w, b.plain.path) })
	}
	if err != nil {
		return built{}, fmt.Errorf("layer %s: %w", l.Instruction, err)
	}
	return b, nil
}

// compress is what engines do before they push: gzip at its usual level, 6.
func compress(w io.Writer, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	z := gzip.NewWriter(w)
	if _, err := io.Copy(z, in); err != nil {
		return err
	}
	return z.Close()
}

// writeBlob writes a new file below dir and finds out its digest.
func writeBlob(ctx context.Context, dir string, write func(io.Writer) error) (blob, error) {
	f, err := os.CreateTemp(dir, "blob-")
	if err != nil {
		return blob{}, err
	}
	defer f.Close()
	m := meter{ctx: ctx, to: f, hash: sha256.New()}
	buffered := bufio.NewWriterSize(&m, 1<<20)
	if err := write(buffered); err != nil {
		return blob{}, err
	}
	if err := buffered.Flush(); err != nil {
		return blob{}, err
	}
	return blob{filepath.Clean(f.Name()), m.sum(), m.size}, f.Close()
}

// meter counts and hashes what is written, until the context ends.
type meter struct {
	ctx  context.Context
	to   io.Writer
	hash hash.Hash
	size int64
}

func (m *meter) Write(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	m.hash.Write(p)
	m.size += int64(len(p))
	return m.to.Write(p)
}

func (m *meter) sum() v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(m.hash.Sum(nil))}
}

// newImage makes the configuration to the layers.
func newImage(name string, layers []built) (image, error) {
	c := v1.ConfigFile{
		OS: "linux", Architecture: runtime.GOARCH, Created: v1.Time{Time: epoch},
		Config: v1.Config{Env: []string{"PATH=/usr/local/go/bin:/usr/bin"}, Cmd: []string{"/srv/app/server"}, WorkingDir: "/srv/app"},
		RootFS: v1.RootFS{Type: "layers"},
	}
	for _, l := range layers {
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, l.plain.hash)
		c.History = append(c.History, v1.History{Created: v1.Time{Time: epoch}, CreatedBy: l.Instruction})
	}
	c.History = append(c.History, v1.History{Created: v1.Time{Time: epoch}, CreatedBy: `/bin/sh -c #(nop)  CMD ["/srv/app/server"]`, EmptyLayer: true})
	raw, err := json.Marshal(c)
	return image{name, layers, raw}, err
}

func (i image) counts() (sum Counts) {
	for _, l := range i.layers {
		sum.add(l.counts)
	}
	return sum
}

func hashOf(raw []byte) v1.Hash {
	sum := sha256.Sum256(raw)
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
}
