package advice

import "strings"

// maker is the kind of instruction that made a layer.
type maker uint8

const (
	unknown maker = iota
	run
	copied
	added
	makers // how many there are
)

// made is one layer: what made it, and whether it is part of the FROM image.
type made struct {
	by          maker
	base        bool
	instruction string
}

// layers are those of an image, lowest first.
type layers []made

func layersOf(img Image) layers {
	out := make(layers, len(img.Instructions))
	for i, s := range img.Instructions {
		out[i] = made{by: makerOf(s), instruction: s, base: img.From != nil && i < img.From.Layers}
	}
	return out
}

// at is layer i. One that nobody told of is the user's own.
func (l layers) at(i int) made {
	if i < 0 || i >= len(l) {
		return made{}
	}
	return l[i]
}

// makerOf reads the first word of an instruction. Builders that follow no
// Dockerfile write what they like there.
func makerOf(instruction string) maker {
	word, _, _ := strings.Cut(instruction, " ")
	switch strings.ToUpper(word) {
	case "RUN":
		return run
	case "COPY":
		return copied
	case "ADD":
		return added
	}
	return unknown
}
