package report_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// flask is an image of 142 MB on Debian's packages, as inspect knows it.
func flask() record.Record {
	r := record.Record{
		Schema: record.RecordSchema, Image: "plimsoll.example/flask:latest", Digest: "sha256:" + strings.Repeat("c", 64),
		Platform: "linux/amd64", Source: "docker-daemon",
		Metrics: metrics(142_400_000, 53_900_000, 12_917_000, 5, 6_705),
		Layers: []record.Layer{
			{DiffID: "sha256:f1", Size: 78_600_000, Compressed: 29_900_000, Estimated: true, Files: 3_402, Instruction: "/bin/sh -c #(nop) ADD file:8eac3cfd00000000ffffffff11111111 in / "},
			{DiffID: "sha256:f2", Size: 50_100_000, Compressed: 19_100_000, Estimated: true, Files: 3_190, Instruction: "/bin/sh -c apt-get update && apt-get install -y --no-install-recommends python3-flask && rm -rf /var/log/apt"},
			{DiffID: "sha256:f3", Size: 12_100_000, Compressed: 4_200_000, Estimated: true, Files: 4, Instruction: "/bin/sh -c #(nop) COPY dir:01f836b300000000ffffffff11111111 in /app/ "},
			{DiffID: "sha256:f4", Size: 1_600_000, Compressed: 700_000, Estimated: true, Files: 105, Instruction: "/bin/sh -c chmod -R a+rX /app && python3 -m compileall -q ."},
			{DiffID: "sha256:f5", Instruction: "/bin/sh -c #(nop) WORKDIR /app"},
		},
		Contents: flaskContents(),
	}
	r.Contents.Tree = treeOf(129_483_000)
	return r
}

func metrics(size, compressed, wasted record.Bytes, layers, files int) map[record.MetricID]record.Measured {
	all := map[record.MetricID]record.Measured{
		record.ImageSize:       {Unit: record.UnitBytes, Value: float64(size)},
		record.ImageCompressed: {Unit: record.UnitBytes, Value: float64(compressed), Estimated: true},
		record.ImageWasted:     {Unit: record.UnitBytes, Value: float64(wasted)},
		record.ImageLayers:     {Unit: record.UnitCount, Value: float64(layers)},
		record.ImageFiles:      {Unit: record.UnitCount, Value: float64(files)},
	}
	return all
}

func flaskContents() *record.Contents {
	packages := []record.Package{
		{Ecosystem: record.Debian, Name: "libpython3.11-stdlib", Version: "3.11.2-6+deb12u6", Size: 8_100_000, Files: 631},
		{Ecosystem: record.Debian, Name: "perl-base", Version: "5.36.0-7+deb12u3", Size: 7_620_000, Files: 341},
		{Ecosystem: record.Debian, Name: "coreutils", Version: "9.1-1", Size: 7_100_000, Files: 410},
		{Ecosystem: record.Debian, Name: "python3.11-minimal", Version: "3.11.2-6+deb12u6", Size: 6_830_000, Files: 19},
		{Ecosystem: record.Debian, Name: "libc6", Version: "2.36-9+deb12u13", Size: 12_700_000, Files: 300},
		{Ecosystem: record.Debian, Name: "libpython3.11-minimal", Version: "3.11.2-6+deb12u6", Size: 5_400_000, Files: 170},
		{Ecosystem: record.Debian, Name: "libssl3", Version: "3.0.17-1~deb12u3", Size: 6_020_000, Files: 9},
		{Ecosystem: record.Python, Name: "pip", Version: "23.0.1", Size: 5_200_000, Files: 810},
	}
	for i := range 86 {
		packages = append(packages, record.Package{Ecosystem: record.Debian, Name: fmt.Sprintf("lib-small-%d", i), Version: "1.0-1", Size: record.Bytes(700_000 - i*1000), Files: 12})
	}
	return &record.Contents{
		From: &record.From{Image: "debian:12-slim", Layers: 1, Size: 78_600_000, How: "engine"},
		Live: 129_483_000, Packages: bySize(packages),
		Unowned: []record.Directory{
			{Path: "/var/lib/apt/lists", Size: 6_400_000, Files: 14}, {Path: "/app", Size: 5_858_000, Files: 5},
			{Path: "/usr/lib/python3/dist-packages/__pycache__", Size: 1_600_000, Files: 105}, {Path: "/empty"},
		},
		Files: []record.File{
			{Path: "/usr/bin/python3.11", Size: 6_831_736, Layer: 1, Owner: "python3.11-minimal"},
			{Path: "/app/model.bin", Size: 5_840_000, Layer: 3},
			{Path: "/usr/lib/x86_64-linux-gnu/libcrypto.so.3", Size: 4_709_688, Layer: 0, Owner: "libssl3"},
			{Path: "/usr/bin/perl", Size: 3_793_832, Layer: 0, Owner: "perl-base"},
		},
		Waste: []record.Waste{
			{Kind: record.Copied, Layer: 2, Killer: 3, Size: 12_000_000, Files: 4, Path: "/app"},
			{Kind: record.Overwritten, Layer: 0, Killer: 1, Size: 800_000, Files: 3, Path: "/var/lib/dpkg"},
			{Kind: record.Deleted, Layer: 0, Killer: 1, Size: 117_000, Files: 2, Path: "/var/log/apt"},
		},
		Advice: []record.Advice{
			{Rule: "apt-lists", Saves: 6_400_000, What: "apt package lists in /var/lib/apt/lists, made by RUN apt-get update && apt-get install -y …", Remedy: "End the RUN that calls apt-get update with rm -rf /var/lib/apt/lists/*, or use RUN --mount=type=cache,target=/var/lib/apt,sharing=locked", Layer: 1},
			{Rule: "pip", Saves: 5_200_000, What: "pip 23.0.1, which nothing needs at run time", Remedy: "Install into a virtual environment in an earlier stage", Layer: -1},
			{Rule: "pycache", Saves: 1_600_000, What: "compiled Python in __pycache__", Remedy: "Set PYTHONDONTWRITEBYTECODE=1", Layer: 3},
		},
	}
}

func bySize(all []record.Package) []record.Package {
	slices.SortStableFunc(all, func(a, b record.Package) int { return cmp.Compare(b.Size, a.Size) })
	return all
}

// treeOf is a picture of the contents as analyze cuts it: directories with
// their largest files, and what is too small summed up.
func treeOf(live record.Bytes) *record.Area {
	file := func(name string, size record.Bytes) record.Area { return record.Area{Name: name, Head: size} }
	dir := func(name string, parts ...record.Area) record.Area {
		a := record.Area{Name: name, Children: parts}
		for _, p := range parts {
			a.Head += p.Head
		}
		return a
	}
	app := dir("app", file("model.bin", 5_840_000), file("", 18_000))
	usr := dir("usr",
		dir("lib",
			dir("x86_64-linux-gnu", file("libcrypto.so.3", 4_709_688), file("libc.so.6", 1_922_136), file("libperl.so.5.36", 3_600_000),
				dir("gconv", file("libCNS.so", 470_000), file("", 7_400_000)), file("", 24_000_000)),
			dir("python3.11", dir("lib-dynload", file("", 2_600_000)), dir("__pycache__", file("", 4_100_000)), file("", 6_600_000)),
			dir("python3", dir("dist-packages", dir("pip", file("", 5_200_000)), dir("__pycache__", file("", 1_600_000)), dir("flask", file("", 900_000))))),
		dir("bin", file("python3.11", 6_831_736), file("perl", 3_793_832), file("bash", 1_265_648), file("", 9_300_000)),
		dir("share", dir("zoneinfo", file("", 2_500_000)), dir("doc", file("", 3_100_000)), dir("locale", file("", 1_900_000)), file("", 1_200_000)))
	state := dir("var", dir("lib", dir("apt", dir("lists", file("deb.debian.org_bookworm_main", 6_300_000), file("", 100_000))), dir("dpkg", file("", 2_900_000))))
	root := dir("", usr, state, app)
	if rest := live - root.Head; rest > 0 {
		root.Children = append(root.Children, file("", rest))
		root.Head = live
	}
	return &root
}

// grown is a change that takes in LLVM, moves to another FROM image and runs
// chmod over all of /app.
func grown() record.Comparison {
	s := record.Service{Name: "api", Base: flask(), Head: flask()}
	s.Base.Contents.Waste, s.Base.Contents.Advice = s.Base.Contents.Waste[1:], s.Base.Contents.Advice[1:]
	s.Base.Contents.From = &record.From{Image: "debian:12-slim", Layers: 1, Size: 78_600_000, How: "engine"}
	s.Head.Contents.From = &record.From{Image: "debian:13-slim", Layers: 1, Size: 82_700_000, How: "annotation"}
	s.Head.Image, s.Head.Digest = "plimsoll.example/flask:pr-7", "sha256:"+strings.Repeat("d", 64)
	for i := range s.Head.Layers {
		s.Head.Layers[i].DiffID += "-2"
	}
	s.Head.Layers[0].Size, s.Head.Layers[0].Compressed = 82_700_000, 31_300_000
	s.Head.Layers[1].Size, s.Head.Layers[1].Compressed = 90_600_000, 33_200_000
	s.Head.Layers[3].Size, s.Head.Layers[3].Compressed = 13_600_000, 4_800_000
	pull := exact(record.ImagePull, 1, 38_000_000, record.None)
	pull.Base, pull.Ratio, pull.Difference, pull.Estimated = f(0), nil, pull.Head, true
	pull.Shift = &record.Shift{Difference: *pull.Head, Low: *pull.Head, High: *pull.Head, Level: 1}
	size := budget(exact(record.ImageSize, 142_400_000, 199_000_000, record.Fail), record.Budget{Grow: f(0.1)})
	s.Metrics = []record.Change{size, exact(record.ImageCompressed, 53_900_000, 73_500_000, record.None), pull, exact(record.ImageWasted, 917_000, 12_917_000, record.None)}
	s.Metrics[1].Estimated = true
	s.Growth = growth()
	s.Verdict = record.Fail
	return comparison(s)
}

func growth() *record.Growth {
	from, prefix := record.Bytes(4_100_000), record.Bytes(73_500_000)
	bytes := func(n record.Bytes) *record.Bytes { return &n }
	deb := func(name, was, is string, base, head record.Bytes) record.PackageChange {
		c := record.PackageChange{Ecosystem: record.Debian, Name: name, Size: head - base}
		if was != "" {
			c.Base = &record.Package{Ecosystem: record.Debian, Name: name, Version: was, Size: base}
		}
		if is != "" {
			c.Head = &record.Package{Ecosystem: record.Debian, Name: name, Version: is, Size: head}
		}
		return c
	}
	g := &record.Growth{
		Size: 56_600_000, FromImage: &from, PullPrefix: &prefix, Waste: 12_000_000,
		Packages: []record.PackageChange{
			deb("libllvm15", "", "1:15.0.6-4+b1", 0, 38_000_000),
			deb("libc6", "2.36-9+deb12u13", "2.41-12", 12_700_000, 14_900_000),
			deb("libssl3", "3.0.17-1~deb12u3", "3.5.1-1", 6_020_000, 7_420_000),
			deb("mawk", "1.3.4.20200120-3.1", "", 242_000, 0),
		},
		Unowned: []record.DirectoryChange{{Path: "/var/lib/apt/lists", Head: 2_800_000}, {Path: "/etc", Base: 410_000, Head: 398_000}},
		Files: []record.FileChange{
			{Path: "/usr/lib/x86_64-linux-gnu/libLLVM-15.so.1", Head: bytes(37_900_000), Owner: "libllvm15"},
			{Path: "/var/lib/apt/lists/deb.debian.org_bookworm_main_Packages", Head: bytes(2_800_000)},
			{Path: "/usr/lib/x86_64-linux-gnu/libc.so.6", Base: bytes(1_922_136), Head: bytes(2_014_520), Owner: "libc6"},
			{Path: "/usr/bin/mawk", Base: bytes(166_000), Owner: "mawk"},
		},
		Added: record.Tally{Files: 61, Size: 41_300_000}, Removed: record.Tally{Files: 18, Size: 242_000}, Changed: record.Tally{Files: 2_204, Size: 3_542_000},
		Rebuilt: []record.Rebuilt{{Base: 2, Head: 2, Compressed: 4_200_000}},
		Tree:    grownTree(),
	}
	for i := range 14 {
		version := fmt.Sprintf("1.%d-1", i)
		g.Packages = append(g.Packages, deb(fmt.Sprintf("libfoo%d", i), version, version+"+b1", 500_000, 532_000))
	}
	return g
}

func grownTree() *record.Area {
	leaf := func(name string, base, head record.Bytes) record.Area {
		return record.Area{Name: name, Base: base, Head: head}
	}
	dir := func(name string, parts ...record.Area) record.Area {
		a := record.Area{Name: name, Children: parts}
		for _, p := range parts {
			a.Base, a.Head = a.Base+p.Base, a.Head+p.Head
		}
		return a
	}
	usr := dir("usr",
		dir("lib", dir("x86_64-linux-gnu", leaf("libLLVM-15.so.1", 0, 37_900_000), leaf("libcrypto.so.3", 4_709_688, 6_100_000), leaf("libc.so.6", 1_922_136, 2_014_520), leaf("", 32_000_000, 32_700_000)),
			dir("python3.11", leaf("lib-dynload", 2_600_000, 2_600_000), leaf("", 10_700_000, 10_700_000))),
		dir("bin", leaf("python3.11", 6_831_736, 6_831_736), leaf("perl", 3_793_832, 3_793_832), leaf("mawk", 166_000, 0), leaf("", 9_300_000, 9_300_000)),
		dir("share", dir("doc", leaf("", 5_900_000, 3_100_000)), leaf("locale", 1_900_000, 0), leaf("", 3_700_000, 3_700_000)))
	root := dir("", usr, dir("var", dir("lib", dir("apt", leaf("lists", 0, 2_800_000)), leaf("dpkg", 2_900_000, 2_950_000))),
		dir("app", leaf("model.bin", 5_840_000, 5_840_000), leaf("", 18_000, 18_000)))
	return &root
}

// swapped is the move from Flask to one Go binary.
func swapped() record.Comparison {
	s := record.Service{Name: "api", Base: flask(), Head: gin(), Verdict: record.None}
	s.Metrics = []record.Change{
		exact(record.ImageSize, 142_400_000, 14_500_000, record.None), exact(record.ImageCompressed, 53_900_000, 5_896_000, record.None),
		exact(record.ImageWasted, 12_917_000, 0, record.None),
	}
	s.Growth = &record.Growth{Size: -127_900_000, Waste: -12_917_000, Added: record.Tally{Files: 1, Size: 14_500_000}, Removed: record.Tally{Files: 6_704, Size: 129_483_000}}
	for _, p := range s.Head.Contents.Packages {
		s.Growth.Packages = append(s.Growth.Packages, record.PackageChange{Ecosystem: p.Ecosystem, Name: p.Name, In: p.In, Head: &p, Size: p.Size})
	}
	for _, p := range s.Base.Contents.Packages {
		s.Growth.Packages = append(s.Growth.Packages, record.PackageChange{Ecosystem: p.Ecosystem, Name: p.Name, Base: &p, Size: -p.Size})
	}
	slices.SortStableFunc(s.Growth.Packages, func(a, b record.PackageChange) int {
		return cmp.Compare(max(b.Size, -b.Size), max(a.Size, -a.Size))
	})
	for _, d := range s.Base.Contents.Unowned {
		s.Growth.Unowned = append(s.Growth.Unowned, record.DirectoryChange{Path: d.Path, Base: d.Size})
	}
	return comparison(s)
}

func gin() record.Record {
	r := record.Record{
		Schema: record.RecordSchema, Image: "plimsoll.example/gin:latest", Digest: "sha256:" + strings.Repeat("2", 64), Platform: "linux/amd64", Source: "docker-daemon",
		Metrics: metrics(14_500_000, 5_896_000, 0, 1, 1),
		Layers:  []record.Layer{{DiffID: "sha256:g1", Size: 14_500_000, Compressed: 5_896_000, Estimated: true, Files: 1, Instruction: "/bin/sh -c #(nop) COPY file:57f78c6600000000ffffffff11111111 in /gin "}},
		Contents: &record.Contents{
			Live:  14_500_000,
			Files: []record.File{{Path: "/gin", Size: 14_500_000, Owner: "std"}},
			Tree:  &record.Area{Head: 14_500_000, Children: []record.Area{{Name: "gin", Head: 14_500_000}}},
		},
	}
	for i, name := range []string{"std", "google.golang.org/protobuf", "github.com/bytedance/sonic", "github.com/quic-go/quic-go", "github.com/gin-gonic/gin"} {
		r.Contents.Packages = append(r.Contents.Packages, record.Package{
			Ecosystem: record.Go, Name: name, Version: "v1.1" + fmt.Sprint(i), Size: []record.Bytes{8_200_000, 2_400_000, 1_900_000, 1_400_000, 600_000}[i], In: "/gin", Estimated: true,
		})
	}
	return r
}

func manyGrown(n int) record.Comparison {
	var services []record.Service
	for i := range n {
		s := grown().Services[0]
		s.Name = fmt.Sprintf("service-%03d", i)
		services = append(services, s)
	}
	return comparison(services...)
}
