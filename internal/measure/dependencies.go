package measure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/moby/moby/api/types/container"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Dependencies are what a service needs beside it. Both images get the same.
type Dependencies struct {
	Service config.Container // what the compose file says of the service itself
	All     []Dependency     // in the order to start them
	Reset   *config.Reset    // nil: fresh ones for every boot
}

// Dependency is one of them, with its image as the engine has it.
type Dependency struct {
	config.Container
	Found engine.Image
}

// String is the dependency as errors name it.
func (d Dependency) String() string { return fmt.Sprintf("dependency %s (%s)", d.Name, d.Image) }

// surroundings are the dependencies of a boot, started and ready.
type surroundings struct {
	site  *engine.Site
	took  record.Seconds // to start them, or to reset them
	keeps bool           // they outlive the boot
	all   map[string]*running
}

// running is a dependency that was started.
type running struct {
	Dependency
	in      *engine.Dependency
	healthy bool // its check has passed
	since   time.Time
}

// surround brings up what the target needs, nil where it needs nothing.
func (p *Pods) surround(ctx context.Context, target Target) (*surroundings, error) {
	needs := target.Dependencies
	if needs == nil {
		return nil, nil
	}
	began := time.Now()
	found, err := p.kept(ctx, needs)
	if err == nil && needs.Reset != nil {
		err = found.reset(ctx, *needs.Reset)
	}
	if err != nil {
		return nil, errors.Join(blame(target, err), found.close(ctx))
	}
	found.took = record.SecondsOf(time.Since(began))
	return found, nil
}

// kept gives the dependencies that outlive a boot where there is a command to
// reset them, else fresh ones.
func (p *Pods) kept(ctx context.Context, needs *Dependencies) (*surroundings, error) {
	if needs.Reset != nil && p.standing != nil {
		return p.standing, nil
	}
	fresh, err := bringUp(ctx, p.Run, needs)
	if err == nil && needs.Reset != nil {
		fresh.keeps = true
		p.standing = fresh
	}
	return fresh, err
}

// Close removes the dependencies that outlived their boots.
func (p *Pods) Close(ctx context.Context) error {
	standing := p.standing
	p.standing = nil
	if standing == nil {
		return nil
	}
	standing.keeps = false
	return standing.close(ctx)
}

// close removes what does not outlive the boot, also after an interrupt.
func (s *surroundings) close(ctx context.Context) error {
	if s == nil || s.keeps {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	return s.site.Close(ctx)
}

// containers are the ids of what runs beside the app.
func (s *surroundings) containers() []string {
	if s == nil {
		return nil
	}
	return s.site.Containers()
}

// blame makes an error of a dependency that of the boot.
func blame(target Target, err error) error {
	var broken *dependencyError
	if !errors.As(err, &broken) {
		return fmt.Errorf("boot %s (%s): %w", target.Name, target.Image.Ref, err)
	}
	return &BootError{Target: target.Name, Image: target.Image.Ref, Cause: err, Logs: broken.logs, Whose: broken.whose}
}

// dependencyError is a dependency that did not become what was needed.
type dependencyError struct {
	whose string
	cause error
	logs  []string // its last lines; foreign text
}

func (e *dependencyError) Error() string { return fmt.Sprintf("%s %v", e.whose, e.cause) }
func (e *dependencyError) Unwrap() error { return e.cause }

// bringUp starts all dependencies in their order and waits for what the target
// needs them to be. What it gives is to be closed also after an error.
func bringUp(ctx context.Context, run *engine.Run, needs *Dependencies) (*surroundings, error) {
	site, err := run.NewSite(ctx, volumesOf(needs))
	if err != nil {
		return nil, err
	}
	s := &surroundings{site: site, all: map[string]*running{}}
	for _, d := range needs.All {
		if err := s.meet(ctx, d.Needs); err != nil {
			return s, err
		}
		if err := s.start(ctx, d); err != nil {
			return s, err
		}
	}
	if err := s.meet(ctx, needs.Service.Needs); err != nil {
		return s, err
	}
	return s, s.settle(ctx)
}

// volumesOf lists the named volumes of all containers.
func volumesOf(needs *Dependencies) []string {
	named := map[string]bool{}
	for _, v := range needs.Service.Volumes {
		named[v.Name] = true
	}
	for _, d := range needs.All {
		for _, v := range d.Volumes {
			named[v.Name] = true
		}
	}
	delete(named, "")
	return slices.Sorted(maps.Keys(named))
}

func (s *surroundings) start(ctx context.Context, d Dependency) error {
	r := &running{Dependency: d, since: time.Now()}
	var err error
	if r.in, err = s.site.Start(ctx, dependencySpec(d)); err != nil {
		return s.broken(ctx, r, err)
	}
	s.all[d.Name] = r
	return nil
}

// meet waits for what a container needs of those before it.
func (s *surroundings) meet(ctx context.Context, needs []config.Need) error {
	for _, need := range needs {
		r := s.all[need.Service]
		if r == nil {
			continue
		}
		var err error
		switch need.Condition {
		case config.Healthy:
			err = r.awaitHealth(ctx)
		case config.Completed:
			err = r.awaitEnd(ctx)
		}
		if err != nil {
			return s.broken(ctx, r, err)
		}
	}
	return nil
}

// settle waits for every dependency that can tell, also where the file does not
// ask for it: one that is still starting would be measured with the app. One
// that has failed meanwhile is named.
func (s *surroundings) settle(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(s.all)) {
		r := s.all[name]
		up, code, err := r.in.State(ctx)
		switch {
		case err != nil:
		case !up && code != 0:
			err = fmt.Errorf("ended with exit code %d", code)
		case up && len(r.check().test) > 0:
			err = r.awaitHealth(ctx)
		}
		if err != nil {
			return s.broken(ctx, r, err)
		}
	}
	return nil
}

// broken is the error of a dependency, with the end of its log.
func (s *surroundings) broken(ctx context.Context, r *running, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &dependencyError{whose: r.String(), cause: cause}
	if r.in != nil {
		ask, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		e.logs, _ = r.in.Logs(ask, shownLog) // the failure stands without its log
	}
	return e
}

// resetTimeout bounds the command that resets the dependencies.
const resetTimeout = 2 * time.Minute

// reset runs the user's command in a dependency.
func (s *surroundings) reset(ctx context.Context, reset config.Reset) error {
	r := s.all[reset.Service]
	limited, cancel := context.WithTimeout(ctx, resetTimeout)
	defer cancel()
	code, output, err := r.in.Exec(limited, reset.Command)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		err = fmt.Errorf("was not reset within %v by %q", resetTimeout, reset.Command)
	case err != nil:
		err = fmt.Errorf("could not be reset by %q: %w", reset.Command, err)
	case code != 0:
		err = fmt.Errorf("could not be reset: %q ended with exit code %d", reset.Command, code)
	default:
		return nil
	}
	return &dependencyError{whose: r.String(), cause: err, logs: output[max(0, len(output)-shownLog):]}
}

// dependencySpec is a dependency in the engine's words.
func dependencySpec(d Dependency) engine.DependencySpec {
	return engine.DependencySpec{
		Image: d.Found.ID, Entrypoint: d.Entrypoint, Command: d.Command, Env: environment(d.Environment), User: d.User,
		Tmpfs: d.Tmpfs, ReadOnly: d.ReadOnly, Init: d.Init, Limits: d.Limits,
		Joining: joining(d.Container), Further: further(d.Container),
	}
}

func environment(values map[string]string) []string {
	var env []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		env = append(env, name+"="+values[name])
	}
	return env
}

func joining(c config.Container) engine.Joining {
	return engine.Joining{Aliases: append([]string{c.Name}, c.Aliases...), Hostname: c.Hostname, ExtraHosts: c.ExtraHosts, Sysctls: c.Sysctls}
}

func further(c config.Container) engine.Further {
	f := engine.Further{Directory: c.Directory, Shm: c.Shm, StopSignal: c.StopSignal, Groups: c.Groups,
		DropAll: c.DropAll, Drop: c.Drop, Add: c.Add}
	for _, v := range c.Volumes {
		f.Mounts = append(f.Mounts, engine.Mount{Volume: v.Name, Target: v.Target, ReadOnly: v.ReadOnly, NoCopy: v.NoCopy})
	}
	for _, u := range c.Ulimits {
		f.Ulimits = append(f.Ulimits, &container.Ulimit{Name: u.Name, Soft: u.Soft, Hard: u.Hard})
	}
	return f
}

// composed is the command of an image, less what a compose file replaces: its
// entrypoint takes the image's command away, too.
func composed(image engine.Image, by config.Container) []string {
	entrypoint, command := image.Entrypoint, image.Cmd
	if by.Entrypoint != nil {
		entrypoint, command = by.Entrypoint, nil
	}
	if by.Command != nil {
		command = by.Command
	}
	return slices.Concat(entrypoint, command)
}
