# What the scripts share. Sourced, with $root set to the top of the checkout.

# Releases are built by exactly this Go, whichever one is installed.
readonly release_go=go1.26.8

say() { echo "$(basename "$0"): $*" >&2; }

# One line, and out.
fail() {
	say "$*"
	exit 1
}

# Runs a command as root, by sudo where that is needed and needs no password.
as_root() {
	if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

# Succeeds where packages can be installed: Debian or Ubuntu, with root or sudo.
can_install() {
	command -v apt-get >/dev/null && as_root true 2>/dev/null
}

# install PACKAGE...: with fresh lists, trying three times, and waiting for
# whoever else holds dpkg's lock.
install() {
	local output try
	can_install || fail "$* is missing: install it with the system's package manager (this is not Debian or Ubuntu with root or sudo)"
	output=$(mktemp)
	say "installing $*"
	for try in 1 2 3; do
		if as_root apt-get -q -o DPkg::Lock::Timeout=300 update &&
			as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
				install --no-install-recommends "$@"; then
			rm -f "$output"
			return
		fi >>"$output" 2>&1
		sleep $((try * 3))
	done
	tail -n 5 "$output" >&2
	fail "cannot install $*: see $output"
}

# need PACKAGE TEST...: installs the package unless the test succeeds.
need() {
	local package=$1
	shift
	"$@" >/dev/null 2>&1 || install "$package"
}

# lives PID: whether the process does. One that nobody has waited for yet is dead.
lives() {
	local state
	state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || return 1
	[[ -n $state && $state != [ZX] ]]
}

# remove_tree DIR: also with what an engine that was killed left mounted there.
remove_tree() {
	local mount
	while read -r mount; do
		as_root umount -l "$mount"
	done < <(awk -v dir="$1/" 'index($2, dir) == 1 { print $2 }' /proc/self/mounts | sort -r)
	as_root rm -rf --one-file-system "$1"
}

# enginehost finds and asks container engines: see its own comment.
enginehost() { "$root/.cache/bin/enginehost" "$@"; }

# Lets docker clients and the product find the engine that enginehost finds,
# also where they would not look by themselves.
use_engine() {
	local host
	host=$(enginehost) || fail "no container engine answers; run scripts/setup"
	if [[ -z ${DOCKER_HOST:-} && $host == unix://* && $host != unix:///var/run/docker.sock ]]; then
		export DOCKER_HOST=$host
	fi
	pick_docker
}

# Defines `docker` as the first client on PATH that the engine understands:
# a client of Engine 29 refuses to speak to Engine 20.10.
pick_docker() {
	local client
	for client in $(type -ap docker podman) /usr/bin/docker; do
		if "$client" version >/dev/null 2>&1; then
			docker_client=$client
			docker() { DOCKER_BUILDKIT=0 "$docker_client" "$@"; }
			return
		fi
	done
	fail "no docker client here can speak to the engine; install docker.io or docker-cli"
}

command -v go >/dev/null || fail "go is missing: install Go 1.26 or newer (https://go.dev/dl)"
# Without cgo, so that the same build serves before and after setup installs gcc.
CGO_ENABLED=0 go build -C "$root" -o .cache/bin/enginehost ./scripts/enginehost || fail "cannot build scripts/enginehost"
