package analyze

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The one compressor behind every estimate: gzip level 6, what docker push
// uses, in members of 2 MiB so that all processors can share the work. The
// members cost well under 1 % against one long stream, and the sum does not
// depend on how many processors there are.
const (
	estimateLevel = 6
	estimateChunk = 2 << 20
)

// estimator is a Writer that finds out what its input weighs compressed.
type estimator struct {
	chunk []byte
	work  chan []byte
	free  chan []byte
	total atomic.Int64
	done  sync.WaitGroup
}

func newEstimator() *estimator {
	workers := runtime.GOMAXPROCS(0)
	e := &estimator{work: make(chan []byte), free: make(chan []byte, workers+1)}
	for range workers {
		e.done.Go(e.compress)
	}
	for range cap(e.free) {
		e.free <- nil
	}
	return e
}

// Write never fails.
func (e *estimator) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if e.chunk == nil {
			e.chunk = e.buffer()
		}
		n := min(len(rest), cap(e.chunk)-len(e.chunk))
		e.chunk = append(e.chunk, rest[:n]...)
		rest = rest[n:]
		if len(e.chunk) == cap(e.chunk) {
			e.work <- e.chunk
			e.chunk = nil
		}
	}
	return len(p), nil
}

// buffer waits for a free chunk. They are made on demand: most layers are
// smaller than one.
func (e *estimator) buffer() []byte {
	if b := <-e.free; b != nil {
		return b[:0]
	}
	return make([]byte, 0, estimateChunk)
}

// Close compresses what is left and returns the size of all. It must be called
// once, also when the input turned out to be broken.
func (e *estimator) Close() record.Bytes {
	if len(e.chunk) > 0 {
		e.work <- e.chunk
	}
	close(e.work)
	e.done.Wait()
	return record.Bytes(e.total.Load())
}

var compressors = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, estimateLevel)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

func (e *estimator) compress() {
	w := compressors.Get().(*gzip.Writer)
	defer compressors.Put(w)
	for chunk := range e.work {
		w.Reset((*counter)(&e.total))
		_, _ = w.Write(chunk) // a counter takes everything
		_ = w.Close()
		e.free <- chunk
	}
}

// counter is a Writer that only counts.
type counter atomic.Int64

func (c *counter) Write(p []byte) (int, error) {
	(*atomic.Int64)(c).Add(int64(len(p)))
	return len(p), nil
}
