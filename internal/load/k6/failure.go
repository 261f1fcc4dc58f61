package k6

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// What k6 ends with, where it is not 0 or CodeCrossed
// (https://github.com/grafana/k6/blob/v1.8.1/errext/exitcodes/codes.go).
var endings = map[int]string{
	97:  "it could not run the script in the cloud",
	98:  "a timeout of the test",
	100: "setup() took longer than setupTimeout",
	101: "teardown() took longer than teardownTimeout",
	103: "an error of k6 itself",
	104: "the script's options are wrong",
	105: "it was stopped from outside",
	107: "the script threw an exception",
	108: "the script aborted the test",
	110: "the script marked the test as failed",
}

// maxExplained bounds what is quoted of k6's words, in characters.
const maxExplained = 300

// Explain says in one line why k6 ended with a code, from what it wrote to its
// standard error. A mistake in the script stands behind its position.
func (s *Script) Explain(code int, stderr string) string {
	text := strings.TrimSpace(strings.ReplaceAll(stderr, "file://", ""))
	for _, known := range []func(string) string{s.remote, s.absent, s.syntax, s.thrown} {
		if found := known(text); found != "" {
			return found
		}
	}
	text = s.local(shortened(strings.Join(strings.Fields(lastParagraph(text)), " ")))
	if text == "" {
		text = endings[code]
	}
	return fmt.Sprintf("%s: k6 ended with code %d: %s", s.position(s.Test.Main, 0, 0), code, text)
}

var (
	// k6's own words for a module it does not have, and for a file.
	noModule = regexp.MustCompile(`The moduleSpecifier "([^"]+)" couldn't be`)
	noFile   = regexp.MustCompile(`GoError: stat (\S+): no such file or directory[\s\S]*?at (/\S+?):(\d+):(\d+)\(`)
	// A parser's: /plimsoll-k6/test/a.js: Line 4:1 Unexpected token }
	syntaxAt = regexp.MustCompile(`(` + Directory + `/\S+): Line (\d+):(\d+) ([^\n]+)`)
	// The first frame of a stack that is in a script.
	frame = regexp.MustCompile(`(` + Directory + `/[^\s:()]+):(\d+):(\d+)\(`)
)

// remote explains a module of another host.
func (s *Script) remote(text string) string {
	found := noModule.FindStringSubmatch(text)
	if found == nil || !strings.Contains(found[1], "://") {
		return ""
	}
	return fmt.Sprintf("%s: it imports %s, but a pod has no network: save the module beside the script and import that", s.mention(found[1]), shortened(found[1]))
}

// absent explains a file that is not beside the script.
func (s *Script) absent(text string) string {
	const only = "only files of the configuration's directory are put beside k6"
	if found := noModule.FindStringSubmatch(text); found != nil {
		return fmt.Sprintf("%s: it imports %q, which is not there (%s)", s.mention(found[1]), shortened(found[1]), only)
	}
	if found := noFile.FindStringSubmatch(text); found != nil {
		return fmt.Sprintf("%s: it opens %q, which is not there (%s)", s.at(found[2], found[3], found[4]), s.local(found[1]), only)
	}
	return ""
}

func (s *Script) syntax(text string) string {
	found := syntaxAt.FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	return s.at(found[1], found[2], found[3]) + ": " + shortened(found[4])
}

// thrown explains an exception: what it said, and the first place in a script.
func (s *Script) thrown(text string) string {
	found := frame.FindStringSubmatchIndex(text)
	if found == nil {
		return ""
	}
	start := strings.LastIndex(text[:found[0]], "\n\tat ")
	if start < 0 {
		start = strings.LastIndexByte(text[:found[0]], '\n')
	}
	if before := strings.Index(text, "\n\tat "); before >= 0 && before < found[0] {
		start = before
	}
	said := lastLine(text[:max(start, 0)])
	if said == "" {
		said = lastLine(text[:found[0]])
	}
	return fmt.Sprintf("%s: %s", s.at(text[found[2]:found[3]], text[found[4]:found[5]], text[found[6]:found[7]]), s.local(shortened(strings.TrimSuffix(said, " ("))))
}

// mention is the first place where a text of the scripts stands in quotes.
func (s *Script) mention(text string) string {
	for _, name := range slices.Sorted(maps.Keys(s.Test.Files)) {
		for i, line := range strings.Split(string(s.Test.Files[name]), "\n") {
			for _, quote := range []string{`"`, `'`, "`"} {
				if column := strings.Index(line, quote+text+quote); column >= 0 {
					return s.position(name, i+1, len([]rune(line[:column]))+1)
				}
			}
		}
	}
	return s.position(s.Test.Main, 0, 0)
}

// at is a position of k6's container as the user knows it.
func (s *Script) at(file, line, column string) string {
	return s.local(file) + ":" + line + ":" + column
}

func (s *Script) position(name string, line, column int) string {
	text := path.Join(s.Shown, name)
	if line > 0 {
		text += fmt.Sprintf(":%d:%d", line, column)
	}
	return text
}

// local turns paths of the container into those of the user.
func (s *Script) local(text string) string {
	with := path.Clean(s.Shown) + "/"
	if with == "./" {
		with = ""
	}
	return strings.ReplaceAll(text, path.Join(Directory, scripts)+"/", with)
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// lastParagraph is the last line with those indented below it.
func lastParagraph(text string) string {
	lines := strings.Split(text, "\n")
	i := len(lines) - 1
	for i > 0 && strings.HasPrefix(lines[i], "\t") {
		i--
	}
	return strings.Join(lines[i:], "\n")
}

func shortened(text string) string {
	if r := []rune(text); len(r) > maxExplained {
		return string(r[:maxExplained]) + "…"
	}
	return text
}
