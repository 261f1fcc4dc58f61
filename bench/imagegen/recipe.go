package imagegen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// sources are the real files.
type sources struct {
	root      string // of the system
	toolchain Tree
	modules   Tree
}

func findSources(ctx context.Context) (s sources, err error) {
	s.root = "/"
	if s.toolchain, err = toolchain(ctx); err != nil {
		return sources{}, err
	}
	s.modules, err = modules(ctx)
	return s, err
}

// unit are the trees that x1 has once and x8 eight times.
type unit struct{ system, toolchain, dependencies, app Tree }

// unit shares the bytes out as images of services do: most of them lie in the
// layers that seldom change.
func (s sources) unit(bytes int64) (unit, error) {
	system, err := debian(s.root, bytes*40/100, 1)
	if err != nil {
		return unit{}, err
	}
	return unit{
		system:       system,
		toolchain:    sample(s.toolchain, bytes*68/100-system.size(), 2),
		dependencies: sample(s.modules, bytes*20/100, 3),
		app:          below("srv/app", sample(slices.Concat(s.modules, s.toolchain), bytes*8/100, 4)),
	}, nil
}

func below(dir string, t Tree) Tree {
	out := make(Tree, len(t))
	for i, e := range t {
		out[i] = e.under(dir)
	}
	return out
}

// layers are the five of an image that has the unit so many times. The build
// says which of the last two layers these are.
func (u unit) layers(times int, build uint64) []Layer {
	return []Layer{
		{"/bin/sh -c #(nop) ADD file:rootfs in / ", u.system.repeat(times)},
		{"/bin/sh -c install-toolchain --prefix /usr/local/go", u.toolchain.repeat(times)},
		{"/bin/sh -c go mod download", u.dependencies.repeat(times)},
		{"/bin/sh -c #(nop) COPY dir:app in /srv/app ", u.app.altered(10, build).repeat(times)},
		{"/bin/sh -c make -C /srv/app install && chmod -R o-w /usr", u.changes(build).repeat(times)},
	}
}

// changes are what an instruction does to lower layers: 3 % of the files only
// get another mode, 1 % another content as well.
func (u unit) changes(build uint64) Tree {
	var out Tree
	for _, e := range slices.Concat(u.system, u.toolchain, u.dependencies) {
		part := scramble(build, "change "+e.Name) % 100
		if part > 3 || !e.Mode.IsRegular() || e.Size >= 8*largeFile {
			continue
		}
		e.Mode ^= 0o011
		if part == 0 {
			e.Seed = 1000 + build
		}
		out = append(out, e)
	}
	return out
}

// altered changes so many per cent of the files.
func (t Tree) altered(percent, build uint64) Tree {
	out := slices.Clone(t)
	for i, e := range out {
		if scramble(build, "alter "+e.Name)%100 < percent {
			out[i].Seed = 1000 + build
		}
	}
	return out
}

func (t Tree) repeat(times int) []Entry {
	var out []Entry
	for n := range times {
		out = append(out, again(t, "srv/replica", n)...)
	}
	return out
}

// hidden are a layer of so many files and one that deletes some of them. The
// files are small and lie as deep as those of node_modules do: it is their
// number that counts.
func (s sources) hidden(files, whiteouts int) []Layer {
	const most = 8 << 10
	var small Tree
	for _, t := range []Tree{moved("usr/local/go", "go", s.toolchain), moved("go/pkg/mod", "mod", s.modules)} {
		small = append(small, slices.DeleteFunc(t, func(e Entry) bool { return !e.Mode.IsRegular() || e.Size > most })...)
	}
	var lower, upper []Entry
	for round := 0; len(lower) < files && len(small) > 0; round++ {
		copied := again(small, "more", round)
		lower = append(lower, copied[:min(len(copied), files-len(lower))]...)
	}
	for i := range min(whiteouts, len(lower)) {
		upper = append(upper, whiteout(lower[i*len(lower)/whiteouts].Name))
	}
	return []Layer{
		{"/bin/sh -c #(nop) COPY dir:modules in / ", lower},
		{"/bin/sh -c prune-modules --production", upper},
	}
}

// moved is the tree with a directory of it in another place.
func moved(from, to string, t Tree) Tree {
	out := slices.Clone(t)
	for i, e := range t {
		if name, ok := strings.CutPrefix(e.Name, from+"/"); ok {
			out[i].Name = path.Join(to, name)
		}
	}
	return out
}

// maker writes the gallery into a directory.
type maker struct {
	dir     string
	gallery Gallery
}

func (m maker) all(ctx context.Context, s sources, r Recipe) error {
	u, err := s.unit(r.Unit)
	if err != nil {
		return err
	}
	for _, times := range []int{1, 2, 4} {
		if err := m.image(ctx, u.layers(times, 1), false, map[string]Format{fmt.Sprintf("x%d", times): Saved20}); err != nil {
			return err
		}
	}
	if err := m.image(ctx, u.layers(8, 1), true, map[string]Format{"x8": Saved20, "x8-gzip": SavedPacked, "x8-oci": OCIPacked}); err != nil {
		return err
	}
	if err := m.image(ctx, u.layers(8, 2), false, map[string]Format{"x8-head": Saved20}); err != nil {
		return err
	}
	if err := m.image(ctx, s.hidden(r.Files, r.Whiteouts), false, map[string]Format{"whiteouts": Saved25}); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(m.gallery, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(m.dir, "gallery.json"), raw, 0o644)
}

// image writes one image in several formats. Its layers only lie beside them
// until then.
func (m maker) image(ctx context.Context, layers []Layer, pack bool, formats map[string]Format) (err error) {
	blobs, err := os.MkdirTemp(m.dir, "layers-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(blobs)) }()
	done, err := build(ctx, blobs, layers, pack)
	if err != nil {
		return err
	}
	for name, format := range formats {
		i, err := newImage(path.Join("plimsoll.bench", name), done)
		if err != nil {
			return err
		}
		if err := i.write(filepath.Join(m.dir, name+".tar"), format); err != nil {
			return err
		}
		m.gallery[name] = Image{Name: i.name, File: name + ".tar", Format: format, Layers: len(layers), Counts: i.counts()}
	}
	return nil
}
