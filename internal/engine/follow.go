package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// Bounds of a log that is followed, in bytes.
const (
	// maxFollowed is how much is read before the search is given up.
	maxFollowed = 64 << 20
	// maxLine is how much of a line is looked at; what follows is passed over.
	maxLine = 64 << 10
)

// ErrLongLog is returned by [Pod.FollowLog] when the app writes without end.
var ErrLongLog = fmt.Errorf("the log is longer than %d MiB", maxFollowed>>20)

// FollowLog gives the lines of the app's log with the engine's stamps, from the
// first on and as they come, until the app ends or ctx does. The stamp is taken
// when the engine reads the end of the line. The line is foreign text, and
// only valid during the call.
func (p *Pod) FollowLog(ctx context.Context, line func(stamp time.Time, text []byte)) error {
	stream, err := p.client.api.ContainerLogs(ctx, p.App, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: true, Timestamps: true})
	if err != nil {
		return fmt.Errorf("follow the app's log: %w", err)
	}
	defer stream.Close()
	out, errs := &stampedLines{line: line}, &stampedLines{line: line}
	limited := &io.LimitedReader{R: stream, N: maxFollowed}
	_, err = stdcopy.StdCopy(out, errs, limited)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.N <= 0:
		return ErrLongLog
	case err != nil && !errors.Is(err, io.EOF):
		return fmt.Errorf("follow the app's log: %w", err)
	}
	return nil
}

// stampedLines takes one of the log's two streams apart. The engine cuts long
// lines into parts and stamps each of them; a part ends without a line end.
type stampedLines struct {
	line func(stamp time.Time, text []byte)

	stamp  time.Time // of the last part
	text   []byte    // of the line so far, maxLine at most
	inside bool      // the stamp of this part was read
}

// stampWidth is more than any stamp of RFC 3339 with nanoseconds is long.
const stampWidth = 64

// Write takes what the engine sent as one frame: one part with its stamp.
func (s *stampedLines) Write(frame []byte) (int, error) {
	n := len(frame)
	s.inside = false
	for len(frame) > 0 {
		piece := frame
		end := bytes.IndexByte(frame, '\n')
		if end >= 0 {
			piece = frame[:end]
			frame = frame[end+1:]
		} else {
			frame = nil
		}
		s.part(piece)
		if end >= 0 {
			s.finish()
		}
	}
	return n, nil
}

// part adds a piece of a line, and takes its stamp off where it has one.
func (s *stampedLines) part(piece []byte) {
	if !s.inside {
		head := piece[:min(len(piece), stampWidth)]
		if space := bytes.IndexByte(head, ' '); space > 0 {
			if stamp, err := time.Parse(time.RFC3339Nano, string(head[:space])); err == nil {
				s.stamp, piece = stamp, piece[space+1:]
			}
		}
		s.inside = true
	}
	s.text = append(s.text, piece[:min(len(piece), maxLine-len(s.text))]...)
}

func (s *stampedLines) finish() {
	if !s.stamp.IsZero() {
		s.line(s.stamp, s.text)
	}
	s.text, s.inside = s.text[:0], false
}
