// Package owner tells which package the files of an image belong to. It reads
// the databases that package managers leave behind, and the files that are
// packages themselves.
//
// It works in two steps, so that layers can be read apart from each other, in
// any order, and the outcome of the first be kept for good:
//
//   - While a layer goes by, [Wanted] picks the files that tell of packages and
//     [Distil] reduces each to a short [Evidence].
//   - When it is known which files of which layer are live, [Packages] reads
//     the evidence of those and says what each package claims: a list of files,
//     a directory, or a share of one file.
//
// It knows nothing of layers or trees: who joins the claims with a tree is
// package analyze. All input is hostile. Nothing is written anywhere.
package owner
