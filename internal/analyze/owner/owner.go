package owner

import (
	"io"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Kind says what a file tells of packages. Its values are kept in caches:
// never change the meaning of one.
type Kind string

// File is one regular file of a layer, as it goes by.
type File struct {
	Path string    // clean, no leading slash
	Size int64     // bytes, as the tar header claims
	Mode int64     // permission bits
	Body io.Reader // the payload, once
	// At gives the payload at random. It is nil where the layer is a stream.
	At io.ReaderAt
}

// Evidence is what is kept of a file: enough to tell its packages, and short.
type Evidence struct {
	Path string // clean, no leading slash
	Kind Kind
	Data []byte
}

// Claim is one package and what it claims. One of Files, Root and In is set.
type Claim struct {
	Ecosystem record.Ecosystem
	Name      string
	Version   string
	Files     []string // paths, clean, no leading slash; directories and what is not there may be among them
	Root      string   // a directory, all of which it owns down to the roots of other packages
	In        string   // the one file it is a part of …
	Share     float64  // … and which part, above 0 and at most 1; those of a file sum up to at most 1
}
