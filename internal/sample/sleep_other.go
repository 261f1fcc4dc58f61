//go:build !linux

package sample

import "time"

// sleep waits by a runtime timer where the agent does not run anyway.
func sleep(d time.Duration) { time.Sleep(d) }
