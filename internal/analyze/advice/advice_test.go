package advice

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestTheRemedyFitsWhatMadeIt(t *testing.T) {
	const path = "srv/.git/objects/pack/x.pack"
	const mib = 1 << 20
	for _, tt := range []struct {
		layer, from  int
		what, remedy string
	}{
		{byRun, 0, "Git's history in /srv/.git, by RUN apt-get update && apt-get install -y python3",
			"Unless something reads it in the container: delete .git in the RUN of git clone, or fetch the source with ADD, which leaves it out"},
		{byCopy, 0, "Git's history in /srv/.git, by COPY . /app",
			"Unless something reads it in the container: put **/.git in .dockerignore; where it comes from a build stage, copy less of that stage"},
		{byAdd, 0, "Git's history in /srv/.git, by ADD rootfs.tar /",
			"Unless something reads it in the container: leave it out of the archive or directory that ADD takes"},
		{byWhoKnows, 0, "Git's history in /srv/.git",
			"Unless something reads it in the container: delete .git in the RUN of git clone, or fetch the source with ADD, which leaves it out; where it was copied in, copy less"},
		{byCopy, byCopy + 1, "in the base image: Git's history in /srv/.git",
			"Unless something reads it in the container: use a base image without it, or delete it where the base image is built; a later layer cannot free its bytes"},
		{byCopy, byCopy, "Git's history in /srv/.git, by COPY . /app",
			"Unless something reads it in the container: put **/.git in .dockerignore; where it comes from a build stage, copy less of that stage"},
		{1000, 0, "Git's history in /srv/.git",
			"Unless something reads it in the container: delete .git in the RUN of git clone, or fetch the source with ADD, which leaves it out; where it was copied in, copy less"},
	} {
		img := image(File{Path: path, Size: mib, Layer: tt.layer})
		img.From = &record.From{Layers: tt.from}
		want := []record.Advice{{Rule: "git-directory", Saves: mib, What: tt.what, Remedy: tt.remedy, Layer: tt.layer}}
		if diff := cmp.Diff(want, For(img)); diff != "" {
			t.Errorf("layer %d, %d of the base image: -want +got:\n%s", tt.layer, tt.from, diff)
		}
	}
}

func TestOneRuleInSeveralLayersHasNoLayer(t *testing.T) {
	img := image(
		File{Path: "root/.cache/pip/a", Size: 1_000_000, Layer: byRun},
		File{Path: "root/.cache/pip/b", Size: 2_000_000, Layer: byCompileall},
		File{Path: "root/.cache/pip/c", Size: 4_000_000, Layer: byCopy},
	)
	got := For(img)
	want := []record.Advice{
		{Rule: "pip-cache", Saves: 4_000_000, Layer: byCopy, What: "pip's cache in /root/.cache/pip, by COPY . /app"},
		{Rule: "pip-cache", Saves: 3_000_000, Layer: -1,
			What: "pip's cache in /root/.cache/pip, by 2 layers, the largest part by RUN python3 -m compileall -q /app"},
	}
	for i := range got {
		got[i].Remedy = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheBaseImageComesLast(t *testing.T) {
	img := image(
		File{Path: "usr/local/go/bin/go", Size: 200_000_000, Layer: byAdd},
		File{Path: "var/lib/apt/lists/x", Size: 20_000_000, Layer: byAdd},
		File{Path: "root/.cache/pip/x", Size: 1_000_000, Layer: byRun},
		File{Path: "app/.git/x", Size: 3_000_000, Layer: byCopy},
	)
	img.From = &record.From{Layers: 1}
	var got []string
	for _, a := range For(img) {
		got = append(got, a.Rule)
	}
	if diff := cmp.Diff([]string{"git-directory", "pip-cache", "toolchain-go", "apt-lists"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSmallSumsAreNotWorthALine(t *testing.T) {
	for _, tt := range []struct {
		found, rest, waste record.Bytes
		lines              int
	}{
		{99_999, 0, 0, 0},
		{100_000, 0, 0, 1},
		{200_000, 199_800_000, 0, 1}, // a thousandth of 200 MB
		{199_999, 199_800_002, 0, 0}, // just below
		{200_000, 0, 199_800_000, 2}, // waste is stored, too
		{199_999, 0, 199_800_002, 1},
	} {
		img := image(
			File{Path: "root/.cache/pip/x", Size: tt.found, Layer: byRun},
			File{Path: "usr/lib/libx.so", Size: tt.rest, Layer: byRun},
		)
		if tt.waste > 0 {
			img.Waste = []record.Waste{{Kind: record.Deleted, Layer: byCopy, Killer: byCompileall, Size: tt.waste, Files: 1, Path: "/x"}}
		}
		if got := For(img); len(got) != tt.lines {
			t.Errorf("%d bytes of %d and %d wasted: %d lines, want %d", tt.found, tt.found+tt.rest, tt.waste, len(got), tt.lines)
		}
	}
}

func TestTheLinesAreBounded(t *testing.T) {
	img := image()
	for i := range 100 {
		img.Instructions = append(img.Instructions, fmt.Sprintf("RUN step %d", i))
		img.Waste = append(img.Waste, record.Waste{Kind: record.Deleted, Layer: 0, Killer: i, Size: record.Bytes(1_000_000 * (i + 1)), Files: 1, Path: "/x"})
	}
	got := For(img)
	if len(got) != 20 || got[0].Saves != 100_000_000 || got[19].Saves != 81_000_000 {
		t.Errorf("%d lines from %+v to %+v, want the 20 largest", len(got), got[0], got[len(got)-1])
	}
}

func TestForeignNamesAreShort(t *testing.T) {
	long := strings.Repeat("lönger/", 8000)
	img := image(File{Path: long + ".git/x", Size: 1_000_000, Layer: byCopy})
	img.Instructions = slices.Clone(instructions)
	img.Instructions[byCopy] = "COPY " + long + strings.Repeat(" x", 8000)
	got := For(img)
	if len(got) != 1 {
		t.Fatalf("%d lines, want one", len(got))
	}
	if len(got[0].What) > 300 {
		t.Errorf("the line is %d bytes long, want a short one", len(got[0].What))
	}
}

func TestSizesReadWell(t *testing.T) {
	for b, want := range map[record.Bytes]string{
		0: "0 B", 1: "1 B", 999: "999 B", 1000: "1 kB", 1234: "1.23 kB", 41_230_000: "41.2 MB", 999_499: "999 kB", 999_500: "1 MB", 120e6: "120 MB", 5_040e9: "5.04 TB",
		9_223_372_036_854_775_807: "9223372 TB",
	} {
		if got := size(b); got != want {
			t.Errorf("size(%d) = %q, want %q", b, got, want)
		}
	}
}
