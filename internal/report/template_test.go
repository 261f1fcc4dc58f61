package report

import (
	"bytes"
	"html/template"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// theirs renders with html/template.
func theirs(files fs.FS, name string, data any) (string, error) {
	parsed, err := template.New("").ParseFS(files, "page/*")
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = parsed.ExecuteTemplate(&out, name, data)
	return out.String(), err
}

// ours renders one template.
func ours(t *testing.T, text string, data any) (string, error) {
	t.Helper()
	all, err := readTemplates(oneTemplate(text), "page")
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = all.ExecuteTemplate(&out, "x", data)
	return out.String(), err
}

func oneTemplate(text string) fstest.MapFS { return fstest.MapFS{"page/x": {Data: []byte(text)}} }

type sample struct {
	Text, Link, Anchor string
	Many               []sample
	None               []sample
	One                *sample
	Nil                *sample
	Yes, No            bool
	Number             int
	Float              float64
}

func sampled() sample {
	const hostile = "a\"b'c<d>&e+f\x00`=\n</title></style><script>alert(1)</script><!-- {{.}} \u2028\xff"
	s := sample{Text: hostile, Link: "https://example.org/a?b=c&d=e#f", Anchor: "service-1", Yes: true, Number: 7, Float: 0.25}
	s.Many = []sample{{Text: "one", Number: 1}, {Text: hostile, Yes: true}}
	s.One = &sample{Text: "inner", Number: -3}
	return s
}

// What is rendered is what html/template renders.
func TestTemplatesAreThoseOfTheStandardLibrary(t *testing.T) {
	for _, text := range []string{
		"", "plain <b>text</b>", "{{.Text}}", `<p class="a {{.Text}} b">{{.Text}}</p>`, `<title>{{.Text}}</title>`,
		`<svg><text x="{{.Number}}" y="{{.Float}}">{{.Text}}</text></svg>`, `<a href="#{{.Anchor}}">x</a>`, `<a href="{{.Link}}" title="{{.Text}}">x</a>`,
		"{{range .Many}}[{{.Text}} {{.Number}}{{if .Yes}} yes{{else}} no{{end}}]{{end}}", "{{range .None}}x{{else}}none{{end}}",
		"{{with .One}}{{.Text}}{{$.Text}}{{end}}{{with .Nil}}x{{else}}nil{{end}}{{if .One}}1{{end}}{{if .Nil}}2{{end}}",
		"{{$a := .Number}}{{range .Many}}{{$b := .Number}}{{$a}}{{$b}}{{end}}{{$a}}", "{{if eq .Number 7}}y{{end}}{{if ne .Text \"a\"}}y{{end}}{{if not .No}}y{{end}}",
		"{{if gt (len .Many) 1}}several{{end}}{{len .Text}}", `{{define "in"}}<i>{{.Text}}</i>{{end}}{{template "in" .One}}{{range .Many}}{{template "in" .}}{{end}}`,
		`<style>a > b {}</style>{{.Text}}`, `<script>1 < 2</script>{{.Text}}`, "{{- .Number -}}  x", "{{/* nothing */}}{{.Number}}",
		`<!doctype html><html lang="en"><br/><input disabled value="{{.Text}}">{{.Text}}`, "{{if .Number}}a{{else if .Yes}}b{{end}}", "{{range .Many}}{{$x := .}}{{$x.Text}}{{end}}",
	} {
		want, err := theirs(oneTemplate(text), "x", sampled())
		if err != nil {
			t.Fatalf("%s: html/template: %v", text, err)
		}
		if got, err := ours(t, text, sampled()); err != nil || got != want {
			t.Errorf("%s: %q, %v, html/template gives %q", text, got, err, want)
		}
	}
}

// No value gets to a place where it could do something.
func TestTemplatesRefuse(t *testing.T) {
	for text, want := range map[string]string{
		`<style>a{color:{{.Text}}}</style>`: "no value may stand here", `<script>x={{.Text}}</script>`: "no value may stand here",
		`<p onclick="{{.Text}}">`: "onclick", `<p style="{{.Text}}">`: "style", `<img src="{{.Text}}">`: "src", `<p {{.Text}}>`: "no value may stand here",
		`<{{.Text}}>`: "no value may stand here", `<p class={{.Text}}>`: "no value may stand here", `<p class='{{.Text}}'>`: "double quotes",
		`<!-- {{.Text}} -->`: "no value may stand here", `<object data="{{.Text}}">`: "data", `<form action="{{.Text}}">`: "action",
		"{{.Missing}}": "no field Missing", "{{.Text.Deep}}": "no struct", "{{.String}}": "no field String", "{{template \"gone\"}}": "no template",
		"{{len .Number}}": "len cannot", "{{eq .Number .Text}}": "eq cannot", "{{range .Text}}{{end}}": "no list", "{{range $i, $x := .Many}}{{end}}": "no variables",
		"{{.Text | len}}": "pipes", "{{nil}}": "nil", "{{printf .Text}}": "printf", "{{$gone}}": "gone", "{{1.5}}": "no value", "{{template \"x\" .Nil.Text}}": "no struct",
	} {
		got, err := ours(t, text, sampled())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		`<a href="{{.Text}}">`: `<a href="#ZgotmplZ">`, `<a href="{{.Anchor}}">`: `<a href="#ZgotmplZ">`,
		`<a href="https://example.org/{{.Anchor}}">`: `<a href="https://example.org/#ZgotmplZ">`,
	} {
		if got, err := ours(t, text, sampled()); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
}
