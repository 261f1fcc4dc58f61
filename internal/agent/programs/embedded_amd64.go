//go:build release

package programs

const own = "amd64"

func ours() string { return amd64 }
