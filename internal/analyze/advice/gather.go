package advice

import (
	"cmp"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// gathered is what all rules found in an image.
type gathered struct {
	total  record.Bytes // of all files
	groups map[key]*group
}

// key says which finds are one advice: those of the same rule, made in the
// same way.
type key struct {
	rule int
	by   maker
	base bool
}

// group sums up what is one advice.
type group struct {
	size     record.Bytes
	layers   map[int]record.Bytes
	packages map[string]record.Bytes // of files found by their owner
	spots    spots                   // of the others
}

// gather goes over the files once.
func gather(img Image, l layers) gathered {
	g := gathered{groups: map[key]*group{}}
	c := newClassifier(evidenceOf(img.Packages))
	for f := range img.Files {
		if f.Size <= 0 {
			continue
		}
		g.total += f.Size
		if f.Shared {
			continue
		}
		layer := l.at(f.Layer)
		if rule, ok := c.rule(f, layer); ok {
			g.group(key{c.kin[rule], layer.by, layer.base}).add(f, c, rule)
		}
	}
	return g
}

func (g *gathered) group(k key) *group {
	if g.groups[k] == nil {
		g.groups[k] = &group{layers: map[int]record.Bytes{}, packages: map[string]record.Bytes{}}
	}
	return g.groups[k]
}

func (g *group) add(f File, c *classifier, rule int) {
	g.size += f.Size
	g.layers[f.Layer] += f.Size
	if place, ok := c.place(f, rule); ok {
		g.spots.add(place, f.Size)
	} else {
		g.packages[f.Owner] += f.Size
	}
}

// lines writes the advice of all groups.
func (g *gathered) lines(l layers) []line {
	var out []line
	for k, found := range g.groups {
		r := &rules[k.rule]
		layer := found.layer()
		what := r.thing + found.where()
		if k.base {
			what = inBase + what
		} else {
			what += found.maker(l)
		}
		out = append(out, line{base: k.base, Advice: record.Advice{
			Rule: r.name, Saves: found.size, What: what, Remedy: r.remedy(k.by, k.base), Layer: layer,
		}})
	}
	return out
}

// layer is the one that holds it all, else -1.
func (g *group) layer() int {
	if len(g.layers) != 1 {
		return -1
	}
	return g.heaviest()
}

// heaviest is the layer that holds most of it, the lowest of equals.
func (g *group) heaviest() int {
	best := -1
	for i, size := range g.layers {
		if best < 0 || cmp.Or(cmp.Compare(g.layers[best], size), cmp.Compare(i, best)) < 0 {
			best = i
		}
	}
	return best
}

// owners are the packages.
func (g *group) owners() []spot {
	out := make([]spot, 0, len(g.packages))
	for name, size := range g.packages {
		out = append(out, spot{name, size})
	}
	return out
}

// classifier finds the rule of a file.
type classifier struct {
	scanner
	enabled set
	owners  map[owner]set // what is known of those met
	last    owner         // the one met last: most files lie beside others of their package
	wanted  set           // by the rules that want all of its files
	byOwner set           // the rules that want the last file for its package
	kin     []int         // of each rule, the first one that says the same
}

type owner struct {
	ecosystem record.Ecosystem
	name      string
}

func newClassifier(e evidence) *classifier {
	c := &classifier{scanner: scanner{index: places, end: make([]int, len(rules))}, owners: map[owner]set{}}
	for i, r := range rules {
		if r.when == nil || r.when(e) {
			c.enabled.add(i)
		}
		c.kin = append(c.kin, slices.IndexFunc(rules, func(other rule) bool { return other.name == r.name && other.run == r.run }))
	}
	return c
}

// rule is the first rule that wants f.
func (c *classifier) rule(f File, l made) (int, bool) {
	c.byOwner = c.owned(f)
	for found := (c.find(f.Path) | c.byOwner) & c.enabled; found != 0; found.drop(found.first()) {
		if r := found.first(); rules[r].takes(f, l) {
			return r, true
		}
	}
	return 0, false
}

// owned gives the rules that want all files of f's package.
func (c *classifier) owned(f File) set {
	if f.Owner == "" {
		return 0
	}
	o := owner{f.Ecosystem, f.Owner}
	if o == c.last {
		return c.wanted
	}
	wanted, known := c.owners[o]
	if !known {
		for rest := c.owner; rest != 0; rest.drop(rest.first()) {
			if rules[rest.first()].owner(o.ecosystem, o.name) {
				wanted.add(rest.first())
			}
		}
		c.owners[o] = wanted
	}
	c.last, c.wanted = o, wanted
	return wanted
}

// place is what to call the place where the rule found f, without its leading
// slash; of a single file it is the directory. Where the rule wants all of its
// package, there is none: the name of the package says more.
func (c *classifier) place(f File, rule int) (string, bool) {
	end := c.end[rule]
	switch named := rules[rule].place; {
	case c.byOwner&(1<<rule) != 0:
		return "", false
	case named != nil:
		end = named(f.Path)
	case end == len(f.Path):
		end = max(0, strings.LastIndexByte(f.Path, '/'))
	}
	return f.Path[:end], true
}
