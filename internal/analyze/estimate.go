package analyze

import (
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The one compressor behind every estimate: gzip level 6, what docker push
// uses, in members of 512 KiB so that all processors can share the work. The
// members cost well under 1 % against one long stream, and the sum does not
// depend on how many processors there are.
const (
	estimateLevel = 6
	estimateChunk = 512 << 10
)

// Compressing takes twenty times as long as reading headers. Of a layer larger
// than sampleMost bytes only samples are compressed, spread evenly over it: the
// first half of each fills the compressor's window, the second half counts.
const (
	sampleMost = 2 << 20
	sampleSize = 32 << 10
)

// estimator is a Writer that finds out what its input weighs compressed. The
// same layer always gives the same estimate.
type estimator struct {
	step  int64 // from one sample to the next, 0 to compress everything
	pos   int64
	chunk []byte
	work  chan []byte
	free  chan []byte
	taken int64        // bytes that count
	total atomic.Int64 // what they weigh compressed
	done  sync.WaitGroup
}

// newEstimator is for a layer of size bytes; all of it is compressed if exact,
// or if its size is not known, which is -1.
func newEstimator(size int64, exact bool) *estimator {
	workers := runtime.GOMAXPROCS(0)
	e := &estimator{work: make(chan []byte), free: make(chan []byte, workers+1)}
	if size > sampleMost && !exact {
		e.step = size / (sampleMost / sampleSize)
	}
	for range workers {
		e.done.Go(e.compress)
	}
	for range cap(e.free) {
		e.free <- nil
	}
	return e
}

// piece is how many bytes are compressed at a time.
func (e *estimator) piece() int {
	if e.step > 0 {
		return sampleSize
	}
	return estimateChunk
}

// span says how many bytes from here are treated alike, and how. Each step has
// one sample, somewhere: were they all in the same place, a layer that repeats
// itself could be sampled where it is always the same.
func (e *estimator) span() (n int64, wanted bool) {
	if e.step == 0 {
		return 1 << 62, true
	}
	number, at := uint64(e.pos/e.step), e.pos%e.step
	start := int64(scatter(number) % uint64(e.step-sampleSize+1))
	switch {
	case at < start:
		return start - at, false
	case at < start+sampleSize:
		return start + sampleSize - at, true
	}
	return e.step - at, false
}

// scatter makes a number of another that looks drawn at random, and is always
// the same (SplitMix64, https://prng.di.unimi.it/splitmix64.c).
func scatter(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// Write never fails.
func (e *estimator) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		span, wanted := e.span()
		part := rest[:min(int64(len(rest)), span)]
		if wanted {
			e.take(part)
		}
		rest = rest[len(part):]
		e.pos += int64(len(part))
	}
	return len(p), nil
}

// readAt takes what it wants of size bytes that can be read at random.
func (e *estimator) readAt(r io.ReaderAt, size int64) error {
	buf := make([]byte, sampleSize)
	for e.pos < size {
		span, wanted := e.span()
		span = min(span, size-e.pos)
		if !wanted {
			e.pos += span
			continue
		}
		n, err := r.ReadAt(buf[:min(span, int64(len(buf)))], e.pos)
		if n == 0 {
			return err
		}
		_, _ = e.Write(buf[:n])
	}
	return nil
}

func (e *estimator) take(p []byte) {
	for len(p) > 0 {
		if e.chunk == nil {
			e.chunk = e.buffer()
		}
		n := min(len(p), e.piece()-len(e.chunk))
		e.chunk = append(e.chunk, p[:n]...)
		p = p[n:]
		if len(e.chunk) == e.piece() {
			e.send()
		}
	}
}

func (e *estimator) send() {
	e.taken += int64(len(e.chunk) - e.primed(e.chunk))
	e.work <- e.chunk
	e.chunk = nil
}

// primed is how much of a piece only fills the compressor's window.
func (e *estimator) primed(piece []byte) int {
	if e.step > 0 {
		return len(piece) / 2
	}
	return 0
}

// buffer waits for a free chunk. They are made on demand: most layers are
// smaller than one.
func (e *estimator) buffer() []byte {
	if b := <-e.free; b != nil {
		return b[:0]
	}
	return make([]byte, 0, e.piece())
}

// Close compresses what is left and returns the size of all. It must be called
// once, also when the input turned out to be broken.
func (e *estimator) Close() record.Bytes {
	if len(e.chunk) > 0 {
		e.send()
	}
	close(e.work)
	e.done.Wait()
	if e.step == 0 || e.taken == 0 {
		return record.Bytes(e.total.Load())
	}
	return record.Bytes(float64(e.total.Load()) * float64(e.pos) / float64(e.taken))
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
	for piece := range e.work {
		var size counter
		w.Reset(&size)
		if n := e.primed(piece); n > 0 {
			_, _ = w.Write(piece[:n]) // a counter takes everything
			_ = w.Flush()
			size = 0
			_, _ = w.Write(piece[n:])
			_ = w.Flush()
		} else {
			_, _ = w.Write(piece)
			_ = w.Close()
		}
		e.total.Add(int64(size))
		e.free <- piece
	}
}

// counter is a Writer that only counts.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
