// Package baseline keeps records and finds them again, so that a comparison
// can take a saved record in place of its base image. It takes the records
// that measure made and gives them to compare; today both go to files.
//
// [Encode] and [Decode] know nothing of where bytes are kept: every store,
// whatever it is, writes with the one and reads with the other, so that a
// record is checked the same way wherever it comes from. A record may come
// from a stranger (an artifact of a fork's run, a file in a pull request):
// Decode accepts nothing that a later stage would have to distrust.
package baseline
