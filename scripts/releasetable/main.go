// Command releasetable writes and checks action/release.json, which names the
// Action's program of a release by its hash.
//
//	releasetable write VERSION GO DOWNLOAD DIR > release.json
//	releasetable check FILE VERSION PLATFORM PROGRAM
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const usage = `usage: releasetable write VERSION GO DOWNLOAD DIR
       releasetable check FILE VERSION PLATFORM PROGRAM
`

// prefix begins the names of the Action's programs; the platform follows.
const prefix = "plimsoll-action-"

// table is release.json.
type table struct {
	Version  string `json:"version"`
	Go       string `json:"go"`       // that the programs were built by
	Download string `json:"download"` // address, with {name} for the platform
	// SHA256 holds the hash of each platform's program, in hexadecimal digits.
	SHA256 map[string]string `json:"sha256"`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	var err error
	switch {
	case len(args) == 5 && args[0] == "write":
		err = write(stdout, table{Version: args[1], Go: args[2], Download: args[3]}, args[4])
	case len(args) == 5 && args[0] == "check":
		err = check(args[1], args[2], args[3], args[4])
	default:
		fmt.Fprint(stderr, usage)
		return 2
	}
	if err != nil {
		fmt.Fprintln(stderr, "releasetable:", err)
		return 1
	}
	return 0
}

// write fills in the hashes of the programs in dir.
func write(w io.Writer, t table, dir string) error {
	programs, err := filepath.Glob(filepath.Join(dir, prefix+"*"))
	if err != nil {
		return err
	}
	if len(programs) == 0 {
		return fmt.Errorf("there is no %s* in %s: scripts/build makes them", prefix, dir)
	}
	t.SHA256 = map[string]string{}
	for _, program := range programs {
		sum, err := hash(program)
		if err != nil {
			return err
		}
		t.SHA256[strings.TrimPrefix(filepath.Base(program), prefix)] = sum
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(t)
}

// check holds a program against the table.
func check(file, version, platform, program string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var t table
	if err := json.Unmarshal(raw, &t); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if t.Version != version {
		return fmt.Errorf("%s is of version %q, expected %s: make the tag by scripts/release tag", file, t.Version, version)
	}
	sum, err := hash(program)
	if err != nil {
		return err
	}
	if t.SHA256[platform] != sum {
		return fmt.Errorf("the program for %s has SHA-256 %s, and %s says %q: it was not built from the same source by %s, and is not released",
			platform, sum, file, t.SHA256[platform], t.Go)
	}
	return nil
}

func hash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
