package owner

import (
	"bytes"
	"strconv"
	"strings"
)

// goPackage gives the package in the name of a function, as debug/gosym does:
// what stands before the first dot behind the last slash, where type arguments
// are left out. It is empty for functions that the compiler made for a type and
// for some that are written in assembler. Scratch is room to work in, and given
// back to be used again; the package may lie in it.
func goPackage(name []byte, since120 bool, scratch []byte) (pkg, room []byte) {
	if open, end := bytes.IndexByte(name, '['), bytes.LastIndexByte(name, ']'); open >= 0 && end >= 0 {
		scratch = append(scratch[:0], name[:open]...)
		scratch = append(scratch, name[end+1:]...)
		name = scratch
	}
	if generated(name, since120) {
		return nil, scratch
	}
	slash := max(0, bytes.LastIndexByte(name, '/'))
	if dot := bytes.IndexByte(name[slash:], '.'); dot >= 0 {
		return name[:slash+dot], scratch
	}
	return nil, scratch
}

// generated says whether the compiler made a function. Go 1.20 changed the
// prefixes: https://go.dev/issue/37762
func generated(name []byte, since120 bool) bool {
	if since120 {
		return bytes.HasPrefix(name, []byte("go:")) || bytes.HasPrefix(name, []byte("type:"))
	}
	return bytes.HasPrefix(name, []byte("go.")) || bytes.HasPrefix(name, []byte("type."))
}

// importPath gives the import path of a package as it stands in symbols: dots
// behind the last slash and bytes that are not plain are written as %2e there
// (cmd/internal/objabi.PathToPrefix).
func importPath(pkg string) string {
	if !strings.Contains(pkg, "%") {
		return pkg
	}
	var out strings.Builder
	for i := 0; i < len(pkg); i++ {
		if pkg[i] == '%' && i+2 < len(pkg) {
			if c, err := strconv.ParseUint(pkg[i+1:i+3], 16, 8); err == nil {
				out.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		out.WriteByte(pkg[i])
	}
	return out.String()
}
