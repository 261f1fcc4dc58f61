// Package imagegen writes the container images that the benchmarks read. They
// are made of real files of the machine (Debian packages, the Go toolchain, the
// modules in its cache), so that names, sizes and compression ratios are those
// of real images, and they grow by repeating these trees under other names
// with some of their bytes changed.
//
// The same files and the same version of this package give the same bytes.
package imagegen
