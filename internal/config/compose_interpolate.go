package config

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// interpolate replaces the variables in every value below a node, as Compose
// does: $NAME and ${NAME}, with a default (:- and -), a replacement (:+ and +)
// or an error (:? and ?), and $$ for a dollar sign. Keys stay as they are.
func (c *composeFile) interpolate(n *yaml.Node, seen map[*yaml.Node]bool) {
	n = target(n)
	if seen[n] {
		return
	}
	seen[n] = true
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" && strings.Contains(n.Value, "$") {
		text, err := c.expand(n.Value)
		if err != nil {
			c.failf(n, "%v", err)
			return
		}
		n.Value = text
	}
	for i, child := range n.Content {
		if n.Kind == yaml.SequenceNode || i%2 == 1 {
			c.interpolate(child, seen)
		}
	}
}

// expand replaces the variables of one text.
func (c *composeFile) expand(text string) (string, error) {
	e := &expander{rest: text, c: c}
	out, err := e.until("")
	if err == nil && e.length > maxExpanded {
		err = errTooLong
	}
	return out, err
}

// maxExpanded bounds one value, in bytes, and maxNested the defaults within
// defaults.
const (
	maxExpanded = 1 << 20
	maxNested   = 20
)

var errTooLong = errors.New("the variables of this value expand to more than 1 MiB")

type expander struct {
	c      *composeFile
	rest   string
	depth  int
	length int
	off    int // above 0: what is read is not used, so nothing in it is missing
}

// until expands up to a closing brace ("}") or to the end ("").
func (e *expander) until(end string) (string, error) {
	var out strings.Builder
	for e.rest != "" && (end == "" || e.rest[0] != '}') {
		if e.rest[0] != '$' {
			out.WriteByte(e.rest[0])
			e.rest = e.rest[1:]
			continue
		}
		value, err := e.dollar()
		if err != nil {
			return "", err
		}
		if e.length += len(value); e.length > maxExpanded {
			return "", errTooLong
		}
		out.WriteString(value)
	}
	if end != "" && e.rest == "" {
		return "", errors.New(`"${" is left open, expected "}"; write "$$" for a dollar sign`)
	}
	return out.String(), nil
}

// dollar expands what starts with a dollar sign.
func (e *expander) dollar() (string, error) {
	e.rest = e.rest[1:]
	switch {
	case strings.HasPrefix(e.rest, "$"):
		e.rest = e.rest[1:]
		return "$", nil
	case strings.HasPrefix(e.rest, "{"):
		e.rest = e.rest[1:]
		return e.braced()
	}
	name := e.name()
	if name == "" {
		return "$", nil
	}
	value, set := e.c.lookup(name)
	e.missing(name, set)
	return value, nil
}

// name takes the name of a variable, "" for none.
func (e *expander) name() string {
	end := 0
	for end < len(e.rest) && (isLetter(e.rest[end]) || end > 0 && e.rest[end] >= '0' && e.rest[end] <= '9') {
		end++
	}
	name := e.rest[:end]
	e.rest = e.rest[end:]
	return name
}

func isLetter(b byte) bool { return b == '_' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

// braced expands NAME}, or NAME, an operator, a text and }.
func (e *expander) braced() (string, error) {
	if e.depth++; e.depth > maxNested {
		return "", fmt.Errorf("variables are nested more than %d deep", maxNested)
	}
	defer func() { e.depth-- }()
	name := e.name()
	operator := e.operator()
	if name == "" || operator == "" {
		return "", errors.New(`expected a variable such as ${NAME} or ${NAME:-default}, or "$$" for a dollar sign`)
	}
	value, set := e.c.lookup(name)
	if operator == "}" {
		e.missing(name, set)
		return value, nil
	}
	filled := set && (operator[0] != ':' || value != "")
	kind := operator[len(operator)-1]
	used := filled == (kind == '+')
	if !used {
		e.off++
	}
	text, err := e.until("}")
	if !used {
		e.off--
	}
	if err != nil {
		return "", err
	}
	e.rest = e.rest[1:]
	return choose(kind, name, value, text, filled, e.off > 0)
}

// choose is the value of ${name<kind>text}.
func choose(kind byte, name, value, text string, filled, unused bool) (string, error) {
	switch {
	case kind == '+' && !filled:
		return "", nil
	case kind == '+':
		return text, nil
	case filled:
		return value, nil
	case kind == '?' && !unused:
		return "", fmt.Errorf("the variable %s is not set, and the file requires it: %s", name, printable(text))
	}
	return text, nil
}

// operator takes "}", or one of - ? + with or without a colon; "" for neither.
func (e *expander) operator() string {
	for _, operator := range []string{"}", ":-", ":?", ":+", "-", "?", "+"} {
		if rest, ok := strings.CutPrefix(e.rest, operator); ok {
			e.rest = rest
			return operator
		}
	}
	return ""
}

func (e *expander) missing(name string, set bool) {
	if !set && e.off == 0 {
		e.c.unset[name] = true
	}
}
