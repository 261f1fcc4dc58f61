package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// The command to compare again measures with the same configuration.
func TestSeeItAtHome(t *testing.T) {
	const images = " registry.example.com/api:main registry.example.com/api:pr-7"
	many := severalServices()
	for name, c := range map[string]struct {
		of           record.Comparison
		config, want string
	}{
		"no configuration":     {failing(), "", "plimsoll compare" + images},
		"the usual one":        {failing(), "plimsoll.yml", "plimsoll compare" + images},
		"another":              {failing(), "deploy/api.yml", "plimsoll compare -c deploy/api.yml" + images},
		"of several services":  {many, "deploy/all.yml", "plimsoll compare -c deploy/all.yml"},
		"none of several":      {many, "", "plimsoll compare" + images},
		"not safe to paste":    {failing(), "a;reboot.yml", ""},
		"taken for a flag":     {failing(), "--static", ""},
		"of the services' own": {record.Comparison{Services: []record.Service{ownConfig(failing(), "api.yml")}}, "", "plimsoll compare -c api.yml" + images},
	} {
		c.of.Config = c.config
		_, got, found := bytes.Cut(report.Markdown(c.of, report.Options{}), []byte("See it at home: `"))
		got, _, _ = bytes.Cut(got, []byte("`\n"))
		if string(got) != c.want || found != (c.want != "") {
			t.Errorf("%s: %q, want %q", name, got, strings.TrimSpace(c.want))
		}
	}
}

func ownConfig(c record.Comparison, file string) record.Service {
	s := c.Services[0]
	s.Config = file
	return s
}
