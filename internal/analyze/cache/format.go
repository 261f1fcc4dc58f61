package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// version is that of the layout of a file. Files of other versions are not
// read; they count and are pruned like the others.
const version = 1

var (
	magic  = []byte("plimsoll") // 8 bytes
	suffix = ".v" + strconv.Itoa(version)
)

const tempPrefix = ".plimsoll-temp-"

// nameOf is the name of the file that holds the value of a key.
func nameOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:]) + suffix
}

// isValue tells whether a file is named as nameOf does, in any version.
func isValue(name string) bool {
	sum, number, _ := strings.Cut(name, ".v")
	_, notHex := hex.DecodeString(sum)
	_, notNumber := strconv.ParseUint(number, 10, 32)
	return len(sum) == 2*sha256.Size && notHex == nil && notNumber == nil
}

// fileMax bounds the file of a key and value of so many bytes. What does not
// compress is stored as it is, in blocks of 128 KiB with 3 bytes each:
// https://datatracker.ietf.org/doc/html/rfc8878#section-3.1.1.2
func fileMax(largest int64) int64 { return largest + largest>>10 + 256 }

// encode gives the file that holds a value.
func encode(key string, value []byte) ([]byte, error) {
	z, err := borrow(&encoders, newEncoder)
	if err != nil {
		return nil, err
	}
	defer encoders.Put(z)
	file := make([]byte, 0, 256+len(key)+len(value)/2) // indexes compress to less than half
	file = append(file, magic...)
	file = append(file, make([]byte, sha256.Size)...)
	body := len(file)
	file = binary.BigEndian.AppendUint32(file, uint32(len(key)))
	file = append(file, key...)
	file = binary.BigEndian.AppendUint64(file, uint64(len(value)))
	file = z.EncodeAll(value, file)
	sum := sha256.Sum256(file[body:])
	copy(file[len(magic):], sum[:])
	return file, nil
}

// decode gives the value of no more than largest bytes that a file holds for
// this key, if it holds one. Memory is claimed when the checksum is right, and
// never more than for the length that the file states.
func decode(file []byte, key string, largest int64) (value []byte, ok bool) {
	rest, ok := bytes.CutPrefix(file, magic)
	if !ok || len(rest) < sha256.Size {
		return nil, false
	}
	sum, body := rest[:sha256.Size], rest[sha256.Size:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], sum) {
		return nil, false
	}
	head := append(binary.BigEndian.AppendUint32(nil, uint32(len(key))), key...)
	body, ok = bytes.CutPrefix(body, head)
	if !ok || len(body) < 8 {
		return nil, false
	}
	size := binary.BigEndian.Uint64(body)
	if size > uint64(largest) {
		return nil, false
	}
	return inflate(body[8:], int(size))
}

// inflate gives the size bytes that a frame of zstd holds. They are checked
// once more, by the frame's own checksum.
func inflate(frame []byte, size int) ([]byte, bool) {
	z, err := borrow(&decoders, newDecoder)
	if err != nil {
		return nil, false
	}
	defer decoders.Put(z)
	value, err := z.DecodeAll(frame, make([]byte, 0, size))
	return value, err == nil && len(value) == size
}

// Coders are pooled, because to make one costs more than to use it. Those made
// so have no goroutines; the garbage collector takes what is not needed.
var encoders, decoders sync.Pool

// borrow takes a coder out of its pool, or makes one. It has to be put back.
func borrow[T any](from *sync.Pool, make func() (T, error)) (T, error) {
	if z, ok := from.Get().(T); ok {
		return z, nil
	}
	return make()
}

// newEncoder makes one that takes less than 1 MiB. The fastest level finds
// nothing in a larger window: that of 4 MiB saves 0.4 % of a real index.
func newEncoder() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(256<<10), zstd.WithLowerEncoderMem(true))
}

// newDecoder makes one that stays within the slice that it is given.
func newDecoder() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(valueMax), zstd.WithDecodeAllCapLimit(true))
}
