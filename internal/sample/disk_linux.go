package sample

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// ReadDisk reads the room on the file system of a path. On an overlay it is that
// of the upper layer's file system, where everything lies that a container
// writes. Blocks that are promised and not yet written count as used, and so
// does a file without a name that a process still holds open.
func ReadDisk(path string) (Disk, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return Disk{}, fmt.Errorf("read the room on the file system of %s: %w", path, err)
	}
	unit := s.Frsize
	if unit == 0 { // file systems that leave it out count in the other
		unit = s.Bsize
	}
	return Disk{Free: bytesOf(s.Bfree, uint64(unit)), Available: bytesOf(s.Bavail, uint64(unit))}, nil
}
