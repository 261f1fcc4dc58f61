package advice

// packageCaches is what package managers of distributions leave behind.
var packageCaches = []rule{
	{
		name: "login-records", thing: "login records", at: []string{"/var/log/lastlog", "/var/log/faillog"},
		// Both are arrays indexed by user ID: https://man7.org/linux/man-pages/man8/lastlog.8.html
		run: "create users with useradd --no-log-init; these files grow with the largest user ID",
	}, {
		name: "apt-lists", thing: "apt package lists", at: []string{"/var/lib/apt/lists"},
		run: "end the RUN that calls apt-get update with rm -rf /var/lib/apt/lists/*, or use RUN --mount=type=cache,target=/var/lib/apt,sharing=locked",
	}, {
		name: "apt-cache", thing: "apt's cache", at: []string{"/var/cache/apt"},
		run: "end the RUN that calls apt-get install with apt-get clean, or use RUN --mount=type=cache,target=/var/cache/apt,sharing=locked",
	}, {
		name: "apk-cache", thing: "apk's cache", at: []string{"/var/cache/apk", "/etc/apk/cache"},
		run: "install with apk add --no-cache",
	}, {
		name: "dnf-cache", thing: "the cache of dnf or yum", at: []string{"/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/yum"},
		run: "end the RUN that installs packages with dnf clean all (or yum, or microdnf clean all)",
	},
}

// languageCaches is what package managers and build tools of languages keep
// for the next time.
var languageCaches = []rule{
	{
		name: "pip-cache", thing: "pip's cache", at: []string{".cache/pip"},
		run: "install with pip install --no-cache-dir, or use RUN --mount=type=cache,target=/root/.cache/pip",
	}, {
		name: "uv-cache", thing: "uv's cache", at: []string{".cache/uv"},
		run: "install with uv --no-cache, or use RUN --mount=type=cache,target=/root/.cache/uv",
	}, {
		name: "conda-cache", thing: "conda's downloads", at: []string{"*.conda"},
		run: "end the RUN that installs packages with conda clean --all --yes",
	}, {
		name: "npm-cache", thing: "npm's cache", at: []string{"_cacache", ".npm/_logs", ".npm/_prebuilds", ".cache/node-gyp"},
		run: "end the RUN that installs packages with npm cache clean --force and rm -rf ~/.cache/node-gyp, or use RUN --mount=type=cache,target=/root/.npm",
	}, {
		name: "yarn-cache", thing: "Yarn's cache", at: []string{".cache/yarn"},
		run: "end the RUN that installs packages with yarn cache clean, or use RUN --mount=type=cache,target=/root/.cache/yarn with YARN_CACHE_FOLDER set to it",
	}, {
		// Plug'n'Play loads packages from here: https://yarnpkg.com/features/pnp
		name: "yarn-cache", thing: "Yarn's cache", at: []string{".yarn/berry/cache", ".yarn/cache"}, ignore: ".yarn/cache",
		proviso: "If packages are loaded from node_modules and not from here (no .pnp.cjs)",
		run:     "end the RUN that installs packages with yarn cache clean --all",
	}, {
		name: "pnpm-store", thing: "pnpm's store", at: []string{".pnpm-store", "pnpm/store"}, ignore: ".pnpm-store",
		run: "install with RUN --mount=type=cache,target=/pnpm/store pnpm install --store-dir /pnpm/store",
	}, {
		name: "go-build-cache", thing: "Go's build cache", at: []string{".cache/go-build"},
		run:    "build in an earlier stage and copy only the program, or use RUN --mount=type=cache,target=/root/.cache/go-build",
		copied: "copy only the program from the build stage",
	}, {
		name: "go-modules", thing: "Go's module cache", at: []string{"go/pkg/mod"},
		run:    "build in an earlier stage and copy only the program, or use RUN --mount=type=cache,target=/go/pkg/mod",
		copied: "copy only the program from the build stage",
	}, {
		name: "cargo-registry", thing: "Cargo's downloads", at: []string{".cargo/registry", ".cargo/git", "cargo/registry", "cargo/git"},
		run:    "build in an earlier stage and copy only the program, or use RUN --mount=type=cache,target=/usr/local/cargo/registry",
		copied: "copy only the program from the build stage",
	}, {
		name: "cargo-target", thing: "what cargo build keeps for the next build", ignore: "target",
		at: []string{"target/release/deps", "target/release/build", "target/release/incremental",
			"target/debug/deps", "target/debug/build", "target/debug/incremental"},
		run: "build in an earlier stage and copy only the program out of target",
	}, {
		name: "maven-repository", thing: "Maven's local repository", at: []string{".m2/repository", ".m2/wrapper"},
		proviso: "Unless the container runs Maven",
		run:     "build in an earlier stage and copy only the jar, or use RUN --mount=type=cache,target=/root/.m2",
		copied:  "copy only the jar from the build stage",
	}, {
		name: "gradle-cache", thing: "Gradle's cache", at: []string{".gradle/caches", ".gradle/wrapper", ".gradle/daemon"}, ignore: ".gradle",
		proviso: "Unless the container runs Gradle",
		run:     "build in an earlier stage and copy only the jar, or use RUN --mount=type=cache,target=/root/.gradle",
	}, {
		name: "gem-cache", thing: "downloaded gems", at: []string{"*.gem"}, ignore: "vendor/cache",
		proviso: "Once the gems are installed",
		run:     "delete these files in the RUN of bundle install or gem install",
	}, {
		name: "node-modules-cache", thing: "caches of JavaScript build tools", at: []string{"node_modules/.cache"}, ignore: "**/node_modules",
		run: "end the RUN that builds with rm -rf node_modules/.cache",
	},
}
