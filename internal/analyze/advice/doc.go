// Package advice says what to do about the bytes of an image. It takes what
// package analyze found out (the live files with their layers and owners, the
// waste, the instructions) and gives [record.Advice], each with exact bytes
// and a remedy that fits the instruction which made them.
//
// It is rules and nothing else: it reads no layer and remembers nothing.
//
// # Model
//
// A rule is a line of a table: the places it looks at, what it calls what is
// there, and a remedy for each way it may have come about. A file belongs to
// the first rule that wants it, so no live byte is in two advices. What a rule
// found is summed up by who made it: a RUN, a COPY, an ADD, or the image named
// by FROM. Waste is summed up by the layer that hides it.
//
// Sums below 100 kB and below a thousandth of the image are not worth a line.
//
// Note: content is never looked at, so a name is all there is to go by. Where
// a name may mean something else, or where something may well be needed, the
// remedy says under which condition it holds.
package advice
