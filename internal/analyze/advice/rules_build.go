package advice

import (
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// leftovers is what work on the source leaves in it.
var leftovers = []rule{
	{
		name: "git-directory", thing: "Git's history", at: []string{".git"}, ignore: "**/.git",
		proviso: "Unless something reads it in the container",
		run:     "delete .git in the RUN of git clone, or fetch the source with ADD, which leaves it out",
	},
}

// toolchains is what builds programs and is not needed to run them.
var toolchains = []rule{
	{
		name: "toolchain-go", thing: "the Go toolchain", at: []string{"/usr/local/go"}, owner: goToolchain,
		proviso: "Unless the container compiles Go",
		run:     "build in an earlier stage (FROM golang AS build) and copy only the program",
		copied:  "copy only the program from the build stage",
		base:    "use this base image for a build stage only, and copy the program to a small one",
	}, {
		name: "toolchain-rust", thing: "the Rust toolchain", at: []string{"/usr/local/rustup", ".rustup/toolchains"}, owner: rustToolchain,
		proviso: "Unless the container compiles Rust",
		run:     "build in an earlier stage (FROM rust AS build) and copy only the program",
		copied:  "copy only the program from the build stage",
		base:    "use this base image for a build stage only, and copy the program to a small one",
	}, {
		name: "toolchain-jdk", thing: "what a JDK has and a JRE has not", at: []string{"*.jmod", "lib/ct.sym", "lib/src.zip"}, owner: jdk,
		// Some distributions put a part of these into the JRE's package.
		unless:  func(f File, _ string) bool { return distribution(f.Ecosystem) && !jdk(f.Ecosystem, f.Owner) },
		proviso: "Unless the container compiles Java",
		run:     "install a JRE (on Debian default-jre-headless), or make a runtime with jlink in an earlier stage",
		copied:  "copy a JRE, or make a runtime with jlink in the build stage and copy that",
		base:    "use the JRE variant of the base image, such as eclipse-temurin:21-jre, or copy a runtime made with jlink to a small one",
	}, {
		name: "toolchain-c", thing: "compilers, headers and their tools", at: []string{"/usr/include"}, owner: compileTime,
		when:    func(e evidence) bool { return e.compiler },
		proviso: "Unless something is compiled in the container",
		run:     compileElsewhere,
		copied:  "copy only what was built from the build stage",
		base:    compileElsewhereThanBase,
	}, {
		name: "toolchain-c", thing: "compilers, headers and their tools",
		at: []string{"/usr/lib/gcc", "/usr/libexec/gcc", "/usr/local/lib/gcc", "/usr/local/libexec/gcc"}, unless: sharedLibrary,
		proviso: "Unless something is compiled in the container",
		run:     compileElsewhere,
		copied:  "copy only what was built from the build stage",
		base:    compileElsewhereThanBase,
	},
}

const (
	compileElsewhere = "compile in an earlier stage, or install compilers, build and remove them in one RUN " +
		"(apt-get purge --auto-remove; apk add --virtual and apk del)"
	compileElsewhereThanBase = "use the slim variant of the base image, and compile in an earlier stage"
)

// sharedLibrary tells what programs load from what compilers read.
func sharedLibrary(f File, _ string) bool {
	return strings.HasSuffix(f.Path, ".so") || strings.Contains(f.Path[strings.LastIndexByte(f.Path, '/')+1:], ".so.")
}

// developer is what developers work with.
var developer = []rule{
	{
		name: "dev-dependencies", thing: "build tools among the Node packages", owner: nodeTool, ignore: "**/node_modules",
		proviso: "If only the build uses them",
		run:     "install with npm ci --omit=dev (pnpm install --prod) in the final stage, or end the RUN that installs and builds with npm prune --omit=dev",
		copied:  "run npm prune --omit=dev (pnpm prune --prod) in the build stage, and put **/node_modules in .dockerignore",
	}, {
		name: "static-libraries", thing: "static libraries", at: []string{"*.a"},
		proviso: "If nothing is linked in the container",
		run:     "delete them in the RUN that makes them, or install the library without its development package",
	}, {
		name: "debug-symbols", thing: "debug symbols", at: []string{"/usr/lib/debug", "*.debug", "*.dwo", "*.dwp"},
		proviso: "Unless a debugger or profiler in the container reads them",
		run:     "install no debug packages, and strip programs in the RUN that builds them",
	},
}

var (
	debian = []record.Ecosystem{record.Debian}
	alpine = []record.Ecosystem{record.Alpine}
	rpm    = []record.Ecosystem{record.RPM}
)
