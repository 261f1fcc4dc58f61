package app

import (
	"fmt"
	"slices"
	"strings"
)

// sizing are the variables by which runtimes size themselves: threads, heaps,
// workers. Nothing is ever put in their place, so that an image is measured as it
// would run elsewhere under the same limits; but base and head must not differ in
// them unnoticed.
var sizing = []string{
	"GOMAXPROCS", "GOMEMLIMIT", "GOGC", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS", "NODE_OPTIONS",
	"UV_THREADPOOL_SIZE", "WEB_CONCURRENCY", "GUNICORN_CMD_ARGS", "RAILS_MAX_THREADS", "PYTHON_CPU_COUNT", "OMP_NUM_THREADS",
	"TOKIO_WORKER_THREADS", "RAYON_NUM_THREADS", "DOTNET_PROCESSOR_COUNT", "DOTNET_gcServer", "DOTNET_GCHeapHardLimit", "MALLOC_ARENA_MAX",
}

// sized gives those of the variables that an image sets, with their values. What
// the configuration sets is the same for both sides and left out.
func sized(image []string, given map[string]string) map[string]string {
	found := map[string]string{}
	for _, variable := range image {
		name, value, _ := strings.Cut(variable, "=")
		if _, both := given[name]; !both && slices.Contains(sizing, name) {
			found[name] = value
		}
	}
	return found
}

// sizingWarnings tell of variables that size base and head differently. Values
// stay out of reports: some of them carry more than a size.
func sizingWarnings(base, head []string, given map[string]string) []string {
	was, is := sized(base, given), sized(head, given)
	var warnings []string
	for _, name := range sizing {
		before, inBase := was[name]
		after, inHead := is[name]
		switch {
		case inBase && !inHead:
			warnings = append(warnings, fmt.Sprintf("base sets %s and head does not: the two size themselves differently", name))
		case inHead && !inBase:
			warnings = append(warnings, fmt.Sprintf("head sets %s and base does not: the two size themselves differently", name))
		case before != after:
			warnings = append(warnings, fmt.Sprintf("base and head set %s to different values: the two size themselves differently", name))
		}
	}
	return warnings
}
