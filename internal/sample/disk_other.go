//go:build !linux

package sample

import "fmt"

// ReadDisk is for the agent, which runs on Linux.
func ReadDisk(path string) (Disk, error) {
	return Disk{}, fmt.Errorf("read the room on the file system of %s: %w", path, ErrAbsent)
}
