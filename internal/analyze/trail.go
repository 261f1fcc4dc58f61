package analyze

// trail is the way to the directory of the entry before. Neighbours in a tar
// share most of it, and need not look up what they share.
type trail struct {
	path  []byte // of the last of the steps
	steps []step
}

// step is a directory, and where its path ends in that of the trail.
type step struct {
	id  uint32
	end int
}

// follow is the directory deepest on the trail that path is below, 0 for the
// root, and where in path the rest begins. The trail ends there.
func (t *trail) follow(path []byte) (id uint32, at int) {
	shared := commonPrefix(t.path, path)
	n := len(t.steps)
	for n > 0 && (t.steps[n-1].end > shared || t.steps[n-1].end >= len(path) || path[t.steps[n-1].end] != '/') {
		n--
	}
	t.steps = t.steps[:n]
	if n == 0 {
		t.path = t.path[:0]
		return 0, 0
	}
	t.path = t.path[:t.steps[n-1].end]
	return t.steps[n-1].id, t.steps[n-1].end + 1
}

// add goes one directory further, to the one at path.
func (t *trail) add(id uint32, path []byte) {
	t.path = append(t.path, path[len(t.path):]...)
	t.steps = append(t.steps, step{id, len(path)})
}

// lose forgets the way: a directory on it may be gone.
func (t *trail) lose() { t.path, t.steps = t.path[:0], t.steps[:0] }
