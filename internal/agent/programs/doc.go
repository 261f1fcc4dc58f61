// Package programs gives the orchestrator the two static binaries that go into
// pods: the agent and the launcher, for the engine's architecture.
//
// Release builds embed them, packed (build tag "release"): those for engines of
// their own architecture, and on request those for every one. A build from a checkout
// compiles them with CGO_ENABLED=0 on first use and caches them by a hash of
// their sources. Our own executable will not do: an ordinary build is linked
// dynamically, and would not run on an empty file system.
package programs
