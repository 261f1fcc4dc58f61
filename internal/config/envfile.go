package config

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// ParseEnv reads the bytes of an env_file into values, over what is there. Its
// lines are NAME=value, as Docker and Compose write them: blank lines and lines
// that start with # are skipped, "export" may stand in front, and one pair of
// quotes around a value is taken off. Nothing is expanded. The error is an
// [Errors] with every line that is wrong, and shows no value.
func ParseEnv(name string, src []byte, values map[string]string) error {
	if len(src) > MaxSize {
		return Errors{{File: name, Line: 1, Column: 1, Message: fmt.Sprintf("the file has %d bytes, expected at most %d (1 MiB)", len(src), MaxSize)}}
	}
	var wrong Errors
	for i, line := range newSource(src).lines {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := variableLine(line)
		if !ok {
			wrong = append(wrong, Error{File: name, Line: i + 1, Column: 1, Message: "expected NAME=value, and a name of letters, digits, dots, dashes and underscores"})
			continue
		}
		values[key] = value
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

func variableLine(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(strings.TrimPrefix(line, "export "), "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !ok || !variableName.MatchString(name) || !utf8.ValidString(value) || strings.Contains(value, "\x00") {
		return "", "", false
	}
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = value[1 : n-1]
	}
	return name, value, true
}
