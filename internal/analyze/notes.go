package analyze

import "fmt"

// notes collects remarks about odd but bearable content. A hostile layer can
// give any number of reasons, so all but the first are only counted.
type notes struct {
	first []string
	more  int
}

func (n *notes) addf(format string, args ...any) {
	const most = 5
	if len(n.first) == most {
		n.more++
		return
	}
	n.first = append(n.first, fmt.Sprintf(format, args...))
}

// take returns the remarks made since the last call.
func (n *notes) take() []string {
	out := n.first
	if n.more > 0 {
		out = append(out, fmt.Sprintf("and %d more remarks of this kind", n.more))
	}
	*n = notes{}
	return out
}
