package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A page with every fault that is looked for; what is not found here could be in
// the report.
const faulty = `<!DOCTYPE html><html><head><title>faulty</title></head><body style="background: #fff">
<p style="color: #bbb">a pale word</p>
<table><thead><tr><th>no scope</th></tr></thead></table>
<div style="width: 3000px">wide</div>
<svg viewBox="0 0 10 10" width="20" height="20"><title>small</title><rect x="5" y="5" width="10" height="2"/></svg>
<svg viewBox="0 0 100 100" width="100" height="100"><title>written on</title><desc>so</desc><rect width="100" height="100" fill="#333"/><text x="10" y="50" fill="#444">black on black</text></svg>
<img src="/elsewhere.png">
<script>console.log("hello"); nobody()</script></body></html>`

func TestAuditFindsFaults(t *testing.T) {
	ctx := browser(t)
	var w watched
	if err := chromedp.Listen(ctx, w.see); err != nil {
		t.Fatal(err)
	}
	open(ctx, t, "data:text/html,"+strings.NewReplacer("#", "%23", "\n", " ").Replace(faulty), 390, "light")
	got, err := chromedp.Run(ctx, chromedp.Evaluate[found](audit))
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for what, list := range map[string][]string{"a pale word": got.Faint, "black on black": got.Faint, "small: rect": got.Misplaced,
		"small: 20 x 20": got.Tiny, "small: no description": got.Tiny, "no scope": got.Unlabelled, "console": w.messages, "exception": w.messages} {
		if !strings.Contains(strings.Join(list, "\n"), what) {
			t.Errorf("%q is not among %q", what, list)
		}
	}
	if got.Wide == "" {
		t.Error("nobody notices that the page scrolls sideways")
	}
}
