// Command packprograms packs the agent and the launcher of an architecture into
// what a release embeds: see package programs, which unpacks it. The same
// programs give the same bytes.
//
//	packprograms OUTPUT AGENT LAUNCHER
package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/klauspost/compress/zstd"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "packprograms:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("expected OUTPUT AGENT LAUNCHER")
	}
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	for i, name := range []string{"agent", "launch"} {
		body, err := os.ReadFile(args[i+1])
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(body))}); err != nil {
			return err
		}
		if _, err := w.Write(body); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	// The window takes both programs, which have much in common.
	to, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(16<<20), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], to.EncodeAll(packed.Bytes(), nil), 0o644)
}
