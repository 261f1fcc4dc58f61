package cost

// runnerPrefix is what the keys of runners begin with.
const runnerPrefix = "github.runner."
