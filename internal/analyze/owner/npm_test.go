package owner

import (
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestNodePackagesOwnTheirDirectory(t *testing.T) {
	mustClaim(t, archived(t, "npm"),
		rooted(record.NPM, "@types/ms", "2.1.0", "app/node_modules/@types/ms"),
		rooted(record.NPM, "ms", "2.1.3", "app/node_modules/ms"),
	)
}

func TestNestedNodePackagesAreSeparate(t *testing.T) {
	files := tree{
		"node_modules/a/package.json":                              `{"name": "a", "version": "1.0.0"}`,
		"node_modules/a/node_modules/b/package.json":               `{"name": "b", "version": "2.0.0"}`,
		"node_modules/a/node_modules/@s/c/package.json":            `{"name": "@s/c", "version": "3.0.0"}`,
		"usr/lib/node_modules/alias/package.json":                  `{"name": "real", "version": "4.0.0"}`,
		"x/node_modules/.pnpm/d@5.0.0/node_modules/d/package.json": `{"name": "d", "version": "5.0.0"}`,
	}
	mustClaim(t, files,
		rooted(record.NPM, "@s/c", "3.0.0", "node_modules/a/node_modules/@s/c"),
		rooted(record.NPM, "a", "1.0.0", "node_modules/a"),
		rooted(record.NPM, "b", "2.0.0", "node_modules/a/node_modules/b"),
		rooted(record.NPM, "d", "5.0.0", "x/node_modules/.pnpm/d@5.0.0/node_modules/d"),
		rooted(record.NPM, "real", "4.0.0", "usr/lib/node_modules/alias"),
	)
}

func TestNotEveryPackageJSONIsAPackage(t *testing.T) {
	mustClaim(t, tree{
		"package.json":                              `{"name": "app", "version": "1.0.0"}`,
		"app/package.json":                          `{"name": "app", "version": "1.0.0"}`,
		"node_modules/package.json":                 `{"name": "none", "version": "1.0.0"}`,
		"node_modules/@s/package.json":              `{"name": "scope", "version": "1.0.0"}`,
		"node_modules/.cache/package.json":          `{"name": "cache", "version": "1.0.0"}`,
		"node_modules/a/dist/package.json":          `{"name": "dist", "version": "1.0.0"}`,
		"node_modules/a/test/@s/c/package.json":     `{"name": "deep", "version": "1.0.0"}`,
		"no_node_modules/a/package.json":            `{"name": "a", "version": "1.0.0"}`,
		"app/node_modules/nameless/package.json":    `{"type": "module"}`,
		"app/node_modules/emptyname/package.json":   `{"name": "", "version": "1.0.0"}`,
		"app/node_modules/othername/package.json":   `{"name": {"a": ["}"]}, "version": "1.0.0"}`,
		"app/node_modules/a/package-lock.json":      `{"name": "lock", "version": "1.0.0"}`,
		"app/node_modules/a/PACKAGE.JSON":           `{"name": "upper", "version": "1.0.0"}`,
		"app/node_modules/.bin/package.json":        `{"name": "bin", "version": "1.0.0"}`,
		"app/node_modules/@s/.hidden/package.json":  `{"name": "hidden", "version": "1.0.0"}`,
		"app/node_modules/@s/@t/@u/x/package.json":  `{"name": "scopes", "version": "1.0.0"}`,
		"usr/share/nodejs/whatever/a/package.json":  `{"name": "debian", "version": "1.0.0"}`,
		"app/node_modules/a/b/c/d/e/f/package.json": `{"name": "f", "version": "1.0.0"}`,
	})
}

func TestPackageJSONIsReadAsFarAsNeeded(t *testing.T) {
	long := strings.Repeat(" ", maxPackageJSON)
	mustClaim(t, tree{
		"node_modules/bom/package.json":         "\ufeff" + `{"name": "bom", "version": "1"}`,
		"node_modules/late/package.json":        `{"scripts": {"name": "x", "version": "y"}, "version": "2", "files": ["name"], "name": "late"}`,
		"node_modules/long/package.json":        `{"name": "long", "version": "3", "readme": "` + long + `"}`,
		"node_modules/versionless/package.json": `{"name": "versionless", "private": true}`,
		"node_modules/half/package.json":        `{"name": "half", "readme": "` + long + `", "version": "4"}`,
		"node_modules/number/package.json":      `{"version": 5, "name": "number"}`,
		"node_modules/broken/package.json":      `{"name": "broken", "version": "6", oops`,
	},
		rooted(record.NPM, "bom", "1", "node_modules/bom"),
		rooted(record.NPM, "broken", "6", "node_modules/broken"),
		rooted(record.NPM, "half", "", "node_modules/half"),
		rooted(record.NPM, "late", "2", "node_modules/late"),
		rooted(record.NPM, "long", "3", "node_modules/long"),
		rooted(record.NPM, "number", "", "node_modules/number"),
		rooted(record.NPM, "versionless", "", "node_modules/versionless"),
	)
}

func TestPackageJSONIsRefused(t *testing.T) {
	const path = "node_modules/a/package.json"
	mustRefuse(t, path, "", "unexpected EOF")
	mustRefuse(t, path, `["name"]`, "found [, expected an object")
	mustRefuse(t, path, `{"name": "a"`, "unexpected EOF")
	mustRefuse(t, path, `{"version": 1.2.3}`, `invalid character '.' after object key:value pair`)
	mustRefuse(t, path, `{"a":`+strings.Repeat("[", 100_000), "exceeded max depth")
	mustRefuse(t, path, `{"readme": "`+strings.Repeat(" ", maxPackageJSON)+`", "name": "late"}`, "unexpected EOF")
}
