package browsertest

import (
	"bytes"
	"encoding/json"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

var (
	pictures   = flag.String("pictures", "", "write the README's pictures into this `directory`")
	comparison = flag.String("comparison", "", "the `file` of the comparison that they show")
)

// Bounds of a picture of the README.
const (
	mostPicture  = 200_000 // bytes
	pictureWidth = 1000
)

// views are what the pictures show: the part of the page between two elements.
var views = []struct{ name, from, to string }{
	{"report", "header", "section.service .metrics"},
	{"boots", ".charts figure:nth-last-of-type(4)", ".charts figure:last-of-type"},
}

// The pictures can be taken, have something on them, and are small enough to be
// kept; with -pictures they are.
func TestPictures(t *testing.T) {
	c := saved(t, "pass")
	if *comparison != "" {
		c = read(t, *comparison)
	}
	ctx := browser(t)
	url := serve(t, render(t, c), &watched{})
	open(ctx, t, url, pictureWidth, "light")
	dir := *pictures
	if dir == "" {
		dir = t.TempDir()
	}
	for _, scheme := range []string{"light", "dark"} {
		open(ctx, t, "", pictureWidth, scheme)
		for _, v := range views {
			clip, err := chromedp.Run(ctx, chromedp.Evaluate[page.Viewport](`(() => {
				const a = document.querySelector("`+v.from+`").getBoundingClientRect(), b = document.querySelector("`+v.to+`").getBoundingClientRect();
				const y = a.top + scrollY - 14;
				return {x: 0, y, width: innerWidth, height: b.bottom + scrollY + 14 - y, scale: 1};
			})()`))
			if err != nil {
				t.Fatal(err)
			}
			beyond := true
			shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Clip: &clip, CaptureBeyondViewport: &beyond})
			if err != nil {
				t.Fatal(err)
			}
			keep(t, filepath.Join(dir, v.name+"-"+scheme+".png"), shot.Data)
		}
	}
}

func read(t *testing.T, file string) record.Comparison {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var c record.Comparison
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func keep(t *testing.T, file string, shot []byte) {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	size := picture.Bounds()
	colours := map[[3]uint32]bool{}
	for y := size.Min.Y; y < size.Max.Y; y += 3 {
		for x := size.Min.X; x < size.Max.X; x += 3 {
			r, g, b, _ := picture.At(x, y).RGBA()
			colours[[3]uint32{r, g, b}] = true
		}
	}
	if len(shot) > mostPicture || size.Dx() != pictureWidth || size.Dy() < 300 || len(colours) < 20 {
		t.Errorf("%s has %d bytes, %v, %d colours; want at most %d bytes, a width of %d and something to see", file, len(shot), size, len(colours), mostPicture, pictureWidth)
	}
	if err := os.WriteFile(file, shot, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d bytes, %v", file, len(shot), size)
}
