package analyze

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/advice"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// How many of the largest are listed.
const (
	mostFiles       = 100
	mostDirectories = 200
)

// Contents says what the bytes of an image are. The candidates are images that
// this one may be built on. The warnings are about package databases that could
// not be read. An image that was put together by hand has no contents.
func Contents(img Image, candidates []Candidate) (*record.Contents, []string) {
	if img.tree == nil {
		return nil, nil
	}
	s := survey(&img)
	out := &record.Contents{
		From: img.from(candidates), Live: img.Live,
		Packages: s.packages(), Unowned: s.unowned(), Files: s.largest(), Waste: img.tree.waste.list(),
	}
	out.Advice = advice.For(advice.Image{
		Files: s.files, Instructions: img.instructions(), Waste: out.Waste, Packages: out.Packages, From: out.From,
	})
	if area, ok := drawing(nil, s); ok {
		out.Tree = &area
	}
	return out, s.problems
}

func (img Image) instructions() []string {
	var out []string
	for _, l := range img.Layers {
		out = append(out, l.Instruction)
	}
	return out
}

// surveyed is an image whose files know their owners.
type surveyed struct {
	*tree
	owners *owners
	rest   map[string]record.Directory // of what nobody owns
	groups groups
	below  []record.Bytes // by node: all that is in it
	layers []record.Layer

	problems []string
}

// survey finds the owner of every live byte and counts it once, under the oldest
// name of a file: another hard link to it takes nothing away from that.
func survey(img *Image) *surveyed {
	img.tree.once.Do(func() { img.tree.seen = img.survey() })
	return img.tree.seen
}

func (img *Image) survey() *surveyed {
	owned, problems := img.claim()
	s := &surveyed{tree: img.tree, owners: owned, groups: newGroups(&img.tree.nodes), below: make([]record.Bytes, len(img.tree.all)), layers: img.Layers, problems: problems}
	oldest := make([]uint32, len(s.inodes))
	order := make([]uint32, 0, len(s.all))
	for id := range s.each {
		order = append(order, id)
		if i := s.all[id].inode; i != 0 && (oldest[i] == 0 || id < oldest[i]) {
			oldest[i] = id
		}
	}
	for _, id := range order {
		if i := s.all[id].inode; i != 0 && oldest[i] == id {
			s.count(id, i)
		}
	}
	for _, id := range slices.Backward(order) {
		s.below[s.all[id].parent] += s.below[id]
	}
	s.rest = byPath(s.groups.list)
	return s
}

func (s *surveyed) count(id, i uint32) {
	size := record.Bytes(s.inodes[i].body.size)
	s.below[id] = size
	if parts := s.owners.shares[i]; len(parts) > 0 {
		if size = s.divide(parts, size); size == 0 {
			return
		}
	} else if who := s.inodes[i].owner; who != 0 {
		s.owners.list[who].Size += size
		s.owners.list[who].Files++
		return
	}
	s.groups.add(s.all[id].parent, size)
}

// divide gives everybody a part of a file, and returns what is left of it.
func (s *surveyed) divide(parts []share, size record.Bytes) (left record.Bytes) {
	left = size
	sum := 0.0
	for _, p := range parts {
		upTo := record.Bytes(math.Round(min(sum+p.part, 1) * float64(size)))
		part := upTo - (size - left)
		s.owners.list[p.owner].Size += part
		s.owners.list[p.owner].Files = 1
		left -= part
		sum += p.part
	}
	return left
}

func (s *surveyed) packages() []record.Package {
	out := slices.Clone(s.owners.list[1:])
	slices.SortStableFunc(out, func(a, b record.Package) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Ecosystem, b.Ecosystem), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	return out
}

// unowned sums the smallest groups up as one, so that nothing is lost.
func (s *surveyed) unowned() []record.Directory {
	var out []record.Directory
	for _, d := range s.rest {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b record.Directory) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Path, b.Path))
	})
	if len(out) <= mostDirectories {
		return out
	}
	rest := record.Directory{Path: "/"}
	for _, d := range out[mostDirectories:] {
		rest.Size += d.Size
		rest.Files += d.Files
	}
	return append(out[:mostDirectories], rest)
}

// ownerName is whom a file belongs to, or most of it.
func (s *surveyed) ownerName(i uint32) (name string, of record.Ecosystem) {
	who := s.inodes[i].owner
	most := 0.0
	for _, p := range s.owners.shares[i] {
		if p.part > most {
			who, most = p.owner, p.part
		}
	}
	return s.owners.list[who].Name, s.owners.list[who].Ecosystem
}

func (s *surveyed) largest() []record.File {
	top := leading[record.File]{most: mostFiles, compare: func(a, b record.File) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Path, b.Path))
	}}
	for id := range s.each {
		i := s.all[id].inode
		if i == 0 || s.below[id] == 0 {
			continue
		}
		if size := record.Bytes(s.inodes[i].body.size); !top.full || size > top.last.Size {
			name, _ := s.ownerName(i)
			top.add(record.File{Path: "/" + string(s.appendPath(nil, id)), Size: size, Layer: int(s.inodes[i].layer), Owner: name})
		}
	}
	return top.list()
}

// files gives every live file once, in the order of their paths.
func (s *surveyed) files(yield func(advice.File) bool) {
	o := inOrder{surveyed: s, yield: yield}
	o.directory(0)
}

// inOrder walks a tree by name.
type inOrder struct {
	*surveyed
	yield func(advice.File) bool
	path  []byte   // of the directory it is in, with a slash
	stack []uint32 // children still to come, of all directories it is in
}

func (o *inOrder) directory(dir uint32) bool {
	from := len(o.stack)
	for id := o.all[dir].child; id != 0; id = o.all[id].next {
		o.stack = append(o.stack, id)
	}
	upTo := len(o.stack)
	slices.SortFunc(o.stack[from:], func(a, b uint32) int { return bytes.Compare(o.name(a), o.name(b)) })
	for at := from; at < upTo; at++ {
		if !o.child(o.stack[at]) {
			return false
		}
	}
	o.stack = o.stack[:from]
	return true
}

func (o *inOrder) child(id uint32) bool {
	i, outside := o.all[id].inode, len(o.path)
	o.path = append(o.path, o.name(id)...)
	defer func() { o.path = o.path[:outside] }()
	if i == 0 {
		o.path = append(o.path, '/')
		return o.directory(id)
	}
	if o.below[id] == 0 {
		return true
	}
	name, of := o.ownerName(i)
	return o.yield(advice.File{Path: string(o.path), Size: o.below[id], Layer: int(o.inodes[i].maker), Owner: name, Ecosystem: of,
		Shared: o.inodes[i].names > 1})
}

// leading keeps the first so many of a long list, in the order of compare.
type leading[T any] struct {
	most    int
	compare func(a, b T) int
	all     []T
	full    bool
	last    T // the least that counts, once the list is full
}

func (l *leading[T]) add(v T) {
	if l.all = append(l.all, v); len(l.all) >= 4*l.most {
		l.cut()
	}
}

func (l *leading[T]) cut() {
	slices.SortFunc(l.all, l.compare)
	if len(l.all) >= l.most {
		l.all = l.all[:l.most]
		l.full, l.last = true, l.all[l.most-1]
	}
}

func (l *leading[T]) list() []T {
	l.cut()
	return slices.Clip(l.all)
}
