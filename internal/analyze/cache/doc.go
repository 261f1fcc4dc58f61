// Package cache keeps byte values on disk from one run to the next. It takes a
// key and a value and gives the value back to whoever asks for the key later,
// or says that it has not got it. Package analyze keeps the index of a layer
// in it, so that a base image is read once in its life.
//
// # Promises
//
//   - A Get gives what was Put under that key, whole, or a miss. What is cut
//     short, damaged, or not from this package is a miss, and is removed.
//   - The values take no more of the disk than Open was told. Those used longest
//     ago go first. Processes that Put at the same time may exceed it by a 64th
//     each, until one of them looks. A crash leaves at most the file that was
//     being written, which a later Put clears away when it is an hour old.
//   - Any number of goroutines and processes may share a directory, also ones
//     with another version of the format.
//   - A Get takes memory for a file and its value, each of at most 64 MiB,
//     whatever the file claims. A Put takes what the file has, up to twice 64
//     MiB while it grows, if the value does not compress.
//
// # On disk
//
// A value is one file in one flat directory, named for the SHA-256 of its key
// and the version of the format:
//
//	magic, SHA-256 of the rest, uint32 length of key, key, uint64 length of value, zstd frame
//
// Integers are big-endian. A file is written under a temporary name and
// renamed, so that nobody sees half of it. It is not synced: what a power cut
// leaves of it fails the checksum, and costs a miss. Its modification time is
// when it was last used, give or take an hour.
//
// Note: a version in the name of the directory would leave old directories
// behind that nobody prunes. In the name of the file, versions lie side by
// side and age away together. The version of what the values mean belongs in
// the key.
//
// # Trust
//
// The checksum is against accidents. Who can write to the directory can change
// what is in it, so a directory or a file that is not the caller's own, or that
// others may write to, is not read.
package cache
