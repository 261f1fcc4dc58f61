package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// shade is a directory with a colour of its own in the picture of an image. A
// directory most of which lies in a few others gives the colour to them.
type shade struct {
	spot
	path string
	size float64 // without those of its parts that are shades themselves
	done bool    // it is not to be divided again
	grey bool    // it shares its colour with others
}

// shades of an image, the largest first. At most mostShades have a colour, the
// others share one.
type shades []shade

const (
	mostShades = 7
	// leastShade is the least share of the image that a part has to be to get a
	// colour; what is left of its directory may have less.
	leastShade = 0.05
	leastRest  = 0.02
	// largeShade is the share from which a directory is divided, if it can be.
	largeShade = 0.15
)

// shadesOf begins with the whole and divides the largest directory again and
// again, until colours are used up or none is large.
func shadesOf(root spot) shades {
	all := shades{{spot: root, size: root.weight}}
	for range mostDepth {
		i := all.divisible(root.weight)
		if i < 0 {
			break
		}
		parts := all[i].divide(root.weight)
		if len(parts) == 0 || len(all)+len(parts) > mostShades+2 && len(all) > 1 {
			all[i].done = true
			continue
		}
		all = append(slices.Delete(all, i, i+1), parts...)
	}
	slices.SortStableFunc(all, func(a, b shade) int { return cmp.Compare(b.size, a.size) })
	for i, s := range all {
		all[i].grey = i >= mostShades || s.size < leastRest*root.weight
	}
	return all
}

// divisible is the largest shade that may still be divided, -1 for none.
func (all shades) divisible(whole float64) int {
	at := -1
	for i, s := range all {
		if !s.done && s.size >= largeShade*whole && (at < 0 || s.size > all[at].size) {
			at = i
		}
	}
	return at
}

// divide gives the large parts of a directory, and the directory for the rest;
// none where no part is large.
func (s shade) divide(whole float64) []shade {
	rest := shade{path: s.path, size: s.size, done: true}
	var parts []shade
	for _, p := range s.parts {
		if name := clean(p.name, partWidth); name != "" && p.weight >= leastShade*whole {
			parts = append(parts, shade{spot: p, path: s.path + "/" + name, size: p.weight, done: len(p.parts) == 0})
			rest.size -= p.weight
		}
	}
	if len(parts) > 0 && rest.size > 0 {
		parts = append(parts, rest)
	}
	return parts
}

// class is the colour of a path: that of the innermost shade that it lies in.
func (all shades) class(path string) string {
	at := -1
	for i, s := range all {
		if (path == s.path || strings.HasPrefix(path, s.path+"/")) && (at < 0 || len(s.path) > len(all[at].path)) {
			at = i
		}
	}
	if at < 0 || all[at].grey {
		return greyShade
	}
	return shadeClass(at)
}

// The classes of shades in the style.
const greyShade = "shade0"

func shadeClass(i int) string { return "shade" + strconv.Itoa(i+1) }

func (all shades) legend() []legendView {
	var views []legendView
	others := 0.0
	for i, s := range all {
		if s.grey {
			others += s.size
			continue
		}
		name := shorten(s.path, nameWidth)
		if s.weight == 0 {
			name = "elsewhere below " + name + "/"
		}
		views = append(views, legendView{shadeClass(i), name + " " + imageBytes(s.size)})
	}
	if others > 0 {
		views = append(views, legendView{greyShade, "others " + imageBytes(others)})
	}
	return views
}
