// Package analyze reads container images without unpacking them. It takes an
// image (out of an engine's save stream, an OCI layout, an archive or a
// registry) and gives its configuration, its layers with their sizes and
// instructions, and the exact numbers image.size, image.compressed,
// image.wasted, image.layers and image.files. In the pipeline it stands after
// config and before compare; it boots nothing and writes no file.
//
// # Model
//
// A layer is read once, as a stream: the raw blob is hashed (its digest), then
// inflated, hashed again (its DiffID), optionally compressed again to estimate
// what it weighs on the wire, and its tar headers are kept in a compact index.
// Payloads are thrown away. Layers are known by DiffID, so that the order of a
// stream does not matter and a layer shared by two images is read once.
//
// The indexes of an image are then applied, lowest first, to one tree of
// paths. What a layer creates and still holds when it is complete is stored;
// what can still be reached at the top is live:
//
//	size = stored    wasted = stored - live
//
// Both follow from the same inodes, so they agree by construction. The rules
// are those of https://github.com/opencontainers/image-spec/blob/main/layer.md:
// whiteouts hide lower layers whatever their position in the tar, hard links
// share an inode, and a directory over a directory keeps its children.
//
// # Trust
//
// Images are hostile. Bytes, entries, paths, nesting and the ratio of
// decompression are bounded by [Limits]; digests are verified; every error
// names the layer. Nothing of an image is ever written to disk.
package analyze
