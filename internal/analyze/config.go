package analyze

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// config is an image configuration and its digest, the image ID.
type config struct {
	file   *v1.ConfigFile
	digest string
}

// diffIDs lists the layers' content, lowest first.
func (c config) diffIDs() []string {
	out := make([]string, len(c.file.RootFS.DiffIDs))
	for i, h := range c.file.RootFS.DiffIDs {
		out[i] = h.String()
	}
	return out
}

// platform is zero where the configuration names none.
func (c config) platform() Platform {
	return Platform{OS: c.file.OS, Architecture: c.file.Architecture, Variant: c.file.Variant}.normal()
}

// runsOn refuses an image that a machine of the wanted platform cannot run;
// none is wanted when it is zero.
func (c config) runsOn(want Platform) error {
	switch {
	case want == (Platform{}) || want.Runs(c.platform()):
		return nil
	case c.platform() == (Platform{}):
		return fmt.Errorf("image does not say which platform it is for, wanted %s", want)
	}
	return fmt.Errorf("image is for %s, wanted %s", c.platform(), want)
}

// parseConfig reads an image configuration.
// https://github.com/opencontainers/image-spec/blob/main/config.md
func parseConfig(raw []byte, limits Limits) (config, error) {
	file := new(v1.ConfigFile)
	if err := decode(raw, file); err != nil {
		return config{}, fmt.Errorf("image configuration: %w", err)
	}
	c := config{file: file, digest: digestBytes(raw)}
	if n := len(file.RootFS.DiffIDs); n > limits.Layers {
		return config{}, fmt.Errorf("image configuration: lists %d layers, at most %d are accepted", n, limits.Layers)
	}
	for i, id := range c.diffIDs() {
		if !digests.MatchString(id) {
			return config{}, fmt.Errorf("image configuration: rootfs.diff_ids[%d] is %s, expected sha256: and 64 hexadecimal digits", i, quote(id))
		}
	}
	return c, nil
}

// decode reads one JSON document and nothing behind it.
func decode(raw []byte, into any) error {
	const most = 1 << 16 // "{}," is 3 bytes here and 136 as a descriptor
	if n := values(raw, most); n > most {
		return fmt.Errorf("holds more than %d values", most)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("not the JSON expected: %w", err)
	}
	return nil
}

// values counts the members and elements of a JSON document, up to one more
// than most. What is no JSON is counted anyhow.
func values(raw []byte, most int) (n int) {
	quoted := false
	for i := 0; i < len(raw) && n <= most; i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == '[' || c == '{'):
			n++
		}
	}
	return n
}

func digestBytes(raw []byte) string {
	h := sha256.New()
	h.Write(raw)
	return digestOf(h)
}

// instructions joins the history to the layers: one instruction per layer,
// lowest first. History is optional and may be incomplete; where it does not
// fit, all are "" and the warning says why.
// https://github.com/opencontainers/image-spec/blob/main/config.md#properties
func instructions(file *v1.ConfigFile) (out []string, warning string) {
	layers := len(file.RootFS.DiffIDs)
	for _, h := range file.History {
		if !h.EmptyLayer {
			out = append(out, instruction(h.CreatedBy))
		}
	}
	switch {
	case len(out) == layers:
		return out, ""
	case len(file.History) == 0:
		warning = "the image has no history, so no layer can be traced to its instruction"
	default:
		warning = fmt.Sprintf("the image's history tells of %d layers and there are %d, so none is traced to its instruction", len(out), layers)
	}
	return make([]string, layers), warning
}

// buildArgs is how the classic builder prefixes a RUN that saw build
// arguments. Their values may be secrets and are dropped.
var buildArgs = regexp.MustCompile(`(?s)^\|[0-9]+ .*? ?/bin/sh -c `)

// instruction undoes what builders do to a line of a Dockerfile before they
// write it to the history.
func instruction(createdBy string) string {
	const most = 1024
	s := strings.TrimSpace(strings.ToValidUTF8(createdBy, "\uFFFD"))
	s = strings.TrimSuffix(s, " # buildkit")
	s = strings.TrimPrefix(s, "RUN ")
	s = buildArgs.ReplaceAllString(s, "/bin/sh -c ")
	if rest, ok := strings.CutPrefix(s, "/bin/sh -c #(nop) "); ok {
		s = strings.TrimSpace(rest)
	} else if rest, ok := strings.CutPrefix(s, "/bin/sh -c "); ok {
		s = "RUN " + strings.TrimSpace(rest)
	} else if strings.HasPrefix(createdBy, "RUN ") {
		s = "RUN " + s
	}
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// isJSON tells a document from other small files by its first byte.
func isJSON(head []byte) bool {
	head = bytes.TrimLeft(head, " \t\r\n")
	return len(head) > 0 && (head[0] == '{' || head[0] == '[')
}
