//go:build !linux

package sample

import "time"

// Sleep waits by a runtime timer where the agent does not run anyway.
func Sleep(d time.Duration) { time.Sleep(d) }
