package measure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// fallen adds to a failed boot the dependencies that ended meanwhile: they are
// likely to be why.
func (s *surroundings) fallen(ctx context.Context, failed error) error {
	var boot *BootError
	if s == nil || !errors.As(failed, &boot) || ctx.Err() != nil {
		return failed
	}
	for _, name := range slices.Sorted(maps.Keys(s.all)) {
		r := s.all[name]
		up, code, err := r.in.State(ctx)
		if err == nil && !up && code != 0 { // the failure stands without what is not known
			boot.Cause = fmt.Errorf("%w; meanwhile its %s ended with exit code %d", boot.Cause, r, code)
		}
	}
	return failed
}
