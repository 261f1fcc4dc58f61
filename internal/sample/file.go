package sample

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrAbsent means that this kernel or engine does not offer the reading.
var ErrAbsent = errors.New("not offered by this kernel or cgroup layout")

// ErrGone means that the cgroup no longer exists: its container has ended.
var ErrGone = errors.New("the cgroup is gone, its container has ended")

// firstRead is large enough for memory.stat of current kernels (under 3 KiB).
const firstRead = 8 << 10

// file is one control file, kept open so that a reading costs one system call.
// Plain descriptors are used rather than os.File, which would register every
// control file with the runtime's poller.
type file struct {
	path string
	fd   int // negative when the file does not exist
}

// openFile opens name in dir. A missing file is not an error here: its readings
// are. An empty dir stands for a controller that is not mounted.
func openFile(dir, name string) (file, error) {
	if dir == "" {
		return file{path: name, fd: -1}, nil
	}
	path := filepath.Join(dir, name)
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	switch {
	case err == nil:
		return file{path: path, fd: fd}, nil
	case !errors.Is(err, unix.ENOENT):
		return file{fd: -1}, fmt.Errorf("open %s: %w", path, err)
	case missing(dir):
		return file{fd: -1}, fmt.Errorf("open %s: %w", path, ErrGone)
	default:
		return file{path: path, fd: -1}, nil
	}
}

func missing(dir string) bool {
	_, err := os.Stat(dir)
	return errors.Is(err, os.ErrNotExist)
}

func (f file) exists() bool { return f.fd >= 0 }

func (f file) close() error {
	if !f.exists() {
		return nil
	}
	return unix.Close(f.fd)
}

// read returns the whole content in *buf, which grows when it is too small. It
// reads once from offset 0, since the kernel renders the file anew for every
// read and two halves would not belong together.
func (f file) read(buf *[]byte) ([]byte, error) {
	if !f.exists() {
		return nil, fmt.Errorf("read %s: %w", f.path, ErrAbsent)
	}
	for {
		if len(*buf) == 0 {
			*buf = make([]byte, firstRead)
		}
		n, err := unix.Pread(f.fd, *buf, 0)
		switch {
		case err == unix.EINTR:
		case err == unix.ENODEV: // kernfs: the directory was removed under the descriptor
			return nil, fmt.Errorf("read %s: %w", f.path, ErrGone)
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", f.path, err)
		case n < len(*buf):
			return (*buf)[:n], nil
		default:
			*buf = make([]byte, 2*len(*buf))
		}
	}
}
