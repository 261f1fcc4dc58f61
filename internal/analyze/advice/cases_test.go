package advice

import (
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// ruleCase is a small image and the one line it is worth.
type ruleCase struct {
	rule     string
	files    []File
	packages []record.Package
	saves    record.Bytes
	what     string
	remedy   string // a part of it
}

var ruleCases = []ruleCase{
	{
		rule: "apt-lists", saves: 18_000_300, remedy: "rm -rf /var/lib/apt/lists/*",
		files: []File{
			{Path: "var/lib/apt/lists/deb.debian.org_Packages.lz4", Size: 18_000_000, Layer: byRun},
			{Path: "var/lib/apt/lists/auxfiles/x", Size: 300, Layer: byRun},
			{Path: "var/lib/apt/extended_states", Size: 900_000, Layer: byRun},
			{Path: "opt/var/lib/apt/lists/Packages", Size: 900_000, Layer: byRun},
			{Path: "var/lib/apt/listserver", Size: 900_000, Layer: byRun},
		},
		what: "apt package lists in /var/lib/apt/lists, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "apt-cache", saves: 42_000_000, remedy: "apt-get clean",
		files: []File{
			{Path: "var/cache/apt/pkgcache.bin", Size: 30_000_000, Layer: byRun},
			{Path: "var/cache/apt/archives/gcc_12_amd64.deb", Size: 12_000_000, Layer: byRun},
			{Path: "var/cache/debconf/templates.dat", Size: 700_000, Layer: byRun},
		},
		what: "apt's cache in /var/cache/apt, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "apk-cache", saves: 2_500_000, remedy: "apk add --no-cache",
		files: []File{
			{Path: "var/cache/apk/APKINDEX.5022a8a2.tar.gz", Size: 2_000_000, Layer: byRun},
			{Path: "etc/apk/cache/x.apk", Size: 500_000, Layer: byRun},
		},
		what: "apk's cache in /var/cache/apk (2 MB) and /etc/apk/cache (500 kB), by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "dnf-cache", saves: 60_000_000, remedy: "dnf clean all",
		files: []File{
			{Path: "var/cache/dnf/fedora.solv", Size: 40_000_000, Layer: byRun},
			{Path: "var/cache/libdnf5/x/repodata", Size: 15_000_000, Layer: byRun},
			{Path: "var/cache/yum/x86_64/7/primary.sqlite", Size: 5_000_000, Layer: byRun},
		},
		what: "the cache of dnf or yum in /var/cache/dnf (40 MB), /var/cache/libdnf5 (15 MB) and elsewhere, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "pip-cache", saves: 9_000_000, remedy: "--no-cache-dir",
		files: []File{
			{Path: "root/.cache/pip/http-v2/a/b", Size: 5_000_000, Layer: byRun},
			{Path: "home/app/.cache/pip/wheels/c", Size: 4_000_000, Layer: byRun},
			{Path: "root/.cache/pipx/venv", Size: 900_000, Layer: byRun},
			{Path: "root/x.cache/pip/venv", Size: 900_000, Layer: byRun},
		},
		what: "pip's cache in /root/.cache/pip (5 MB) and /home/app/.cache/pip (4 MB), by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "uv-cache", saves: 9_000_000, remedy: "uv --no-cache",
		files: []File{{Path: "root/.cache/uv/archive-v0/x", Size: 9_000_000, Layer: byRun}},
		what:  "uv's cache in /root/.cache/uv, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "conda-cache", saves: 9_000_000, remedy: "conda clean",
		files: []File{{Path: "opt/conda/pkgs/numpy-2.1-py312.conda", Size: 9_000_000, Layer: byRun}},
		what:  "conda's downloads in /opt/conda/pkgs, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "npm-cache", saves: 31_000_000, remedy: "npm cache clean --force",
		files: []File{
			{Path: "root/.npm/_cacache/content-v2/sha512/x", Size: 30_000_000, Layer: byRun},
			{Path: "root/.npm/_logs/2026.log", Size: 1_000_000, Layer: byRun},
			{Path: "root/.npm/_npx/1/node_modules/serve/index.js", Size: 1_000_000, Layer: byRun},
		},
		what: "npm's cache in /root/.npm/_cacache (30 MB) and /root/.npm/_logs (1 MB), by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "yarn-cache", saves: 8_000_000, remedy: "yarn cache clean",
		files: []File{{Path: "usr/local/share/.cache/yarn/v6/x", Size: 8_000_000, Layer: byRun}},
		what:  "Yarn's cache in /usr/local/share/.cache/yarn, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "yarn-cache", saves: 8_000_000, remedy: "no .pnp.cjs): put .yarn/cache in .dockerignore",
		files: []File{{Path: "app/.yarn/cache/x.zip", Size: 8_000_000, Layer: byCopy}},
		what:  "Yarn's cache in /app/.yarn/cache, by COPY . /app",
	}, {
		rule: "pnpm-store", saves: 8_000_000, remedy: "--store-dir /pnpm/store",
		files: []File{
			{Path: "root/.local/share/pnpm/store/v3/files/00/x", Size: 8_000_000, Layer: byRun},
			{Path: "root/.local/share/pnpm/store/v3/files/00/linked", Size: 7_000_000, Layer: byRun, Shared: true},
		},
		what: "pnpm's store in /root/.local/share/pnpm/store, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "go-build-cache", saves: 8_000_000, remedy: "copy only the program",
		files: []File{{Path: "root/.cache/go-build/00/x-d", Size: 8_000_000, Layer: byRun}},
		what:  "Go's build cache in /root/.cache/go-build, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "go-modules", saves: 8_000_000, remedy: "target=/go/pkg/mod",
		files: []File{
			{Path: "go/pkg/mod/golang.org/x/net@v1/libx.a", Size: 6_000_000, Layer: byRun},
			{Path: "root/go/pkg/mod/x", Size: 2_000_000, Layer: byRun},
		},
		what: "Go's module cache in /go/pkg/mod (6 MB) and /root/go/pkg/mod (2 MB), by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "cargo-registry", saves: 8_000_000, remedy: "/usr/local/cargo/registry",
		files: []File{{Path: "usr/local/cargo/registry/src/x/lib.rs", Size: 8_000_000, Layer: byRun}},
		what:  "Cargo's downloads in /usr/local/cargo/registry, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "cargo-target", saves: 8_000_000, remedy: "Put target in .dockerignore",
		files: []File{
			{Path: "app/target/release/deps/libx.rlib", Size: 8_000_000, Layer: byCopy},
			{Path: "app/target/release/server", Size: 8_000_000, Layer: byCopy},
		},
		what: "what cargo build keeps for the next build in /app/target/release/deps, by COPY . /app",
	}, {
		rule: "maven-repository", saves: 8_000_000, remedy: "Unless the container runs Maven: build in an earlier stage",
		files: []File{{Path: "root/.m2/repository/org/x.jar", Size: 8_000_000, Layer: byRun}, {Path: "root/.m2/settings.xml", Size: 200_000, Layer: byRun}},
		what:  "Maven's local repository in /root/.m2/repository, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "gradle-cache", saves: 8_000_000, remedy: "Unless the container runs Gradle",
		files: []File{{Path: "root/.gradle/caches/modules-2/x.jar", Size: 8_000_000, Layer: byRun}},
		what:  "Gradle's cache in /root/.gradle/caches, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "gem-cache", saves: 8_000_000, remedy: "delete these files",
		files: []File{{Path: "usr/local/bundle/cache/rails-7.gem", Size: 8_000_000, Layer: byRun}},
		what:  "downloaded gems in /usr/local/bundle/cache, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "node-modules-cache", saves: 8_000_000, remedy: "rm -rf node_modules/.cache",
		files: []File{{Path: "app/node_modules/.cache/babel/x.json", Size: 8_000_000, Layer: byRun}},
		what:  "caches of JavaScript build tools in /app/node_modules/.cache, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "git-directory", saves: 8_000_500, remedy: "put **/.git in .dockerignore",
		files: []File{
			{Path: "app/.git/objects/pack/x.pack", Size: 8_000_000, Layer: byCopy},
			{Path: "app/.git/modules/y/.git/index", Size: 500, Layer: byCopy},
			{Path: "app/.github/big.png", Size: 600_000, Layer: byCopy},
		},
		what: "Git's history in /app/.git, by COPY . /app",
	}, {
		rule: "git-directory", saves: 8_000_000, remedy: "delete .git in the RUN of git clone",
		files: []File{{Path: "src/.git/objects/pack/x.pack", Size: 8_000_000, Layer: byRun}},
		what:  "Git's history in /src/.git, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "toolchain-go", saves: 208_000_000, remedy: "Unless the container compiles Go: build in an earlier stage",
		files: []File{
			{Path: "usr/local/go/bin/go", Size: 200_000_000, Layer: byRun},
			deb(File{Path: "usr/lib/go-1.19/bin/go", Size: 6_000_000, Layer: byRun}, "golang-1.19-go"),
			deb(File{Path: "usr/share/go-1.19/src/x.go", Size: 2_000_000, Layer: byRun}, "golang-1.19-src"),
			deb(File{Path: "usr/lib/libgolang.so", Size: 2_000_000, Layer: byRun}, "golang-libs"),
		},
		what: "the Go toolchain in /usr/local/go (200 MB), golang-1.19-go (6 MB) and 1 more package, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "toolchain-rust", saves: 200_000_000, remedy: "copy only the program",
		files: []File{{Path: "usr/local/rustup/toolchains/1.80/bin/rustc", Size: 200_000_000, Layer: byRun}},
		what:  "the Rust toolchain in /usr/local/rustup, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "toolchain-jdk", saves: 133_000_000, remedy: "install a JRE",
		files: []File{
			{Path: "opt/java/openjdk/jmods/java.base.jmod", Size: 70_000_000, Layer: byRun},
			{Path: "opt/java/openjdk/jmods/java.xml.jmod", Size: 5_000_000, Layer: byRun},
			{Path: "opt/java/openjdk/lib/ct.sym", Size: 8_000_000, Layer: byRun},
			{Path: "opt/java/openjdk/lib/src.zip", Size: 50_000_000, Layer: byRun},
			{Path: "opt/java/openjdk/lib/modules", Size: 130_000_000, Layer: byRun},
			{Path: "app/src.zip", Size: 1_000_000, Layer: byRun},
		},
		what: "what a JDK has and a JRE has not in /opt/java/openjdk/jmods (75 MB) and /opt/java/openjdk/lib (58 MB), by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "toolchain-jdk", saves: 90_000_000, remedy: "default-jre-headless",
		files: []File{
			deb(File{Path: "usr/lib/jvm/java-17-openjdk-amd64/jmods/java.base.jmod", Size: 80_000_000, Layer: byRun}, "openjdk-17-jdk-headless"),
			deb(File{Path: "usr/lib/jvm/java-17-openjdk-amd64/bin/javac", Size: 10_000_000, Layer: byRun}, "openjdk-17-jdk-headless"),
			deb(File{Path: "usr/lib/jvm/java-17-openjdk-amd64/bin/java", Size: 10_000_000, Layer: byRun}, "openjdk-17-jre-headless"),
			deb(File{Path: "usr/lib/jvm/java-17-openjdk-amd64/lib/ct.sym", Size: 8_000_000, Layer: byRun}, "openjdk-17-jre-headless"),
		},
		what: "what a JDK has and a JRE has not: openjdk-17-jdk-headless, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "toolchain-c", saves: 33_000_000, remedy: "apt-get purge --auto-remove",
		packages: packages(record.Debian, "gcc-12", "libssl-dev"),
		files: []File{
			deb(File{Path: "usr/lib/gcc/x86_64-linux-gnu/12/cc1", Size: 30_000_000, Layer: byRun}, "cpp-12"),
			deb(File{Path: "usr/lib/x86_64-linux-gnu/libcrypto.a", Size: 2_000_000, Layer: byRun}, "libssl-dev"),
			{Path: "usr/include/x.h", Size: 1_000_000, Layer: byRun},
			deb(File{Path: "usr/share/doc/gcc-12-base/readme", Size: 10_000, Layer: byRun}, "gcc-12-base"),
			deb(File{Path: "usr/lib/x86_64-linux-gnu/libgomp.so.1", Size: 1_000_000, Layer: byRun}, "libgomp1"),
		},
		what: "compilers, headers and their tools: cpp-12 (30 MB), libssl-dev (2 MB) and elsewhere, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "toolchain-c", saves: 30_000_000, remedy: "Unless something is compiled in the container",
		files: []File{ // built from source: no package tells
			{Path: "usr/local/libexec/gcc/x86_64-linux-gnu/14/cc1", Size: 30_000_000, Layer: byRun},
			{Path: "usr/local/lib/gcc/x86_64-linux-gnu/14/libx.so.1", Size: 1_000_000, Layer: byRun},
		},
		what: "compilers, headers and their tools in /usr/local/libexec/gcc, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "toolchain-python", saves: 8_000_000, remedy: "If Python is there for node-gyp alone",
		packages: slices.Concat(packages(record.Debian, "g++", "python3.11"), packages(record.NPM, "node-gyp")),
		files:    []File{deb(File{Path: "usr/bin/python3.11", Size: 8_000_000, Layer: byRun}, "python3.11-minimal")},
		what:     "Python beside a C compiler and node-gyp: python3.11-minimal, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "dev-dependencies", saves: 47_000_000, remedy: "npm prune --omit=dev",
		files: []File{
			npm(File{Path: "app/node_modules/typescript/lib/tsc.js", Size: 32_000_000, Layer: byCopy}, "typescript"),
			npm(File{Path: "app/node_modules/webpack/lib/x.js", Size: 7_000_000, Layer: byCopy}, "webpack"),
			npm(File{Path: "app/node_modules/@types/node/x.d.ts", Size: 3_000_000, Layer: byCopy}, "@types/node"),
			npm(File{Path: "app/node_modules/jest-haste-map/x.js", Size: 5_000_000, Layer: byCopy}, "jest-haste-map"),
			npm(File{Path: "app/node_modules/express/x.js", Size: 5_000_000, Layer: byCopy}, "express"),
			npm(File{Path: "app/node_modules/jester/x.js", Size: 5_000_000, Layer: byCopy}, "jester"),
		},
		what: "build tools among the Node packages: typescript (32 MB), webpack (7 MB) and 2 more packages, by COPY . /app",
	}, {
		rule: "static-libraries", saves: 6_000_000, remedy: "If nothing is linked in the container",
		files: []File{
			{Path: "usr/lib/libx.a", Size: 4_000_000, Layer: byRun},
			{Path: "usr/lib/liby.a", Size: 2_000_000, Layer: byRun},
			{Path: "usr/lib/libz.so.1.a.2", Size: 2_000_000, Layer: byRun},
		},
		what: "static libraries in /usr/lib, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "debug-symbols", saves: 6_000_000, remedy: "Unless a debugger",
		files: []File{
			{Path: "usr/lib/debug/.build-id/00/x.debug", Size: 3_000_000, Layer: byRun},
			{Path: "opt/app/app.dwo", Size: 2_000_000, Layer: byRun},
			{Path: "opt/app/app.debug", Size: 1_000_000, Layer: byRun},
		},
		what: "debug symbols in /opt/app (3 MB) and /usr/lib/debug (3 MB), by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "documentation", saves: 6_000_000, remedy: "If nobody reads it in the image: before the first apt-get install",
		files: []File{
			deb(File{Path: "usr/share/doc/x/changelog.gz", Size: 3_000_000, Layer: byRun}, "x"),
			deb(File{Path: "usr/share/man/man1/x.1.gz", Size: 2_000_000, Layer: byRun}, "x"),
			deb(File{Path: "usr/share/info/x.info", Size: 1_000_000, Layer: byRun}, "x"),
			deb(File{Path: "usr/share/doc/x/copyright", Size: 500_000, Layer: byRun}, "x"),
		},
		what: "documentation in /usr/share/doc (3 MB), /usr/share/man (2 MB) and elsewhere, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "documentation", saves: 6_000_000, remedy: "tsflags=nodocs",
		files: []File{{Path: "usr/share/man/man1/x.1.gz", Size: 6_000_000, Layer: byRun, Owner: "x", Ecosystem: record.RPM}},
		what:  "documentation in /usr/share/man, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "documentation", saves: 6_000_000, remedy: "install no -doc packages",
		files: []File{{Path: "usr/share/man/man1/x.1.gz", Size: 6_000_000, Layer: byRun, Owner: "x-doc", Ecosystem: record.Alpine}},
		what:  "documentation in /usr/share/man, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "documentation", saves: 6_000_000, remedy: "delete it in the RUN that installs it",
		files: []File{{Path: "usr/local/share/man/man1/x.1.gz", Size: 6_000_000, Layer: byRun}},
		what:  "documentation in /usr/local/share/man, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "locales", saves: 6_000_000, remedy: "If no program in the image has to speak other languages",
		files: []File{
			deb(File{Path: "usr/share/locale/de/LC_MESSAGES/x.mo", Size: 6_000_000, Layer: byRun}, "x"),
			deb(File{Path: "usr/share/locale/locale.alias", Size: 600_000, Layer: byRun}, "locales"),
		},
		what: "translations in /usr/share/locale, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "python-bytecode", saves: 6_000_000, remedy: "put **/__pycache__ in .dockerignore",
		files: []File{
			{Path: "app/a/__pycache__/x.cpython-311.pyc", Size: 4_000_000, Layer: byCopy},
			{Path: "app/b/__pycache__/y.cpython-311.pyc", Size: 2_000_000, Layer: byCopy},
			{Path: "app/c/z.pyc", Size: 2_000_000, Layer: byCopy}, // perhaps all there is of it
			{Path: "app/d/__pycache__/meant.cpython-311.pyc", Size: 2_000_000, Layer: byCompileall},
		},
		what: "Python bytecode in /app, by COPY . /app",
	}, {
		rule: "python-bytecode", saves: 6_000_000, remedy: "pip install --no-compile",
		packages: packages(record.Debian, "python3"),
		files: []File{
			{Path: "usr/local/lib/python3.11/dist-packages/flask/__pycache__/x.pyc", Size: 6_000_000, Layer: byRun, Owner: "flask", Ecosystem: record.Python},
			deb(File{Path: "usr/lib/python3.11/__pycache__/x.pyc", Size: 6_000_000, Layer: byRun}, "libpython3.11-minimal"),
		},
		what: "Python bytecode in /usr/local/lib/python3.11, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "python-bytecode", saves: 6_000_000, remedy: "If a slower start is worth it",
		packages: packages(record.Debian, "python3"),
		files:    []File{{Path: "usr/lib/python3/dist-packages/flask/__pycache__/x.pyc", Size: 6_000_000, Layer: byRun}},
		what:     "bytecode that Debian's Python packages compiled when they were installed in /usr/lib/python3, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "python-bytecode", saves: 6_000_000, remedy: "If a slower start is worth it",
		files: []File{{Path: "__pycache__", Size: 6_000_000, Layer: byRun}}, // a file
		what:  "Python bytecode in /, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "login-records", saves: 58_000_000, remedy: "useradd --no-log-init",
		files: []File{{Path: "var/log/lastlog", Size: 58_000_000, Layer: byRun}},
		what:  "login records in /var/log, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "log-files", saves: 800_000, remedy: "rm -rf /var/log/apt /var/log/*.log",
		files: []File{
			{Path: "var/log/dpkg.log", Size: 500_000, Layer: byRun},
			{Path: "var/log/apt/term.log", Size: 300_000, Layer: byRun},
			{Path: "app/changes.log", Size: 300_000, Layer: byRun},
		},
		what: "logs in /var/log, by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "core-dumps", saves: 500_000_000, remedy: "find out what crashed",
		files: []File{
			{Path: "core", Size: 200_000_000, Layer: byRun},
			{Path: "app/core.4711", Size: 300_000_000, Layer: byRun},
			{Path: "app/core.js", Size: 200_000_000, Layer: byRun},
			{Path: "app/score", Size: 200_000_000, Layer: byRun},
			{Path: "app/core/main", Size: 200_000_000, Layer: byRun},
			npm(File{Path: "app/node_modules/x/core", Size: 200_000_000, Layer: byRun}, "x"),
		},
		what: "what look like core dumps in /app (300 MB) and / (200 MB), by RUN apt-get update && apt-get install -y python3",
	}, {
		rule: "temporary-files", saves: 6_000_000, remedy: "Unless a program needs them",
		files: []File{{Path: "tmp/x.tar", Size: 5_000_000, Layer: byRun}, {Path: "var/tmp/y", Size: 1_000_000, Layer: byRun}},
		what:  "temporary files in /tmp (5 MB) and /var/tmp (1 MB), by RUN apt-get update && apt-get install -y python3",
	},
}
