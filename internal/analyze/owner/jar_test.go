package owner

import (
	"archive/zip"
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// entry is a file for an archive. Names that end in .jar are stored, as Spring
// Boot does; all else is deflated.
type entry struct{ name, body string }

func archive(t testing.TB, entries ...entry) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, e := range entries {
		method := zip.Deflate
		if strings.HasSuffix(e.name, ".jar") {
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// noise is what no method makes smaller.
func noise(n int) string {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(b)
	return string(b)
}

func manifest(lines ...string) entry {
	return entry{"META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\nName: a.class\r\nImplementation-Title: not-this\r\n"}
}

func pom(group, artifact, version string) entry {
	return entry{
		"META-INF/maven/" + group + "/" + artifact + "/pom.properties",
		"#Created by Apache Maven\nversion=" + version + "\ngroupId=" + group + "\nartifactId=" + artifact + "\n",
	}
}

// jarClaims are the claims of a jar, which must be the same read in both ways.
func jarClaims(t *testing.T, path, body string) []Claim {
	t.Helper()
	var all [2][]Claim
	for i := range all {
		f := plainFile(path, body)
		f.Body = iotest.HalfReader(f.Body)
		if i == 1 {
			f.Body, f.At = iotest.ErrReader(io.ErrClosedPipe), strings.NewReader(body)
		}
		data, err := Distil(Wanted(path, f.Size, f.Mode), f)
		if err != nil {
			t.Fatal(err)
		}
		claims, problems := Packages([]Evidence{{Path: path, Kind: KindJar, Data: data}})
		for _, p := range problems {
			t.Error(p)
		}
		all[i] = claims
	}
	if diff := cmp.Diff(all[0], all[1]); diff != "" {
		t.Errorf("as a stream (-) and read at random (+):\n%s", diff)
	}
	return all[0]
}

func TestJarName(t *testing.T) {
	const lib = "app/lib/"
	for name, c := range map[string]struct {
		path    string
		entries []entry
		want    jarName
	}{
		"maven":             {lib + "guava-31.1-jre.jar", []entry{manifest("Bundle-SymbolicName: com.google.guava"), pom("com.google.guava", "guava", "31.1-jre")}, jarName{"guava", "31.1-jre"}},
		"maven, renamed":    {lib + "library.jar", []entry{pom("com.google.guava", "guava", "31.1-jre")}, jarName{"guava", "31.1-jre"}},
		"shaded":            {lib + "app-2.0.jar", []entry{manifest(), pom("a", "dep", "1"), pom("b", "app", "2.0"), pom("c", "other", "3")}, jarName{"app", "2.0"}},
		"one shaded":        {lib + "app-2.0.jar", []entry{manifest("Implementation-Title: my-app", "Implementation-Version: 2.0.1"), pom("a", "dep", "1")}, jarName{"my-app", "2.0.1"}},
		"shaded, renamed":   {lib + "guice.jar", []entry{manifest("Bundle-SymbolicName: com.google.inject", "Bundle-Version: 4.2.3"), pom("cglib", "cglib", "3.2.12")}, jarName{"com.google.inject", "4.2.3"}},
		"gradle":            {lib + "x.jar", []entry{manifest("Implementation-Title: spring-core", "Implementation-Version: 6.1.0")}, jarName{"spring-core", "6.1.0"}},
		"title of words":    {lib + "lang-3.1.jar", []entry{manifest("Implementation-Title: Apache Commons Lang", "Implementation-Version: 3.1")}, jarName{"lang", "3.1"}},
		"osgi":              {lib + "x.jar", []entry{manifest("bundle-symbolicname: org.eclipse.x;singleton:=true", "Bundle-Version: 1.2.3.v2020")}, jarName{"org.eclipse.x", "1.2.3.v2020"}},
		"continued line":    {lib + "x.jar", []entry{manifest("Implementation-Title: a-very-", " long-name", "Implementation-Version: 1")}, jarName{"a-very-long-name", "1"}},
		"left out by build": {lib + "x-1.jar", []entry{manifest("Implementation-Title: ${project.name}", "Implementation-Version: unspecified")}, jarName{"x", "1"}},
		"nothing":           {lib + "jrt-fs.jar", nil, jarName{"jrt-fs", ""}},
		"war":               {"srv/shop-4.war", []entry{manifest()}, jarName{"shop", "4"}},
	} {
		t.Run(name, func(t *testing.T) {
			want := []Claim{{Ecosystem: record.Java, Name: c.want.Name, Version: c.want.Version, In: c.path, Share: 1}}
			if diff := cmp.Diff(want, jarClaims(t, c.path, archive(t, c.entries...))); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJarFileName(t *testing.T) {
	for file, want := range map[string]jarName{
		"BOOT-INF/lib/log4j-1.2-api-2.17.1.jar":                         {"log4j-1.2-api", "2.17.1"},
		"commons-lang3-3.12.0.jar":                                      {"commons-lang3", "3.12.0"},
		"netty-tcnative-boringssl-static-2.0.61.Final-linux-x86_64.jar": {"netty-tcnative-boringssl-static", "2.0.61.Final-linux-x86_64"},
		"app-1.0-20210101.120000-1.jar":                                 {"app", "1.0-20210101.120000-1"},
		"jackson-module-scala_2.13-2.15.2.jar":                          {"jackson-module-scala_2.13", "2.15.2"},
		"app-1.0-SNAPSHOT.war":                                          {"app", "1.0-SNAPSHOT"},
		"7zip.jar":                                                      {"7zip", ""},
		"1-2.jar":                                                       {"1", "2"},
		"-.jar":                                                         {"-", ""},
		"rt.jar":                                                        {"rt", ""},
	} {
		if got := jarFileName(file); got != want {
			t.Errorf("jarFileName(%q) = %q, want %q", file, got, want)
		}
	}
}

func TestJarNested(t *testing.T) {
	body := archive(t,
		manifest("Implementation-Title: demo", "Implementation-Version: 0.1"),
		entry{"BOOT-INF/classes/a.class", noise(50_000)},
		entry{"BOOT-INF/lib/", ""},
		entry{"BOOT-INF/lib/spring-core-6.1.0.jar", noise(300_000)},
		entry{"BOOT-INF/lib/guava-31.1-jre.jar", noise(600_000)},
	)
	for name, before := range map[string]string{"plain": "", "behind a script": "#!/bin/sh\nexec java -jar $0\n"} {
		t.Run(name, func(t *testing.T) {
			body := before + body
			share := func(bytes int) float64 { return float64(bytes) / float64(len(body)) }
			claim := func(name, version string, share float64) Claim {
				return Claim{Ecosystem: record.Java, Name: name, Version: version, In: "app/demo.jar", Share: share}
			}
			want := []Claim{
				claim("demo", "0.1", 1-share(900_000)),
				claim("guava", "31.1-jre", share(600_000)),
				claim("spring-core", "6.1.0", share(300_000)),
			}
			got := jarClaims(t, "app/demo.jar", body)
			near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
			if diff := cmp.Diff(want, got, near); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
			mustSumToOne(t, got)
		})
	}
}

func mustSumToOne(t testing.TB, claims []Claim) {
	t.Helper()
	sum := 0.0
	for _, c := range claims {
		sum += c.Share
	}
	if sum != 1 {
		t.Errorf("the shares sum up to %v, want 1", sum)
	}
}

// TestJarLarge has its manifest in the first MiB and its directory in the last
// 4 MiB; what stands between is not read.
func TestJarLarge(t *testing.T) {
	entries := []entry{manifest("Implementation-Title: large", "Implementation-Version: 1")}
	for range 9 {
		entries = append(entries, entry{"lib/part.jar", noise(1 << 20)})
	}
	hidden := append(entries[:5:5], append([]entry{pom("a", "hidden", "2")}, entries[5:]...)...)
	for _, c := range [][]entry{entries, hidden} {
		got := jarClaims(t, "app/x.jar", archive(t, c...))
		names := map[string]int{}
		for _, c := range got {
			names[c.Name+" "+c.Version]++
		}
		if diff := cmp.Diff(map[string]int{"large 1": 1, "part ": 9}, names); diff != "" {
			t.Errorf("packages (-want +got):\n%s", diff)
		}
	}
}

func TestJarDamage(t *testing.T) {
	body := archive(t, manifest("Implementation-Title: demo", "Implementation-Version: 0.1"), entry{"lib/a-1.jar", noise(1000)})
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"empty":        {"", nil},
		"no archive":   {"hello", nil},
		"cut":          {body[:len(body)/2], []string{"x"}},
		"no directory": {strings.ReplaceAll(body, "PK\x05\x06", "PK\x00\x00"), []string{"x"}},
		"bad method":   {strings.ReplaceAll(body, "\x08\x00\x08\x00", "\x08\x00\x63\x00"), []string{"a", "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, c := range jarClaims(t, "x.jar", c.body) {
				got = append(got, c.Name)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("packages (-want +got):\n%s", diff)
			}
		})
	}
}

// TestJarInflatesLittle has many entries that would each inflate to much.
func TestJarInflatesLittle(t *testing.T) {
	entries := []entry{{"META-INF/MANIFEST.MF", strings.Repeat("A: b\n", 1<<20)}}
	for range 20 {
		entries = append(entries, entry{"META-INF/maven/a/b/pom.properties", strings.Repeat("a=b\n", 1<<18)})
	}
	body := archive(t, entries...)
	j, err := openJar(plainFile("x.jar", body))
	if err != nil {
		t.Fatal(err)
	}
	dir, shift, err := j.directory()
	if err != nil || dir == nil {
		t.Fatal(len(dir), err)
	}
	if _, _, err := new(jarEvidence).readEntries(j, dir, shift); err != nil || j.inflated == 0 || j.inflated > maxJarInflated {
		t.Errorf("inflated %d bytes, %v; want some and at most %d", j.inflated, err, maxJarInflated)
	}
}
