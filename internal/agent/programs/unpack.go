package programs

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
)

// unpack reads what scripts/packprograms wrote.
func unpack(packed string) (engine.Programs, error) {
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return engine.Programs{}, err
	}
	defer decoder.Close()
	raw, err := decoder.DecodeAll([]byte(packed), nil)
	if err != nil {
		return engine.Programs{}, err
	}
	var all engine.Programs
	for members := tar.NewReader(bytes.NewReader(raw)); ; {
		header, err := members.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return engine.Programs{}, err
		}
		body, err := io.ReadAll(members)
		if err != nil {
			return engine.Programs{}, err
		}
		switch header.Name {
		case "agent":
			all.Agent = body
		case "launch":
			all.Launcher = body
		default:
			return engine.Programs{}, fmt.Errorf("%q is neither agent nor launch", header.Name)
		}
	}
	if all.Agent == nil || all.Launcher == nil {
		return engine.Programs{}, errors.New("agent or launch is missing")
	}
	return all, nil
}
