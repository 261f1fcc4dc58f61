// Package analyze reads container images without unpacking them. It takes an
// image (out of an engine's save stream, an OCI layout, an archive or a
// registry) and gives its configuration, its layers with their sizes and
// instructions, and the exact numbers image.size, image.compressed,
// image.wasted, image.layers and image.files. In the pipeline it stands after
// config and before compare; it boots nothing, and writes no file but those of its cache.
//
// # Model
//
// A layer is read once. As a stream, its blob is hashed (its digest), then
// inflated, hashed again (its DiffID), sampled to estimate what it weighs
// compressed, and its tar headers are kept in a compact index, with what package
// owner distils of the files that tell of packages. Of an uncompressed layer in a
// file only headers, samples and those files are read. All other payloads are
// thrown away. Layers are known by DiffID, so that the order of a stream does not
// matter, and a layer shared by two images is read once; a [Store] with a cache
// on disk keeps them for the next run.
//
// The indexes of an image are then applied, lowest first, to one tree of
// paths. What a layer creates and still holds when it is complete is stored;
// what can still be reached at the top is live:
//
//	size = stored    wasted = stored - live
//
// Every wasted byte is noted with the layer that stores it, the one that hides
// it, and how; every live one with its owner. [Contents] says so of one image,
// [Grown] compares two.
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
// names the layer. No file of an image is ever written to disk.
package analyze
