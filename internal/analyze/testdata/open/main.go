// Command open reads an image with package analyze, in a process of its own:
// with an environment of its own, and memory that can be measured.
//
//	open [-platform P] REFERENCE
//	open -saved < STREAM
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"github.com/plimsoll-ci/plimsoll/internal/analyze"
)

// outcome is what the tests read.
type outcome struct {
	Error    string
	Image    string // its digest
	Stored   int64
	Files    int
	Layers   int
	Packages int
	Warnings []string
	Peak     int64 // most bytes this process had in memory
}

func main() {
	saved := flag.Bool("saved", false, "read a saved stream from standard input")
	platform := flag.String("platform", "", "choose this one")
	flag.Parse()
	img, err := read(*saved, *platform, flag.Arg(0))
	out := outcome{Image: img.Digest, Stored: int64(img.Stored), Files: img.Files, Layers: len(img.Layers), Warnings: img.Warnings}
	if err != nil {
		out.Error = err.Error()
	} else {
		contents, problems := analyze.Contents(img, nil)
		out.Packages, out.Warnings = len(contents.Packages), append(out.Warnings, problems...)
	}
	out.Peak = peak()
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		panic(err)
	}
}

func read(saved bool, platform, text string) (analyze.Image, error) {
	var opts analyze.Options
	if platform != "" {
		var err error
		if opts.Platform, err = analyze.ParsePlatform(platform); err != nil {
			return analyze.Image{}, err
		}
	}
	if saved {
		images, err := analyze.Saved(context.Background(), os.Stdin, nil, opts)
		if err != nil {
			return analyze.Image{}, err
		}
		return images[0], nil
	}
	ref, err := analyze.ParseReference(text)
	if err != nil {
		return analyze.Image{}, err
	}
	return analyze.Open(context.Background(), ref, opts)
}

// peak asks the kernel, which counts from exec on. What getrusage says of a
// child contains its parent, from before exec.
func peak() int64 {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	_, rest, _ := bytes.Cut(raw, []byte("VmHWM:"))
	var kib int64
	if _, err := fmt.Sscanf(string(rest), "%d kB", &kib); err != nil {
		panic(err)
	}
	return kib << 10
}
