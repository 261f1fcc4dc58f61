package config

import (
	"fmt"
	"slices"
	"strings"
)

// Pick leaves only the named services in the plan, in the plan's own order; all of
// them where none is named. Of names that the plan does not have, the error says
// which ones it has.
func (p Plan) Pick(wanted []string) (Plan, error) {
	if len(wanted) == 0 {
		return p, nil
	}
	all := p.Names()
	for _, name := range wanted {
		if !slices.Contains(all, name) {
			return p, fmt.Errorf("no service is called %s, expected one of %s%s", shown(name), strings.Join(all, ", "), didYouMean(name, all))
		}
	}
	p.Services = slices.DeleteFunc(slices.Clone(p.Services), func(s Service) bool { return !slices.Contains(wanted, s.Name) })
	return p, nil
}

// unnamed stands in for images that are given beside a configuration.
const unnamed = "image-given-elsewhere"

// ServiceNames are those of a configuration that is not measured here: its images
// may be known to other jobs only. A service that would be called after such an
// image is left out.
func ServiceNames(name string, src []byte) ([]string, error) {
	plan, err := LoadImages(name, src, Images{Head: unnamed, Base: unnamed, spare: true})
	return slices.DeleteFunc(plan.Names(), func(name string) bool { return name == unnamed }), err
}

// Names are those of the services, in the plan's order.
func (p Plan) Names() []string {
	var all []string
	for _, s := range p.Services {
		all = append(all, s.Name)
	}
	return all
}
