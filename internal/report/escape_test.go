package report

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var nasty = []string{
	"", " ", "app:head", "a|b", "`", "``` ```", "x\n::set-output name=a::b", "::error::x", "##[error]x", "<img src=x onerror=alert(1)>",
	"@everyone", "a@b.example", "#123", "org/repo#1", "GH-12", "https://evil.example/x", "www.evil.example", "**b** _i_ ~s~ [l](u) ![i](u)",
	"&lt;script&gt;", "\\|", "\\", "`\\", "\x1b[31mred\x1b[0m", "a\u202eb", "a\u200bb", "\xff\xfe", "-->", "<!--", "</details>", "$x$",
	"0123456789abcdef0123456789abcdef01234567", strings.Repeat("A|`<@", 2000), "- list", "1. list", "# head", "    code", "日本語", "e\u0301",
}

func seed(f *testing.F) {
	for _, s := range nasty {
		f.Add(s, 40)
	}
}

func bound(n int) int { return 1 + (n&0x7fffffff)%400 }

// oneLine holds for every escaper: one line, of printable characters, valid.
func oneLine(t *testing.T, got string) {
	t.Helper()
	if !utf8.ValidString(got) {
		t.Errorf("%q is not UTF-8", got)
	}
	for _, r := range strings.ReplaceAll(got, zeroWidthSpace, "") {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			t.Errorf("%q holds %U", got, r)
		}
	}
}

var (
	rawMarkup   = regexp.MustCompile("[|<>`*_~\\[\\]\\\\$]|&[^#]|&#[^0-9]")
	mention     = regexp.MustCompile(`[@#](?:[^` + zeroWidthSpace + `]|$)|&#(?:64|35);(?:[^` + zeroWidthSpace + `]|$)`)
	autolink    = regexp.MustCompile(`(?i)://|www\.|gh-[0-9]|[0-9a-f]{7}`)
	entity      = regexp.MustCompile(`&#[0-9]+;`)
	codeForm    = regexp.MustCompile("^(`[^`|<\\n]+`|&#(?:96|124|60);)+$")
	codeNeighor = regexp.MustCompile("``")
)

func FuzzText(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string, n int) {
		got := text(s, bound(n))
		oneLine(t, got)
		if m := rawMarkup.FindString(got); m != "" {
			t.Errorf("text(%q) = %q holds markup %q", s, got, m)
		}
		if m := mention.FindString(entity.ReplaceAllStringFunc(got, keepMentions)); m != "" {
			t.Errorf("text(%q) = %q holds a mention or reference %q", s, got, m)
		}
		if m := autolink.FindString(entity.ReplaceAllString(got, " ")); m != "" {
			t.Errorf("text(%q) = %q would link %q", s, got, m)
		}
	})
}

// keepMentions drops the entities that are not @ or #, whose own "&#" would
// look like a reference.
func keepMentions(e string) string {
	if e == "&#64;" || e == "&#35;" {
		return "@"
	}
	return ""
}

func FuzzCode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string, n int) {
		got := code(s, bound(n))
		oneLine(t, got)
		if got != undefined && !codeForm.MatchString(got) {
			t.Errorf("code(%q) = %q is not a row of spans and entities", s, got)
		}
		if codeNeighor.MatchString(got) {
			t.Errorf("code(%q) = %q holds a longer fence", s, got)
		}
	})
}

func FuzzHTMLText(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string, n int) {
		got := htmlText(s, bound(n))
		oneLine(t, got)
		if strings.ContainsAny(got, "<>\"'|`") {
			t.Errorf("htmlText(%q) = %q holds markup", s, got)
		}
	})
}

func FuzzPlain(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string, n int) {
		got := plain(s, bound(n))
		oneLine(t, got)
		if strings.Contains(got, "##[") || strings.HasPrefix(got, "::") || strings.Contains(got, " ::") {
			t.Errorf("plain(%q) = %q holds a workflow command", s, got)
		}
	})
}

func FuzzClean(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string, n int) {
		most := bound(n)
		got := clean(s, most)
		if c := utf8.RuneCountInString(got); c > most {
			t.Errorf("clean(%q, %d) has %d characters", s, most, c)
		}
		if again := clean(got, most); again != got {
			t.Errorf("clean is not stable: %q, then %q", got, again)
		}
	})
}

func TestShortenKeepsBothEnds(t *testing.T) {
	for _, c := range []struct {
		s    string
		most int
		want string
	}{
		{"registry/app:sha", 16, "registry/app:sha"},
		{"registry/app:sha256", 11, "regis…ha256"},
		{"日本語日本語", 3, "日…語"},
		{"abc", 1, "…"},
	} {
		if got := shorten(c.s, c.most); got != c.want {
			t.Errorf("shorten(%q, %d) = %q, want %q", c.s, c.most, got, c.want)
		}
	}
}

func TestLinkOnlyToWebAddresses(t *testing.T) {
	if got := link("run", "https://github.com/o/r/actions/runs/1"); got != "[run](https://github.com/o/r/actions/runs/1)" {
		t.Errorf("link = %q", got)
	}
	for _, url := range []string{"", "javascript:alert(1)", "https://a b", "https://a)", "https://a\n", "//a", "https://a|b", "https://ä"} {
		if got := link("run", url); got != "run" {
			t.Errorf("link to %q = %q, want only the words", url, got)
		}
	}
}
