package analyze

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/owner"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// owners joins the packages of an image with its tree: every live inode has
// one owner, several with a share each, or none.
type owners struct {
	list   []record.Package // the first stands for no owner
	known  map[packageKey]uint32
	shares map[uint32][]share // by inode
}

// packageKey makes one package of all claims that mean it.
type packageKey struct {
	ecosystem         record.Ecosystem
	name, version, in string
}

type share struct {
	owner uint32
	part  float64
}

// rank says who goes first where two packages claim a file: the system's
// package manager has put there what a language's package says it holds.
var rank = map[record.Ecosystem]int{record.Debian: 0, record.Alpine: 0, record.RPM: 0, record.Python: 1, record.Ruby: 1, record.NPM: 1, record.Java: 2, record.Go: 2}

// claim finds out whom the live files belong to.
func (img *Image) claim() (*owners, []string) {
	claims, problems := owner.Packages(img.liveEvidence())
	slices.SortStableFunc(claims, func(a, b owner.Claim) int { return cmp.Compare(rank[a.Ecosystem], rank[b.Ecosystem]) })
	o := &owners{list: make([]record.Package, 1), known: map[packageKey]uint32{}, shares: map[uint32][]share{}}
	roots := map[uint32]uint32{} // owner by directory
	for _, c := range claims {
		o.files(img.tree, c)
		if id, ok := img.tree.resolve([]byte(c.Root)); ok && c.Root != "" {
			roots[id] = o.of(c)
		}
	}
	img.tree.spreadCompiled()
	img.tree.spread(roots)
	for _, c := range claims {
		o.share(img.tree, c)
	}
	return o, append(messages(problems), untraced(claims)...)
}

// untraced is the problem with a package manager whose lists of files were
// removed from the image, as some do to save space.
func untraced(claims []owner.Claim) []string {
	packages, listed := 0, 0
	for _, c := range claims {
		if c.Ecosystem == record.Debian {
			packages++
			listed += min(len(c.Files), 1)
		}
	}
	if packages == 0 || listed > 0 {
		return nil
	}
	return []string{fmt.Sprintf("none of the %d Debian packages has a list of its files (var/lib/dpkg/info): what they installed is shown as nobody's", packages)}
}

func messages(problems []error) []string {
	var out []string
	for _, err := range problems {
		out = append(out, err.Error())
	}
	return out
}

// liveEvidence is that of files which no upper layer hides.
func (img *Image) liveEvidence() []owner.Evidence {
	var live []owner.Evidence
	for layer, all := range img.evidence {
		for _, e := range all {
			id, ok := img.tree.find([]byte(e.Path))
			if i := img.tree.all[id].inode; ok && i != 0 && int(img.tree.inodes[i].layer) == layer {
				live = append(live, e)
			}
		}
	}
	return live
}

// of gives the number of a claim's package.
func (o *owners) of(c owner.Claim) uint32 {
	key := packageKey{c.Ecosystem, c.Name, c.Version, c.In}
	id, ok := o.known[key]
	if !ok {
		id = uint32(len(o.list))
		p := record.Package{Ecosystem: c.Ecosystem, Name: c.Name, Version: c.Version}
		if c.In != "" {
			p.In, p.Estimated = "/"+c.In, c.Share < 1
		}
		o.list = append(o.list, p)
		o.known[key] = id
	}
	return id
}

// files gives a package the files that it lists. A package of which no file is
// there is still a package.
func (o *owners) files(t *tree, c owner.Claim) {
	if c.In != "" {
		return
	}
	id := o.of(c)
	for _, name := range c.Files {
		if at, ok := t.resolve([]byte(name)); ok {
			if i := t.all[at].inode; i != 0 && t.inodes[i].owner == 0 {
				t.inodes[i].owner = id
			}
		}
	}
}

// share gives a package its part of a file that belongs to no other package.
func (o *owners) share(t *tree, c owner.Claim) {
	if c.In == "" {
		return
	}
	at, ok := t.find([]byte(c.In))
	i := t.all[at].inode
	if !ok || i == 0 || t.inodes[i].owner != 0 {
		return
	}
	o.shares[i] = append(o.shares[i], share{o.of(c), c.Share})
}

// spread gives what nobody owns to the package whose directory is nearest above.
func (t *tree) spread(roots map[uint32]uint32) {
	if len(roots) == 0 {
		return
	}
	above := make([]uint32, len(t.all)) // owner by directory
	for id := range t.each {
		n := &t.all[id]
		who := above[n.parent]
		if own, ok := roots[id]; ok {
			who = own
		}
		if n.inode == 0 {
			above[id] = who
		} else if t.inodes[n.inode].owner == 0 {
			t.inodes[n.inode].owner = who
		}
	}
}

// spreadCompiled gives what Python compiled of a file to the owner of the file.
// Package managers compile after unpacking, and list nothing of it.
func (t *tree) spreadCompiled() {
	for id := range t.each {
		n := &t.all[id]
		if n.inode == 0 || t.inodes[n.inode].owner != 0 || string(t.name(n.parent)) != "__pycache__" {
			continue
		}
		module, _, ok := bytes.Cut(t.name(id), []byte{'.'})
		if !ok {
			continue
		}
		if from := t.lookup(t.all[n.parent].parent, fmt.Appendf(nil, "%s.py", module)); from != 0 && t.all[from].inode != 0 {
			t.inodes[n.inode].owner = t.inodes[t.all[from].inode].owner
		}
	}
}

// each goes through all nodes but the root, parents before their children.
func (t *tree) each(yield func(uint32) bool) {
	for at := t.all[0].child; at != 0; {
		if !yield(at) {
			return
		}
		if child := t.all[at].child; child != 0 {
			at = child
			continue
		}
		for at != 0 && t.all[at].next == 0 {
			at = t.all[at].parent
		}
		if at != 0 {
			at = t.all[at].next
		}
	}
}

// mostLinks bounds how many symbolic links are followed for one path, as Linux
// does.
const mostLinks = 40

// resolve is find for who looks from within the final file system: symbolic
// links to directories are followed, as in /lib which is /usr/lib today.
func (t *tree) resolve(name []byte) (id uint32, ok bool) {
	for links := 0; ; links++ {
		id, rest, ok := t.upToLink(name)
		if rest == nil || !ok || links == mostLinks {
			return id, ok && rest == nil
		}
		target := string(t.links.get(t.inodes[t.all[id].inode].link))
		if !path.IsAbs(target) {
			target = path.Join(string(t.appendPath(nil, t.all[id].parent)), target)
		}
		name = []byte(strings.TrimLeft(path.Clean("/"+target)+string(rest), "/"))
	}
}

// upToLink walks down until a symbolic link stands in the way; rest is what is
// left of the path from there, with its slash.
func (t *tree) upToLink(name []byte) (id uint32, rest []byte, ok bool) {
	for at := 0; at < len(name); {
		end := bytes.IndexByte(name[at:], '/')
		if end < 0 {
			end = len(name) - at
		}
		if id = t.lookup(id, name[at:at+end]); id == 0 {
			return 0, nil, false
		}
		at += end
		if i := t.all[id].inode; i != 0 && at < len(name) {
			if t.inodes[i].kind != soft {
				return 0, nil, false
			}
			return id, name[at:], true
		}
		at++
	}
	return id, nil, true
}
