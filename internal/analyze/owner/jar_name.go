package owner

import (
	"cmp"
	"path"
	"strings"
)

// jarName is how a jar is called.
type jarName struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// jarFileName takes name and version from the name of a file, such as
// guava-31.1-jre.jar: the version begins with the last part that starts with a
// digit, and those before it that do so too.
func jarFileName(file string) jarName {
	base := path.Base(file)
	parts := strings.Split(strings.TrimSuffix(base, path.Ext(base)), "-")
	at := len(parts) - 1
	for at > 0 && !startsWithDigit(parts[at]) {
		at--
	}
	if at == 0 {
		return jarName{Name: strings.Join(parts, "-")}
	}
	for at > 1 && startsWithDigit(parts[at-1]) {
		at--
	}
	return jarName{strings.Join(parts[:at], "-"), strings.Join(parts[at:], "-")}
}

func startsWithDigit(s string) bool { return s != "" && '0' <= s[0] && s[0] <= '9' }

// nameJar decides on a name by what there is, best first: the pom.properties of
// Maven, the manifest, the name of the file. A jar that includes others has
// their pom.properties too; only that which fits the name of the file is its
// own.
func nameJar(file string, manifest map[string]string, poms []jarName) jarName {
	byFile := jarFileName(file)
	for _, pom := range poms {
		if pom.Name == byFile.Name {
			return jarName{pom.Name, cmp.Or(pom.Version, byFile.Version)}
		}
	}
	version := cmp.Or(told(manifest["implementation-version"]), told(manifest["bundle-version"]), byFile.Version)
	if len(poms) == 1 && fits(poms[0].Version, byFile.Version, version) {
		return poms[0]
	}
	if title := told(manifest["implementation-title"]); title != "" && !strings.ContainsAny(title, " \t") {
		return jarName{title, version}
	}
	bundle, _, _ := strings.Cut(manifest["bundle-symbolicname"], ";")
	if bundle = told(bundle); bundle != "" {
		return jarName{bundle, cmp.Or(told(manifest["bundle-version"]), version)}
	}
	return jarName{byFile.Name, cmp.Or(byFile.Version, version)}
}

// fits says whether a version from a pom.properties may be that of the jar: it
// is that in the name of the file, or where there is none there, begins with
// the same number as the one in the manifest. OSGi has its own way to write them.
func fits(pom, byFile, byManifest string) bool {
	if byFile != "" {
		return pom == byFile
	}
	return byManifest == "" || leadingNumber(pom) == leadingNumber(byManifest)
}

func leadingNumber(version string) string {
	return version[:len(version)-len(strings.TrimLeft(version, "0123456789"))]
}

// told drops what a build left in place of a value.
func told(value string) string {
	value = strings.TrimSpace(value)
	if strings.Contains(value, "${") || value == "unspecified" || len(value) > maxName {
		return ""
	}
	return value
}

// parseManifest reads the main section of a manifest. Keys are in lower case.
// https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html#jar-manifest
func parseManifest(text string) map[string]string {
	attributes := map[string]string{}
	text = strings.NewReplacer("\r\n ", "", "\n ", "", "\r ", "").Replace(text)
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	for line := range strings.Lines(text) {
		key, value, found := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		if !found {
			break
		}
		attributes[strings.ToLower(key)] = strings.TrimSpace(value)
	}
	return attributes
}

// parsePom reads a pom.properties.
func parsePom(text string) (pom jarName) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch strings.TrimSpace(key) {
		case "artifactId":
			pom.Name = told(value)
		case "version":
			pom.Version = told(value)
		}
	}
	return pom
}
