package app

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// unmeasured is the comparison of a run that ended before there was one. It says
// why, to readers of the pull request and to the job that joins what several have
// saved: without it, an older comment would go on saying that all is well.
func unmeasured(env Env, plan config.Plan, services []string, err error) record.Comparison {
	c := record.Comparison{
		Schema: record.ComparisonSchema, Verdict: record.Missing, Incomplete: true,
		Created: time.Now().UTC().Truncate(time.Second), Tool: toolName(),
		Config: configured(env, plan), OnInconclusive: plan.OnInconclusive,
		Warnings: []string{}, Services: []record.Service{},
	}
	if names := plan.Names(); len(names) > 0 {
		services = names
	}
	var why []string
	for _, part := range parts(err) {
		why = append(why, reasons(env, part)...)
	}
	if len(services) == 0 {
		c.Warnings = append(c.Warnings, why...)
	}
	for _, name := range services {
		c.Services = append(c.Services, record.Service{
			Name: name, Verdict: record.Missing, Incomplete: true, Warnings: why, Metrics: []record.Change{},
		})
	}
	return c
}

// reasons puts an error into lines of plain words. Mistakes in a configuration
// are one each, without the source that a terminal shows below them.
func reasons(env Env, err error) []string {
	var wrong config.Errors
	if !errors.As(err, &wrong) {
		return []string{withoutSecrets(env, singleLine(err.Error()))}
	}
	var all []string
	for _, one := range wrong {
		all = append(all, withoutSecrets(env, singleLine(one.Error())))
	}
	return all
}

// userinfo is the part of a web address that may hold a password.
var userinfo = regexp.MustCompile(`://[^/\s@]+@`)

// withoutSecrets takes out of an error what must not stand in a comment. A log
// hides the secrets of a workflow by itself, and a comment does not.
func withoutSecrets(env Env, text string) string {
	text = userinfo.ReplaceAllString(text, "://***@")
	for _, name := range []string{"INPUT_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"} {
		if secret := strings.TrimSpace(env.Getenv(name)); len(secret) > 4 {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}
