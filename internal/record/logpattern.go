package record

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// LogPattern reads Ready.Log: a part of the line, or a regular expression (RE2)
// between slashes. It gives what decides whether a line matches; that takes
// time in proportion to the line.
func LogPattern(pattern string) (func(line []byte) bool, error) {
	if len(pattern) < 2 || pattern[0] != '/' || pattern[len(pattern)-1] != '/' {
		return func(line []byte) bool { return strings.Contains(string(line), pattern) }, nil
	}
	inner := pattern[1 : len(pattern)-1]
	if inner == "" {
		return nil, errors.New("the regular expression is empty")
	}
	expression, err := regexp.Compile(inner)
	if err != nil {
		return nil, fmt.Errorf("not a regular expression: %w", err)
	}
	if expression.MatchString("") {
		return nil, errors.New("the regular expression matches the empty line, and so any")
	}
	return expression.Match, nil
}
