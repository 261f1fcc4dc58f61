package imagegen

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const dpkg = "var/lib/dpkg"

// debian is a system of about so many bytes: whole packages of the one below
// root, with the part of dpkg's database that knows them. It is empty where
// there is no dpkg.
func debian(root string, bytes int64, seed uint64) (Tree, error) {
	raw, err := os.ReadFile(filepath.Join(root, dpkg, "status"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read dpkg's status: %w", err)
	}
	d := distribution{root: root, merged: merged(root), have: map[string]bool{}, left: bytes}
	stanzas := strings.Split(strings.TrimSpace(string(raw)), "\n\n")
	slices.SortFunc(stanzas, func(a, b string) int { return byHash(seed, field(a, "Package"), field(b, "Package")) })
	for _, stanza := range stanzas {
		if d.left > enough(bytes) {
			d.install(stanza)
		}
	}
	return d.tree()
}

// distribution is what has been chosen so far.
type distribution struct {
	root   string
	merged map[string]string // directories that are links into usr
	have   map[string]bool
	files  Tree
	status []string
	left   int64
}

// install adds the package of a stanza with its files, unless it would take
// most of what is left.
func (d *distribution) install(stanza string) {
	name, list := d.list(stanza)
	if list == nil {
		return
	}
	files := d.ownFiles(strings.Fields(string(list)))
	info, err := filepath.Glob(filepath.Join(d.root, dpkg, "info", name+".*"))
	if err != nil {
		return // the name of a package is never a pattern that is broken
	}
	for _, p := range info {
		if e, ok := find(p, path.Join(dpkg, "info", filepath.Base(p))); ok {
			files = append(files, e)
		}
	}
	size := files.size() + int64(len(stanza))
	if size > d.left || size > d.left/4 && len(d.files) > 0 {
		return
	}
	for _, e := range files {
		d.have[e.Name] = true
	}
	d.files, d.status, d.left = append(d.files, files...), append(d.status, stanza), d.left-size
}

// list reads which files a package has. Packages of several architectures have
// theirs in the name.
func (d *distribution) list(stanza string) (name string, list []byte) {
	name = field(stanza, "Package")
	for _, name := range []string{name, name + ":" + field(stanza, "Architecture")} {
		if list, err := os.ReadFile(filepath.Join(d.root, dpkg, "info", name+".list")); err == nil {
			return name, list
		}
	}
	return name, nil
}

func (d *distribution) ownFiles(listed []string) (files Tree) {
	for _, p := range listed {
		name := clean(p)
		top, rest, _ := strings.Cut(name, "/")
		to, moved := d.merged[top]
		if moved && rest == "" {
			continue // the link itself, which tree adds
		}
		if moved {
			name = path.Join(to, rest)
		}
		if e, ok := find(filepath.Join(d.root, p), name); ok && !d.have[name] {
			files = append(files, e)
		}
	}
	return files
}

// tree closes the database and adds the links of a merged /usr.
func (d *distribution) tree() (Tree, error) {
	t := d.files
	slices.Sort(d.status)
	status := strings.Join(d.status, "\n\n") + "\n"
	t = append(t, Entry{Name: dpkg + "/status", Mode: 0o644, ModTime: epoch, Content: []byte(status), Size: int64(len(status))})
	for name, to := range d.merged {
		t = append(t, Entry{Name: name, Mode: fs.ModeSymlink | 0o777, ModTime: epoch, Link: to})
	}
	return t, nil
}

// merged are the top directories that are links into usr.
// https://wiki.debian.org/UsrMerge
func merged(root string) map[string]string {
	out := map[string]string{}
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		if to, err := os.Readlink(filepath.Join(root, name)); err == nil {
			out[name] = clean(to)
		}
	}
	return out
}

// field is the value of a field of one line, in the syntax of Debian's control files.
func field(stanza, name string) string {
	for line := range strings.Lines(stanza) {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// epoch is when everything was made that has no date of its own.
var epoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
