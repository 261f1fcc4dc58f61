// Package agent is what runs inside a pod, and the wire protocol between it
// and the orchestrator.
//
// The agent owns the pod's network namespace. For one trial it opens the
// starting gate, lets the app through, probes for readiness over loopback,
// watches an idle window, generates the load and follows the app until its
// cgroup is empty. It speaks JSON lines on its standard streams and on nothing
// else, so that the orchestrator may sit anywhere the engine can be reached
// from. It ends when its standard input does.
//
// The orchestrator's half is [Session]; the agent's half is [Serve].
package agent
