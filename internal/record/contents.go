package record

// Contents says what the bytes of an image are: who put them there, which of
// them are dead weight, and what to do about it. Sizes are payload bytes of
// the final file system, hard links counted once, unless said otherwise. The
// sizes of Packages and Unowned together are the live bytes of the image.
type Contents struct {
	From     *From       `json:"from,omitempty"` // nil when the image it was built on cannot be told
	Live     Bytes       `json:"live"`
	Packages []Package   `json:"packages"` // largest first
	Unowned  []Directory `json:"unowned"`  // what no package owns, largest first
	Files    []File      `json:"files"`    // the largest of all, largest first
	Waste    []Waste     `json:"waste"`    // largest first; their sum is image.wasted
	Advice   []Advice    `json:"advice"`   // most bytes first: on its own layers, then on those of the FROM image
	Tree     *Area       `json:"tree,omitempty"`
}

// From is the image that an image was built on, as the FROM of its Dockerfile
// names it: the lowest layers.
type From struct {
	Image  string `json:"image,omitempty"` // "" when only the layers are known
	Layers int    `json:"layers"`
	Size   Bytes  `json:"size"` // stored in these layers
	How    string `json:"how"`  // engine: an image there has just these layers; annotation; history: guessed from its instructions
}

// Ecosystem is where packages come from.
type Ecosystem string

// The ecosystems whose packages are recognised.
const (
	Debian Ecosystem = "deb"
	Alpine Ecosystem = "apk"
	RPM    Ecosystem = "rpm"
	Python Ecosystem = "python"
	NPM    Ecosystem = "npm"
	Java   Ecosystem = "jar"
	Go     Ecosystem = "go"
	Ruby   Ecosystem = "gem"
)

// Package is one package of an image. Of several copies of a package in one
// ecosystem, as npm makes them, each version is one Package with the bytes of
// all its copies.
type Package struct {
	Ecosystem Ecosystem `json:"ecosystem"`
	Name      string    `json:"name"`
	Version   string    `json:"version,omitempty"`
	Size      Bytes     `json:"size"`
	Files     int       `json:"files"`
	In        string    `json:"in,omitempty"`        // the file it is part of: a Go binary, a jar
	Estimated bool      `json:"estimated,omitempty"` // its share of that file is worked out from a part of it
}

// Directory sums up files below a path.
type Directory struct {
	Path  string `json:"path"` // absolute
	Size  Bytes  `json:"size"`
	Files int    `json:"files"`
}

// File is one file of the final file system.
type File struct {
	Path  string `json:"path"` // absolute
	Size  Bytes  `json:"size"`
	Layer int    `json:"layer"`           // index into the layers
	Owner string `json:"owner,omitempty"` // name of the package
}

// WasteKind is how bytes that a layer stores came to be hidden.
type WasteKind string

// The kinds of waste.
const (
	Deleted     WasteKind = "deleted"     // by a whiteout of the file or of a directory above it
	Overwritten WasteKind = "overwritten" // by other content under the same name
	Copied      WasteKind = "copied"      // the same content was stored again because mode, owner or time changed
	Replaced    WasteKind = "replaced"    // a directory gave way to something else, or the reverse
	Opaque      WasteKind = "opaque"      // the directory above was made anew
)

// Waste is what one layer hides of another.
type Waste struct {
	Kind   WasteKind `json:"kind"`
	Layer  int       `json:"layer"`  // index of the layer that still stores the bytes
	Killer int       `json:"killer"` // index of the layer that hides them
	Size   Bytes     `json:"size"`
	Files  int       `json:"files"`
	Path   string    `json:"path"` // the deepest directory that holds all of it, or the one file
	// Most is what one instruction took away at a time and holds the most of it,
	// and MostSize how much; "" when that is Path.
	Most     string `json:"most,omitempty"`
	MostSize Bytes  `json:"most_size,omitempty"`
}

// Advice is one thing to do about an image. The bytes it saves are those of
// files that are there, or dead ones that a layer stores, counted once.
type Advice struct {
	Rule   string `json:"rule"` // stable name, such as apt-lists
	Saves  Bytes  `json:"saves"`
	What   string `json:"what"`   // what was found, where: foreign names in it are not escaped
	Remedy string `json:"remedy"` // what to do
	Layer  int    `json:"layer"`  // index of the layer to change, -1 where there is no single one
}

// Area is a directory or file in the picture of an image: a tree, cut where
// its parts become too small to be seen. Base is 0 where one image is drawn.
type Area struct {
	Name     string `json:"name"`
	Base     Bytes  `json:"base,omitempty"`
	Head     Bytes  `json:"head"`
	Children []Area `json:"children,omitempty"` // largest first; the last may be named "" and hold all that is too small
}

// Growth says why head is larger or smaller than base. Size is the difference
// of image.size, and the same as the sum of Packages, Unowned and Waste.
type Growth struct {
	Size       Bytes             `json:"size"`
	FromImage  *Bytes            `json:"from_image,omitempty"` // of Size, due to another FROM image; nil when either is unknown
	Packages   []PackageChange   `json:"packages"`             // largest change first; unchanged ones are left out
	Unowned    []DirectoryChange `json:"unowned"`              // largest change first
	Waste      Bytes             `json:"waste"`                // difference of image.wasted
	Files      []FileChange      `json:"files"`                // the largest changes
	Added      Tally             `json:"added"`                // over all files of the final file systems
	Removed    Tally             `json:"removed"`
	Changed    Tally             `json:"changed"`               // in size, content or kind; Size is the difference
	PullPrefix *Bytes            `json:"pull_prefix,omitempty"` // bytes to pull where only a common prefix of layers can be shared; nil where that is image.pull
	Rebuilt    []Rebuilt         `json:"rebuilt,omitempty"`
	NoFiles    bool              `json:"no_files,omitempty"` // base is a saved record, whose files are not known: Files, Added, Removed, Changed and Tree are empty
	Tree       *Area             `json:"tree,omitempty"`
}

// Tally counts files and their bytes.
type Tally struct {
	Files int   `json:"files"`
	Size  Bytes `json:"size"`
}

// PackageChange is one package of either image. A side is nil where the
// package is not in that image.
type PackageChange struct {
	Ecosystem Ecosystem `json:"ecosystem"`
	Name      string    `json:"name"`
	In        string    `json:"in,omitempty"`
	Base      *Package  `json:"base,omitempty"`
	Head      *Package  `json:"head,omitempty"`
	Size      Bytes     `json:"size"` // head less base
}

// DirectoryChange is what no package owns below a path, in both images.
type DirectoryChange struct {
	Path string `json:"path"`
	Base Bytes  `json:"base"`
	Head Bytes  `json:"head"`
}

// FileChange is one file of either image. A side is nil where it is not.
type FileChange struct {
	Path  string `json:"path"`
	Base  *Bytes `json:"base,omitempty"`
	Head  *Bytes `json:"head,omitempty"`
	Owner string `json:"owner,omitempty"`
}

// Rebuilt is a layer of head with the content of a layer of base, that is none
// the less another layer: only times or the order of its files differ, and
// every node pulls it again.
type Rebuilt struct {
	Base       int   `json:"base"` // indexes into the layers
	Head       int   `json:"head"`
	Compressed Bytes `json:"compressed"` // of head's
}
