package sample

// Disk is the room on the file system that holds a path, in bytes.
type Disk struct {
	Free      int64 // not used by anything
	Available int64 // of Free, what others than root may use
}

// bytesOf multiplies without overflow.
func bytesOf(blocks, unit uint64) int64 {
	const limit = 1<<63 - 1
	if unit > 0 && blocks > limit/unit {
		return limit
	}
	return int64(blocks * unit)
}
