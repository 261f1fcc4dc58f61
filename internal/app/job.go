package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/agent/programs"
	"github.com/plimsoll-ci/plimsoll/internal/analyze"
	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/cost"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/kube"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// job is one run of the tool: a plan on its way to a result.
type job struct {
	env      Env
	plan     config.Plan
	platform analyze.Platform // zero: the engine's own
	boot     bool             // false: analyse only
	runID    string
	seed     uint64
	rounds   int   // without gated metrics; 0 takes the default
	whole    bool  // run all of rounds, also when every verdict is decided
	ladder   []int // numbers of virtual users to climb after the rounds; nil for none
	progress *progress
	store    *analyze.Store
	known    []analyze.Candidate // images of the engine, once they were asked for

	notes  map[string][]string              // of a service's compose file or manifest
	beside map[string]*measure.Dependencies // of a service, once their images were found

	workloads map[string]*kube.Workload // of a service's manifest; nil for one without

	engine  *engine.Client // nil when nothing needs one
	run     *engine.Run    // nil unless boot
	loaded  int            // images put into the engine for this run
	model   *cost.Model
	scripts scripts
	spent   time.Duration // of the time budget
}

// newJob reads what every job needs from the environment.
func newJob(env Env, plan config.Plan, flags common) (*job, error) {
	j := &job{env: env, plan: plan, boot: true, seed: rand.Uint64(), progress: newProgress(env, flags.quiet)}
	if flags.platform != "" {
		platform, err := analyze.ParsePlatform(flags.platform)
		if err != nil {
			return nil, usagef("--platform: %v", err)
		}
		j.platform = platform
	}
	if err := j.openStore(flags.noCache); err != nil {
		j.progress.warn("layers are not kept for the next run: %v", err)
	}
	if j.runID = env.Getenv("PLIMSOLL_RUN"); j.runID == "" {
		j.runID = engine.NewID()
	}
	if err := engine.CheckID(j.runID); err != nil {
		return nil, usagef("PLIMSOLL_RUN: %v", err)
	}
	if err := errors.Join(j.readCompose(), j.readManifests()); err != nil {
		return nil, err
	}
	return j, nil
}

// cleanupTimeout bounds the removal of everything when a job ends.
const cleanupTimeout = 60 * time.Second

// open connects to the engine, removes what crashed runs left, and prepares
// the run. The caller calls close on every way out, also after an error.
func (j *job) open(ctx context.Context) error {
	client, err := engine.Connect(ctx, j.env.Getenv)
	if err != nil {
		return err
	}
	j.engine = client
	environment := client.Environment()
	j.progress.step("%s %s (API %s, cgroup v%s), %d CPUs", environment.Engine, environment.EngineVersion, environment.API,
		environment.CgroupVersion, environment.CPUs)
	removed, err := client.Sweep(ctx)
	if err != nil {
		j.progress.step("left by an earlier run, and not removable: %v", err)
	}
	if removed > 0 {
		j.progress.step("removed %s from the engine that crashed runs had left", things(removed))
	}
	if !j.boot {
		return nil
	}
	binaries, err := j.programs(ctx, environment.Arch)
	if err != nil {
		return err
	}
	j.run, err = client.NewRun(ctx, j.runID, binaries)
	return err
}

// programsPatience is how long the programs may take without a word: out of a
// release or a cache they come at once.
const programsPatience = 2 * time.Second

// programs gives what goes into the pods. In a checkout they are compiled first.
func (j *job) programs(ctx context.Context, arch string) (built engine.Programs, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		built, err = programs.For(ctx, arch, j.env.Getenv)
	}()
	select {
	case <-done:
	case <-time.After(programsPatience):
		j.progress.step("compiling the agent for linux/%s, once: this can take a minute", arch)
		<-done
	}
	return built, err
}

// close removes everything of the run, also when ctx has ended. What cannot be
// removed changes no verdict, but is told: it may go on using the machine.
func (j *job) close(ctx context.Context) {
	if j.engine == nil {
		return
	}
	defer func() { _ = j.engine.Close() }()
	if j.run == nil {
		return
	}
	if ctx.Err() != nil {
		j.progress.warn("interrupted: removing what was started")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	err := j.run.Close(ctx)
	var lost *engine.LostError
	switch {
	case errors.As(err, &lost):
		j.progress.warn("what this run has in the engine can only be removed when it answers again: the next run does it, or `plimsoll cleanup --run %s`", j.run.ID)
	case err != nil:
		j.progress.warn("not everything could be removed from the engine: %v; `plimsoll cleanup --run %s` tries again", err, j.run.ID)
	}
}

// compare runs the whole plan.
func (j *job) compare(ctx context.Context) (c record.Comparison, err error) {
	if j.model, err = newModel(j.plan.File, j.plan.Cost); err != nil {
		return c, err
	}
	pairs, err := j.openSides()
	if err = errors.Join(err, j.readScripts()); err != nil {
		return c, err
	}
	defer j.progress.clear()
	defer j.close(ctx)
	if j.boot || needsEngine(pairs) {
		if err := j.open(ctx); err != nil {
			return c, err
		}
	}
	if err := errors.Join(j.find(ctx, pairs), j.findDependencies(ctx)); err != nil {
		return c, err
	}
	if err := j.priceWhereItRuns(pairs); err != nil {
		return c, err
	}
	unpriced, err := j.priceBuilds(ctx)
	if err != nil {
		return c, err
	}
	if err := j.prepareScripts(ctx); err != nil {
		return c, err
	}
	services, err := j.services(ctx, pairs)
	if err != nil {
		return c, err
	}
	adviseSlimmer(services)
	c = compare.Run(services)
	if unpriced != "" {
		c.Warnings = append(c.Warnings, unpriced)
	}
	c.Created, c.Tool = time.Now().UTC().Truncate(time.Second), toolName()
	c.Config, c.OnInconclusive = configured(j.env, j.plan), j.plan.OnInconclusive
	if reached := len(services); reached < len(pairs) {
		unreached := fmt.Sprintf("the services from %s on were not measured: the engine was lost", j.plan.Services[reached].Name)
		j.progress.warn("%s", unreached)
		c.Warnings, c.Incomplete, c.Verdict = append(c.Warnings, unreached), true, record.Worst(c.Verdict, record.Missing)
	}
	return c, nil
}

// services are the plan's, or those that were reached before the engine was lost:
// what they have shown stands.
func (j *job) services(ctx context.Context, pairs [][2]*side) (reached []record.Service, err error) {
	for i, s := range j.plan.Services {
		if i > 0 && j.lost(ctx) != "" {
			return reached, nil
		}
		service, err := j.service(ctx, i, s, pairs[i])
		if err == nil {
			reached = append(reached, service)
			continue
		}
		why := j.lost(ctx)
		if i == 0 || why == "" {
			return nil, err
		}
		j.progress.warn("%s", why)
		break
	}
	return reached, nil
}

// lost says why the engine no longer answers, "" while it does or is not needed.
func (j *job) lost(ctx context.Context) (why string) {
	if j.engine == nil || ctx.Err() != nil {
		return ""
	}
	if err := j.engine.Lost(ctx); err != nil {
		return err.Error()
	}
	return ""
}

// service analyses, measures and judges the plan's service i.
func (j *job) service(ctx context.Context, i int, s config.Service, pair [2]*side) (record.Service, error) {
	base, head := pair[0], pair[1]
	if err := j.analyse(ctx, gatesBytes(s), base, head); err != nil {
		return record.Service{}, err
	}
	records, err := staticRecords(base, head)
	if err != nil {
		return record.Service{}, err
	}
	warnings := slices.Concat(base.warnings, sourceWarning(base, head), j.notes[s.Name])
	var bootErr error
	if j.boot && base.image != nil {
		bootErr = j.measure(ctx, i, s, pair, records, &warnings)
		if ctx.Err() != nil {
			return record.Service{}, ctx.Err()
		}
		var tooShort *measure.TimeError
		if i == 0 && errors.As(bootErr, &tooShort) {
			return record.Service{}, bootErr
		}
	}
	service := compare.Service(j.input(s, records))
	for i := range service.Metrics {
		service.Metrics[i].Line = s.Lines[service.Metrics[i].ID]
	}
	service.Growth = analyze.Grown(base.found, head.found, records[0].Contents, records[1].Contents)
	if base.saved != nil {
		service.Growth = analyze.GrownSince(records[0], records[1].Contents)
	}
	if service.Manifest, err = j.manifest(s, j.pricing(s.Name, records), records[1], bootErr); err != nil {
		return record.Service{}, err
	}
	warnings = append(warnings, misfits(service.Manifest)...)
	service.Warnings = append(service.Warnings, warnings...)
	if bootErr != nil {
		j.progress.failure(bootErr)
		service.Warnings = append(service.Warnings, texts(bootErr)...)
		service.Incomplete, service.Verdict = true, record.Worst(service.Verdict, record.Missing)
	}
	return service, nil
}

// texts are the errors that err joins, in words.
func texts(err error) []string {
	var all []string
	for _, part := range parts(err) {
		all = append(all, part.Error())
	}
	return all
}

// staticRecords are the records before a boot, with compressed sizes of the
// same kind and what a node holding base must pull.
func staticRecords(base, head *side) ([2]*record.Record, error) {
	if base.saved == nil {
		var err error
		if base.found, head.found, err = analyze.Comparable(base.found, head.found); err != nil {
			return [2]*record.Record{}, err
		}
	}
	records := [2]*record.Record{base.static(), head.static()}
	if records[0].Platform != records[1].Platform {
		return records, fmt.Errorf("base is for %s and head for %s: two platforms cannot be compared, choose one with --platform",
			records[0].Platform, records[1].Platform)
	}
	records[1].Metrics[record.ImagePull] = record.Measured{
		Unit: record.UnitBytes, Value: float64(analyze.Pull(records[0].Layers, records[1].Layers)),
		Estimated: records[1].Metrics[record.ImageCompressed].Estimated,
	}
	return records, nil
}

// input is the question put to package compare.
func (j *job) input(s config.Service, records [2]*record.Record) compare.Input {
	prices := j.pricing(s.Name, records)
	return compare.Input{
		Name: s.Name, Base: records[0], Head: records[1], Budgets: s.Budgets, Thresholds: thresholds(s),
		Price: prices.month, Estimate: prices.estimate, Refine: prices.refine, Others: j.others(s),
	}
}

// others counts the gated hypotheses of the run's other services.
func (j *job) others(s config.Service) int {
	count := 0
	for _, other := range j.plan.Services {
		if other.Name != s.Name {
			count += hypotheses(other)
		}
	}
	return count
}

// readEnvFiles adds the variables of the service's env files, which its own
// `env` overrides.
func readEnvFiles(s *config.Service, configFile string) error {
	values := map[string]string{}
	for _, name := range s.EnvFiles {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(configFile), path)
		}
		raw, err := readSource(name, path)
		if err != nil {
			return usagef("service %s: env_file: %v", s.Name, err)
		}
		if err := config.ParseEnv(name, raw, values); err != nil {
			return usagef("service %s: env_file: %v", s.Name, err)
		}
	}
	for name, value := range s.Env {
		values[name] = value
	}
	s.Env = values
	s.Setup.Environment = nil
	for name := range values {
		s.Setup.Environment = append(s.Setup.Environment, name)
	}
	slices.Sort(s.Setup.Environment)
	return nil
}
