package sample

import (
	"bytes"
	"fmt"
	"iter"
	"math"
)

// pairs yields the "key value" lines of a flat keyed control file, values
// unsigned and decimal. Lines of another form are left out.
func pairs(content []byte) iter.Seq2[[]byte, int64] {
	return func(yield func([]byte, int64) bool) {
		for len(content) > 0 {
			var line []byte
			line, content, _ = bytes.Cut(content, []byte{'\n'})
			key, text, ok := bytes.Cut(line, []byte{' '})
			value, valid := decimal(text)
			if ok && valid && !yield(key, value) {
				return
			}
		}
	}
}

// lookup finds one key of a flat keyed control file.
func lookup(content []byte, key string) (int64, bool) {
	for k, v := range pairs(content) {
		if string(k) == key {
			return v, true
		}
	}
	return 0, false
}

// count reads a control file that holds one number.
func count(path string, content []byte) (int64, error) {
	n, ok := decimal(bytes.TrimSpace(content))
	if !ok {
		return 0, fmt.Errorf("read %s: found %.40q, expected one number", path, content)
	}
	return n, nil
}

// decimal parses an unsigned decimal number that fits an int64, without
// allocating.
func decimal(text []byte) (int64, bool) {
	if len(text) == 0 {
		return 0, false
	}
	var n int64
	for _, c := range text {
		d := int64(c) - '0'
		if d < 0 || d > 9 || n > (math.MaxInt64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}
