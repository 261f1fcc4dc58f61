package analyze

import "github.com/plimsoll-ci/plimsoll/internal/record"

// groups sums up files that nobody owns by directory: their own, or that two
// levels below the root, three below /usr and its like.
type groups struct {
	*nodes
	list []record.Directory
	of   []uint32 // by node: index into list plus one, 0 where it was not asked for
}

func newGroups(of *nodes) groups { return groups{nodes: of, of: make([]uint32, len(of.all))} }

// deep are the directories below which others are worth a group of their own.
var deep = map[string]bool{"usr": true, "var": true, "opt": true, "home": true, "root": true, "srv": true}

// add counts a file of the directory dir.
func (g *groups) add(dir uint32, size record.Bytes) {
	d := &g.list[g.find(dir)]
	d.Size += size
	d.Files++
}

func (g *groups) find(dir uint32) uint32 {
	if at := g.of[dir]; at > 0 {
		return at - 1
	}
	at := uint32(len(g.list))
	if level, most := g.level(dir); level > most {
		at = g.find(g.all[dir].parent)
	} else {
		g.list = append(g.list, record.Directory{Path: "/" + string(g.appendPath(nil, dir))})
	}
	g.of[dir] = at + 1
	return at
}

// level is how far below the root dir lies, and how far groups go there.
func (g *groups) level(dir uint32) (level, most int) {
	first := dir
	for at := dir; at != 0; at = g.all[at].parent {
		first = at
		level++
	}
	if deep[string(g.name(first))] {
		return level, 3
	}
	return level, 2
}
