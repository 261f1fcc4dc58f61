package github

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of an artifact's contents. Names are bounded because every one is kept
// until all were seen.
const (
	maxEntries  = 2000
	maxFile     = 32 << 20 // bytes, unpacked
	maxUnpacked = 64 << 20 // bytes of all files that are taken
	maxFileName = 1000     // bytes
)

// comparisonName is how the names of the files end that are taken.
const comparisonName = "comparison.json"

// File is a file out of an artifact, in memory.
type File struct {
	Name string // only for showing: "?" stands for what might be markup or a command
	Data []byte
}

// unpack takes the comparisons out of a zip file. The archive is a stranger's:
// anything that the upload of an artifact does not make refuses it whole, sizes
// are counted and not believed, and no name becomes a path.
func unpack(raw []byte) ([]File, error) {
	if len(raw) > maxArchive {
		return nil, damaged("it has more than %d bytes", maxArchive)
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, damaged("it is no zip file, or only a part of one")
	}
	if len(archive.File) > maxEntries {
		return nil, damaged("it has %d entries, and %d are read", len(archive.File), maxEntries)
	}
	u := &unpacking{seen: map[string]bool{}, left: maxUnpacked}
	for _, entry := range archive.File {
		if err := u.take(entry); err != nil {
			return nil, err
		}
	}
	if len(u.files) == 0 {
		return nil, &DeniedError{Reason: NotFound, Why: "the artifact holds no file whose name ends in " + comparisonName}
	}
	return u.files, nil
}

func damaged(format string, args ...any) error {
	return &DeniedError{Reason: Damaged, Why: "the artifact cannot be read: " + fmt.Sprintf(format, args...) + "; run the workflow that measures again"}
}

// unpacking is the state of one call of unpack.
type unpacking struct {
	seen  map[string]bool // names, as they would meet on a disk that ignores case
	left  int64           // bytes that may still be taken
	files []File
}

func (u *unpacking) take(entry *zip.File) error {
	if what := strange(entry.Name); what != "" {
		return damaged("the name of an entry %s", what)
	}
	key := strings.ToLower(path.Clean(entry.Name))
	if u.seen[key] {
		return damaged("two entries have the same name")
	}
	u.seen[key] = true
	switch {
	case entry.Flags&1 != 0:
		return damaged("it is encrypted")
	case strings.HasSuffix(entry.Name, "/") || !strings.HasSuffix(entry.Name, comparisonName):
		return nil
	case !entry.Mode().IsRegular():
		return damaged("a %s is no regular file", comparisonName)
	}
	data, err := u.read(entry)
	if err != nil {
		return err
	}
	u.files = append(u.files, File{Name: shown(entry.Name), Data: data})
	return nil
}

// read unpacks one file as far as the limits allow, whatever size it claims.
func (u *unpacking) read(entry *zip.File) ([]byte, error) {
	limit := min(u.left, maxFile)
	if entry.UncompressedSize64 > uint64(limit) {
		return nil, tooLarge()
	}
	content, err := entry.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return nil, damaged("an entry is compressed in a way that the upload of artifacts does not use")
	}
	if err != nil {
		return nil, damaged("an entry points to nowhere in it")
	}
	defer content.Close()
	data, err := io.ReadAll(io.LimitReader(content, limit+1))
	switch {
	case err != nil:
		return nil, damaged("an entry is cut off, or not what its checksum and size say")
	case int64(len(data)) > limit:
		return nil, tooLarge()
	}
	u.left -= int64(len(data))
	return data, nil
}

func tooLarge() error {
	return damaged("unpacked, a file has more than %d bytes or all have more than %d", maxFile, maxUnpacked)
}

// strange says what is wrong with an entry's name, "" when nothing is.
func strange(name string) string {
	switch {
	case name == "" || len(name) > maxFileName:
		return fmt.Sprintf("has %d bytes, expected 1 to %d", len(name), maxFileName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return "has control characters or is not UTF-8"
	case strings.HasPrefix(name, "/") || strings.ContainsAny(name, `\:`):
		return "is absolute, or of another system"
	}
	for _, part := range strings.Split(name, "/") {
		if part == ".." {
			return "leads out of the archive"
		}
	}
	return ""
}

// shown is a name with nothing in it that means something to Markdown, HTML, a
// terminal or the runner.
func shown(name string) string {
	const limit = 100
	safe := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-/ ", r) {
			return r
		}
		return '?'
	}, name)
	if runes := []rune(safe); len(runes) > limit {
		return "..." + string(runes[len(runes)-limit:])
	}
	return safe
}
