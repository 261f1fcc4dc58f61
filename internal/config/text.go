package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// The notations of text.
var (
	anyText = notation[string]{"text", func(s string) (string, error) { return s, nil }}
	images  = notation[string]{"an image reference such as app:head", parseImage}
	names   = notation[string]{"a name of letters, digits, dots, dashes and underscores", parseName}
	paths   = notation[string]{"a file path", parsePath}
	targets = notation[string]{"a path such as /health", parseTarget}
	users   = notation[string]{"a user such as 1000, 1000:1000 or nobody", parseUser}
	mounts  = notation[string]{"a directory such as /tmp or /tmp:size=64m", parseMount}
	methods = notation[string]{"one of " + strings.Join(httpMethods, ", "), parseMethod}
)

var httpMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

var nameShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

func parseName(s string) (string, error) {
	if !nameShape.MatchString(s) {
		return "", errors.New("it must start with a letter or digit and have at most 63 characters")
	}
	return s, nil
}

func parseImage(s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New("it is empty")
	case strings.ContainsFunc(s, unicode.IsSpace), strings.HasPrefix(s, "-"), hasControl(s):
		return "", errors.New("no image is called that")
	}
	return s, nil
}

func parsePath(s string) (string, error) {
	if s == "" || hasControl(s) {
		return "", errors.New("no file is called that")
	}
	return s, nil
}

// parseTarget reads the path of a request line.
func parseTarget(s string) (string, error) {
	switch {
	case strings.Contains(s, "://"):
		return "", errors.New("only the path, without scheme and host")
	case !strings.HasPrefix(s, "/"):
		return "", fmt.Errorf("it must start with a slash; did you mean %q?", "/"+s)
	case strings.ContainsFunc(s, unicode.IsSpace), hasControl(s):
		return "", errors.New("spaces and control characters must be percent-encoded")
	}
	return s, nil
}

func parseUser(s string) (string, error) {
	if s == "" || strings.ContainsFunc(s, unicode.IsSpace) || hasControl(s) {
		return "", errors.New("no user is called that")
	}
	return s, nil
}

func parseMount(s string) (string, error) {
	dir, _, _ := strings.Cut(s, ":")
	switch {
	case !strings.HasPrefix(dir, "/") || hasControl(s):
		return "", errors.New("it must be an absolute path")
	case slices.Contains(strings.Split(dir, "/"), ".."):
		return "", errors.New(`it must not contain ".."`)
	}
	return s, nil
}

func parseMethod(s string) (string, error) {
	if !slices.Contains(httpMethods, s) {
		return "", fmt.Errorf("no such method%s", didYouMean(strings.ToUpper(s), httpMethods))
	}
	return s, nil
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

// nameOf derives a service's name from its image: the last part of the
// reference without transport, tag and digest.
func nameOf(image string) string {
	ref := image
	if _, rest, ok := strings.Cut(ref, "://"); ok {
		ref = rest
	}
	ref, _, _ = strings.Cut(ref, "@")
	if slash := strings.LastIndex(ref, "/"); slash >= 0 {
		ref = ref[slash+1:]
	}
	for _, transport := range []string{"docker-daemon:", "docker-archive:", "oci-archive:", "oci:"} {
		ref = strings.TrimPrefix(ref, transport)
	}
	ref, _, _ = strings.Cut(ref, ":")
	if name, err := parseName(ref); err == nil {
		return name
	}
	return "app"
}

// words splits a command line the way a shell splits words: blanks separate,
// quotes and backslashes keep together. Nothing is expanded, because many
// images have no shell; what would need one is an error.
func words(line string) ([]string, error) {
	var w splitter
	for _, r := range line {
		if err := w.next(r); err != nil {
			return nil, err
		}
	}
	if w.quote != 0 || w.escaped {
		return nil, errors.New("a quote or backslash is left open")
	}
	w.flush()
	if len(w.words) == 0 {
		return nil, errors.New("the command is empty")
	}
	return w.words, nil
}

// splitter is the state of words.
type splitter struct {
	words   []string
	word    strings.Builder
	inWord  bool
	quote   rune // the quote that is open, 0 for none
	escaped bool
}

func (w *splitter) next(r rune) error {
	switch {
	case w.escaped:
		w.escaped = false
		w.put(r)
	case r == '\\' && w.quote != '\'':
		w.escaped, w.inWord = true, true
	case w.quote != 0 && r == w.quote:
		w.quote = 0
	case w.quote != 0:
		w.put(r)
	case r == '\'' || r == '"':
		w.quote, w.inWord = r, true
	case unicode.IsSpace(r):
		w.flush()
	case strings.ContainsRune("|&;<>`", r):
		return fmt.Errorf(`%q needs a shell; write it as a list: [sh, -c, "..."]`, r)
	default:
		w.put(r)
	}
	return nil
}

func (w *splitter) put(r rune) {
	w.word.WriteRune(r)
	w.inWord = true
}

func (w *splitter) flush() {
	if w.inWord {
		w.words = append(w.words, w.word.String())
	}
	w.word.Reset()
	w.inWord = false
}
