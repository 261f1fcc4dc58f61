package cost

import "math"

// clusterRules say what fills a node beside the service.
type clusterRules struct {
	AgentsCPU    decimal `yaml:"agents_vcpu"` // cores
	AgentsMemory int     `yaml:"agents_mib"`
	Agents       int     `yaml:"agents"` // pods of daemon sets on each node
	MaxPods      int     `yaml:"max_pods"`
	Surge        decimal `yaml:"surge"` // ratio of the replicas, beside them during a deploy
}

func (r clusterRules) complete() bool {
	return r.AgentsCPU > 0 && r.AgentsMemory > 0 && r.Agents > 0 && r.MaxPods > r.Agents && r.Surge > 0 && r.Surge <= 1
}

// pool is nodes that this service has for itself.
type pool struct {
	cpu       float64 // cores of a node that its agents leave
	memoryMiB float64
	pods      float64
	surge     float64
}

func newPool(n Node, room capacity, r clusterRules) pool {
	pods := n.MaxPods
	if pods == 0 {
		pods = r.MaxPods
	}
	return pool{room.cpu - float64(r.AgentsCPU), room.memoryMiB - float64(r.AgentsMemory), float64(pods - r.Agents), float64(r.Surge)}
}

// fit is how many pods a node holds, and what is full first. It is 0 for a pod
// that fits only on a node without agents.
func (p pool) fit(cpu, memoryMiB float64) (pods float64, full string) {
	pods, full = p.pods, "pods"
	if n := floor(p.cpu / cpu); n < pods {
		pods, full = n, "CPU"
	}
	if n := floor(p.memoryMiB / memoryMiB); n < pods {
		pods, full = n, "memory"
	}
	return max(pods, 0), full
}

// nodes is how many nodes so many pods take. A pod that leaves no room for the
// agents takes a node for itself.
func (p pool) nodes(replicas, cpu, memoryMiB float64) float64 {
	fit, _ := p.fit(cpu, memoryMiB)
	return ceil(replicas / max(fit, 1))
}

// extra is how many replicas a deploy adds while it lasts.
func (p pool) extra(replicas, deploys float64) float64 {
	if deploys == 0 {
		return 0
	}
	return ceil(replicas * p.surge)
}

// floor rounds down, but not because of the last bits of a quotient.
func floor(x float64) float64 { return math.Floor(x * (1 + 1e-12)) }
