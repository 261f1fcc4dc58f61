package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// booleans are the spellings of YAML 1.2's core schema, which the Actions
// toolkit accepts too.
var booleans = notation[bool]{"true or false", func(s string) (bool, error) {
	switch s {
	case "true", "True", "TRUE":
		return true, nil
	case "false", "False", "FALSE":
		return false, nil
	}
	return false, errors.New("no other word is understood")
}}

// titles are shown in GitHub's own pages.
var titles = notation[string]{"text on one line of at most 100 characters", func(s string) (string, error) {
	switch {
	case hasControl(s):
		return "", errors.New("it has a line end, or something else that cannot be seen")
	case utf8.RuneCountInString(s) > 100:
		return "", errors.New("it is longer")
	}
	return s, nil
}}

// unlessOff is a title, or nothing.
var unlessOff = notation[string]{"off, or " + titles.want, func(s string) (string, error) {
	if s == "off" || s == "false" {
		return "", nil
	}
	return titles.parse(s)
}}

var platformShape = regexp.MustCompile(`^linux/[a-z0-9]+(/v[0-9]+)?$`)

var imagePlatforms = notation[string]{"a platform such as linux/amd64", func(s string) (string, error) {
	if !platformShape.MatchString(s) {
		return "", errors.New("it must be linux/ and an architecture")
	}
	return s, nil
}}

// perLine reads one value from every line that is not empty.
func perLine[T any](as notation[T]) notation[[]T] {
	return notation[[]T]{as.want + " on each line", func(s string) ([]T, error) {
		var all []T
		for line := range strings.Lines(s) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			v, err := as.parse(line)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", shown(line), err)
			}
			all = append(all, v)
		}
		return all, nil
	}}
}
