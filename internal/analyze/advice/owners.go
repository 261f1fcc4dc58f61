package advice

import (
	"regexp"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// evidence is what the packages of an image say about rules that hold beside
// others only.
type evidence struct {
	compiler     bool // for C, of the distribution
	nodeGyp      bool // which builds native modules and is written in Python
	debianPython bool
}

func evidenceOf(packages []record.Package) evidence {
	var e evidence
	for _, p := range packages {
		e.nodeGyp = e.nodeGyp || p.Name == "node-gyp"
		e.compiler = e.compiler || distribution(p.Ecosystem) && compilers.MatchString(p.Name)
		e.debianPython = e.debianPython || p.Ecosystem == record.Debian && python(p.Ecosystem, p.Name)
	}
	return e
}

// The names below are those of Debian, Ubuntu, Alpine, Fedora and its kin.
var (
	// gcc-12-base is none: it holds a licence, and everything depends on it.
	compilers = regexp.MustCompile(`^((gcc|g\+\+)(-[0-9]+)?(-[a-z0-9-]*linux-gnu[a-z0-9]*)?|gcc-c\+\+|clang-?[0-9]*)$`)

	forCompilers = regexp.MustCompile(`^(` +
		`cpp(-[0-9]+)?(-[a-z0-9-]*linux-gnu[a-z0-9]*)?|gfortran(-[0-9]+)?(-[a-z0-9-]*linux-gnu[a-z0-9]*)?|gcc-gfortran|` +
		`.+-dev|.+-devel|libc-dev-bin|rpcsvc-proto|linux-headers|glibc-headers.*|kernel-headers|` +
		`binutils(-.*)?|libbinutils|libctf.*|libgprofng[0-9]*|libsframe[0-9]*|libcc1-[0-9]+|libisl[0-9]+|libmpc[0-9]*|` +
		`lib(a|hwa|t|l|ub)san[0-9]*|build-essential|build-base|dpkg-dev|make|cmake(-data)?|ninja(-build)?|autoconf|automake|libtool` +
		`)$`)

	goPackages   = regexp.MustCompile(`^(go|golang(-[0-9.]+)?(-(go|src|doc|bin|misc|race|shared))?)$`)
	rustPackages = regexp.MustCompile(`^((rustc?|cargo)(-[0-9.]+)?|(rust|cargo)-(std-static.*|src|doc|fmt|clippy|analyzer)|libstd-rust-.*)$`)
	jdkPackages  = regexp.MustCompile(`^(openjdk-[0-9]+-(jdk|jdk-headless|jdk-zero|demo|source|doc|dbg)|default-jdk(-headless)?|` +
		`openjdk[0-9]+-(jdk|jmods|demos|src|doc|dbg|static-libs)|java-.+-(openjdk|corretto)-(devel|jmods|demo|src|javadoc|static-libs).*)$`)
	pythonPackages = regexp.MustCompile(`^((lib)?python3(\.[0-9]+)?(-(minimal|stdlib|libs|distutils|lib2to3))?)$`)
)

// distribution reports whether packages are those of an operating system.
func distribution(e record.Ecosystem) bool {
	return e == record.Debian || e == record.Alpine || e == record.RPM
}

func goToolchain(e record.Ecosystem, name string) bool {
	return distribution(e) && goPackages.MatchString(name)
}

func rustToolchain(e record.Ecosystem, name string) bool {
	return distribution(e) && rustPackages.MatchString(name)
}

func jdk(e record.Ecosystem, name string) bool {
	return distribution(e) && jdkPackages.MatchString(name)
}

// compileTime tells packages that serve to compile C and C++, -dev packages
// among them: by policy they hold what is needed to build, and nothing that is
// needed to run: https://www.debian.org/doc/debian-policy/ch-sharedlibs.html#development-files
func compileTime(e record.Ecosystem, name string) bool {
	return distribution(e) && (compilers.MatchString(name) || forCompilers.MatchString(name))
}

func python(e record.Ecosystem, name string) bool {
	return distribution(e) && pythonPackages.MatchString(name)
}

// nodeTools are packages that transform, check or test source. An entry that
// ends in * stands for all names that begin so.
var nodeTools = strings.Fields(`
	typescript tslint typescript-eslint @typescript-eslint/* @types/* ts-jest ts-loader ts-node-dev
	eslint eslint-* @eslint/* prettier prettier-* stylelint stylelint-* @biomejs/*
	jest jest-* @jest/* mocha nyc karma karma-* jasmine jasmine-core vitest @vitest/* @testing-library/* cypress @playwright/test sinon
	webpack webpack-cli webpack-dev-server webpack-dev-middleware *-webpack-plugin *-loader
	rollup @rollup/* vite @vitejs/* esbuild @esbuild/* parcel @parcel/* gulp gulp-* grunt grunt-* terser uglify-js
	@babel/cli @babel/preset-* @babel/plugin-* @angular/cli @angular/compiler-cli @angular-devkit/*
	@storybook/* storybook nodemon husky lint-staged turbo turbo-* nx @nx/* lerna node-sass tailwindcss electron-builder`)

var nodeToolNames, nodeToolPatterns = sortTools(nodeTools)

// sortTools parts plain names, which are most, from those to be compared one
// by one.
func sortTools(names []string) (plain map[string]bool, patterns []string) {
	plain = map[string]bool{}
	for _, n := range names {
		if strings.Contains(n, "*") {
			patterns = append(patterns, n)
		} else {
			plain[n] = true
		}
	}
	return plain, patterns
}

func nodeTool(e record.Ecosystem, name string) bool {
	if e != record.NPM {
		return false
	}
	if nodeToolNames[name] {
		return true
	}
	for _, p := range nodeToolPatterns {
		if begin, end, _ := strings.Cut(p, "*"); strings.HasPrefix(name, begin) && strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}
