package advice

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func from(image string, size record.Bytes) *record.From {
	return &record.From{Image: image, Layers: 3, Size: size}
}

func TestSlimmerSaysWhoUsesWhat(t *testing.T) {
	got := Slimmer(map[string]*record.From{
		"api":     from("python:3.12", 1_020_000_000),
		"worker":  from("docker.io/library/python:3.12-slim", 130_000_000),
		"cron":    from("python:3.12-alpine", 50_000_000),
		"web":     from("node:22", 1_100_000_000),
		"old":     from("node:20-alpine", 140_000_000),
		"unknown": nil,
	})
	want := map[string]record.Advice{"api": {
		Rule: "slim-base", Saves: 890_000_000, Layer: -1,
		What:   "built on python:3.12, while worker uses docker.io/library/python:3.12-slim",
		Remedy: "Use the slim variant here too, and install the few packages that are then missing",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSlimmerWarnsOfMusl(t *testing.T) {
	got := Slimmer(map[string]*record.From{"api": from("python:3.12", 1_000_000_000), "cron": from("python:3.12-alpine3.20", 50_000_000)})
	if want := "Try the slim variant here too: its C library is musl, so native code has to be built for it"; got["api"].Remedy != want {
		t.Errorf("remedy %q, want %q", got["api"].Remedy, want)
	}
}

func TestSlimVariantsOfTheSameSoftware(t *testing.T) {
	for _, tt := range []struct {
		full, slim string
		found      bool
	}{
		{"python:3.12", "python:3.12-slim", true},
		{"python:3.12", "python:3.12.4-slim", true},
		{"python:3", "python:3.12-slim-bookworm", true},
		{"python:3.12-bookworm", "python:3.12-slim-bookworm", true},
		{"python:3.12-bookworm", "python:3.12-slim", true},
		{"python:3.12@sha256:00", "python:3.12-slim@sha256:01", true},
		{"python", "python:slim", true},
		{"python:latest", "python:slim", true},
		{"debian:bookworm", "debian:bookworm-slim", true},
		{"debian:12", "debian:12-slim", true},
		{"debian:12.5", "debian:12.5-slim", true},
		{"node:v22", "node:22-alpine3.20", true},
		{"php:8.3-fpm", "php:8.3-fpm-alpine", true},
		{"eclipse-temurin:21", "eclipse-temurin:21-jre", true},
		{"eclipse-temurin:21-jdk", "eclipse-temurin:21-jre-alpine", true},
		{"localhost:5000/base:1", "localhost:5000/base:1-slim", true},

		{"python:3.12", "python:3.11-slim", false},
		{"python:3.1", "python:3.12-slim", false},
		{"python", "python:3.12-slim", false}, // the latest may be another
		{"python:3.12-slim", "python:3.12-alpine", false},
		{"python:3.12-bullseye", "python:3.12-slim-bookworm", false},
		{"debian:bookworm", "debian:trixie-slim", false},
		{"debian:12", "debian:bookworm-slim", false},
		{"php:8.3-fpm", "php:8.3-alpine", false},
		{"python:3.12", "pypy:3.12-slim", false},
		{"example.com/python:3.12", "python:3.12-slim", false},
		{"python:3.12", "", false},
	} {
		got := Slimmer(map[string]*record.From{"a": from(tt.full, 500e6), "b": from(tt.slim, 100e6)})
		if _, found := got["a"]; found != tt.found || len(got) > 1 {
			t.Errorf("%s beside %s: %+v, want advice: %v", tt.full, tt.slim, got, tt.found)
		}
	}
}

func TestSlimmerWantsADifference(t *testing.T) {
	for size, lines := range map[record.Bytes]int{100_000_000: 0, 100_099_999: 0, 100_100_000: 1, 99_000_000: 0} {
		got := Slimmer(map[string]*record.From{"a": from("x:1", size), "b": from("x:1-slim", 100_000_000)})
		if len(got) != lines {
			t.Errorf("full variant of %d bytes, slim one of 100 MB: %+v, want %d lines", size, got, lines)
		}
	}
}
