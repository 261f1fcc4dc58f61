package record

// Manifest is what was found about the Kubernetes manifest of a service.
type Manifest struct {
	Workload  string    `json:"workload"`  // such as Deployment api
	Container string    `json:"container"` // of its pods
	Findings  []Finding `json:"findings"`  // where it does not fit what was measured
	Patch     string    `json:"patch"`     // a strategic merge patch in YAML that would; "" where nothing is to change
}

// Finding is one thing to change, with the place where it stands.
type Finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1
	Column  int    `json:"column"` // from 1
	Message string `json:"message"`
}
