//go:build release

package programs

const own = "arm64"

func ours() string { return arm64 }
