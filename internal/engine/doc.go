// Package engine makes pods on a container engine: Docker and Podman, through
// the Engine API. It takes images and gives containers that are built as the
// measurement needs them, and it takes everything away again.
//
// A [Client] is one engine. A [Run] owns all that one run of the tool makes
// there: the agent's image, the launcher's volume, the pods. A [Pod] is one
// boot: an agent that holds the network namespace, and the app behind it.
// All of it carries the label [LabelRun], so that it can be found and removed
// by [Run.Close], by [Client.Remove] and, after a crash, by [Client.Sweep].
package engine
