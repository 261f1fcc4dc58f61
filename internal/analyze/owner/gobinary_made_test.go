package owner

import (
	"bytes"
	"debug/gosym"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/elf"
)

// madeBinary is a Go binary of which only the parts are there that are read.
type madeBinary struct {
	order     binary.ByteOrder
	pointer   int    // 4 or 8
	magic     uint32 // of the function table
	late      bool   // the section headers stand at the end
	modules   string
	functions []madeFunction
	constants []byte // in front of the function table
	inside    bool   // the function table stands inside of a section that is writable
	shuffled  bool   // the functions are not described in order
	version   string
}

type madeFunction struct {
	name string
	size uint32
}

const madeModules = "path\texample.com/app\nmod\texample.com/app\tv1.2.3\t\ndep\texample.com/app/deep\tv0.1.0\th1:a=\ndep\tgopkg.in/yaml.v3\tv3.0.1\th1:b=\n" +
	"dep\tgithub.com/x/y\tv1.0.0\n=>\tgithub.com/z/y\tv1.5.0\th1:c=\n"

func made() madeBinary {
	return madeBinary{
		order: binary.LittleEndian, pointer: 8, magic: pcMagic120, modules: madeModules, version: "go1.26.0",
		functions: []madeFunction{
			{"runtime.main", 100}, {"main.main", 10}, {"example.com/app/deep.(*T).Do", 30}, {"example.com/app/deeper.Do", 5},
			{"gopkg.in/yaml%2ev3.Marshal", 40}, {"slices.Sort[go.shape.[]github.com/x/y.T]", 7}, {"type:.eq.github.com/x/y.T", 1000},
			{"github.com/x/y/z.init.0", 8}, {"vendor/golang.org/x/net/idna.init", 20}, {"memeqbody", 3},
		},
	}
}

// madeBytes is what the functions of a made binary add up to.
var madeBytes = map[string]int64{"example.com/app": 15, "example.com/app/deep": 30, "gopkg.in/yaml.v3": 40, "github.com/x/y": 8, "std": 127}

// build puts the binary together.
func (m madeBinary) build() []byte {
	const allocated, writable = 2, 3
	table := m.table()
	if m.inside {
		table = append(make([]byte, 64), table...)
	}
	flags := []uint32{0, allocated, allocated, writable}
	if m.inside {
		flags[2] = writable
	}
	parts := [][]byte{nil, append([]byte("constants"), m.constants...), table, m.info()}
	headerSize := 16 + 6*m.pointer
	body := make([]byte, elf.HeaderSize)
	if !m.late {
		body = append(body, make([]byte, len(parts)*headerSize)...)
	}
	var headers []byte
	for i, part := range parts {
		body = padded(body, 32)
		headers = append(headers, m.sectionHeader(flags[i], len(body), len(part))...)
		body = append(body, part...)
	}
	at := elf.HeaderSize
	if m.late {
		body = append(body, make([]byte, tapeWindow)...)
		at = len(body)
		body = append(body, headers...)
	} else {
		copy(body[at:], headers)
	}
	copy(body, m.elfHeader(at, len(parts), headerSize))
	return body
}

func padded(b []byte, to int) []byte {
	return append(b, make([]byte, (to-len(b)%to)%to)...)
}

// word appends a number as long as a pointer.
func (m madeBinary) word(b []byte, v int) []byte {
	if m.pointer == 4 {
		return m.half(b, v)
	}
	out := make([]byte, 8)
	m.order.PutUint64(out, uint64(v))
	return append(b, out...)
}

func (m madeBinary) half(b []byte, v int) []byte {
	out := make([]byte, 4)
	m.order.PutUint32(out, uint32(v))
	return append(b, out...)
}

func (m madeBinary) elfHeader(table, sections, size int) []byte {
	class, data := byte(1), byte(1)
	b := make([]byte, elf.HeaderSize)
	if m.order.Uint16([]byte{0, 1}) == 1 {
		data = 2
	}
	if m.pointer == 8 {
		class = 2
		m.order.PutUint64(b[40:], uint64(table))
		m.order.PutUint16(b[58:], uint16(size))
		m.order.PutUint16(b[60:], uint16(sections))
	} else {
		m.order.PutUint32(b[32:], uint32(table))
		m.order.PutUint16(b[46:], uint16(size))
		m.order.PutUint16(b[48:], uint16(sections))
	}
	copy(b, []byte{0x7f, 'E', 'L', 'F', class, data, 1})
	return b
}

func (m madeBinary) sectionHeader(flags uint32, start, length int) []byte {
	kind := 1
	if length == 0 {
		kind = 0
	}
	b := m.half(m.half(nil, 0), kind)
	b = m.word(m.word(m.word(m.word(b, int(flags)), 0), start), length)
	b = m.half(m.half(b, 0), 0)
	return m.word(m.word(b, 0), 0)
}

func (m madeBinary) info() []byte {
	b := append([]byte(goInfoMagic), 0, goInfoInline)
	b = append(b, make([]byte, 16)...)
	text := strings.Repeat("<", 16) + m.modules + strings.Repeat(">", 16)
	return packStrings(b, m.version, text)
}

// table is a function table of the version of its magic.
func (m madeBinary) table() []byte {
	var names []byte
	var at []int
	for _, f := range m.functions {
		at = append(at, len(names))
		names = append(append(names, f.name...), 0)
	}
	size, n := 8+8*m.pointer, len(m.functions)
	namesAt := size
	cut := namesAt + len(names)
	functab := cut + 8 - cut%8
	b := m.half(nil, int(m.magic))
	b = append(b, 0, 0, 1, byte(m.pointer))
	for _, w := range []int{n, 1, 0, namesAt, cut, cut, cut, functab} {
		b = m.word(b, w)
	}
	b = padded(append(b, names...), 8)
	b = append(b, make([]byte, functab-len(b))...)
	return append(b, m.functab(at)...)
}

func (m madeBinary) functab(names []int) []byte {
	records := make([]byte, 8*len(names)+4)
	var starts []byte
	pc := 0
	for i, f := range m.functions {
		records = padded(records, m.pointer)
		starts = m.half(m.half(starts, pc), len(records))
		records = m.record(records, pc, names[i], i%3)
		pc += int(f.size)
	}
	if m.shuffled {
		swap := bytes.Clone(starts[4:8])
		copy(starts[4:8], starts[12:16])
		copy(starts[12:16], swap)
	}
	copy(records, m.half(starts, pc))
	return records
}

// record describes a function, with so many more numbers behind.
func (m madeBinary) record(b []byte, start, name, more int) []byte {
	for _, v := range []int{start, name, 0, 0, 0, 0, 0, more, 0} {
		b = m.half(b, v)
	}
	if m.magic == pcMagic120 {
		b = m.half(b, 1)
	}
	b = append(b, 0, 0, 0, byte(more))
	return append(b, make([]byte, 8*more)...)
}

// readMade reads a binary in both ways, which must give the same.
func readMade(t testing.TB, body []byte) goEvidence {
	t.Helper()
	streamed, err := distilGoBinary(plainFile("app", string(body)))
	if err != nil {
		t.Fatal(err)
	}
	f := plainFile("app", "")
	f.At, f.Size = bytes.NewReader(body), int64(len(body))
	random, err := distilGoBinary(f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(random), string(streamed)); diff != "" {
		t.Errorf("read at random (-) and as a stream (+):\n%s", diff)
	}
	var kept goEvidence
	if random != nil {
		if err := json.Unmarshal(random, &kept); err != nil {
			t.Fatal(err)
		}
	}
	return kept
}

func TestGoBinaryMade(t *testing.T) {
	before120 := func(m *madeBinary) {
		m.magic = pcMagic118
		for i := range m.functions {
			m.functions[i].name = strings.Replace(m.functions[i].name, "type:", "type.", 1)
		}
	}
	for name, change := range map[string]func(*madeBinary){
		"usual":             func(*madeBinary) {},
		"headers at end":    func(m *madeBinary) { m.late = true },
		"32 bits":           func(m *madeBinary) { m.pointer = 4 },
		"32 bits, at end":   func(m *madeBinary) { m.pointer, m.late = 4, true },
		"big-endian":        func(m *madeBinary) { m.order = binary.BigEndian },
		"Go 1.18":           before120,
		"relocated":         func(m *madeBinary) { m.inside = true },
		"relocated, at end": func(m *madeBinary) { m.inside, m.late = true, true },
		"one in it":         func(m *madeBinary) { m.constants = padded(other(), 32) },
		"one in it, at end": func(m *madeBinary) { m.constants, m.late = padded(other(), 32), true },
		"many in it": func(m *madeBinary) {
			m.constants, m.late, m.inside = bytes.Repeat(padded(other(), 32), 100), true, true
		},
		"like a table": func(m *madeBinary) {
			m.constants, m.late = bytes.Repeat([]byte("\xf1\xff\xff\xff\x00\x00\x01\x08"), 10_000), true
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := made()
			change(&m)
			kept, got := readMade(t, m.build()), map[string]int64{}
			for _, module := range kept.Modules {
				got[module.Path] = module.Bytes
			}
			if diff := cmp.Diff(madeBytes, got); diff != "" || kept.Whole {
				t.Errorf("whole: %v, bytes (-want +got):\n%s", kept.Whole, diff)
			}
		})
	}
}

// other is a binary to be put into another one, where places are aligned.
func other() []byte {
	m := made()
	m.functions, m.modules = []madeFunction{{"main.other", 5}}, "path\tother\nmod\tother\tv9.9.9\t\n"
	return append(make([]byte, 32-len("constants")), m.build()...)
}

func TestGoBinaryClaims(t *testing.T) {
	data, err := Distil(KindExecutable, plainFile("usr/bin/app", string(made().build())))
	if err != nil {
		t.Fatal(err)
	}
	claims, problems := Packages([]Evidence{{Path: "usr/bin/app", Kind: KindExecutable, Data: data}})
	var got []string
	for _, c := range claims {
		got = append(got, fmt.Sprintf("%s %s %s %s %.0f", c.Ecosystem, c.Name, c.Version, c.In, c.Share*220))
	}
	want := []string{
		"go example.com/app v1.2.3 usr/bin/app 15", "go example.com/app/deep v0.1.0 usr/bin/app 30",
		"go github.com/x/y v1.5.0 usr/bin/app 8", "go gopkg.in/yaml.v3 v3.0.1 usr/bin/app 40", "go std go1.26.0 usr/bin/app 127",
	}
	if diff := cmp.Diff(want, got); diff != "" || problems != nil {
		t.Errorf("problems %v, claims (-want +got):\n%s", problems, diff)
	}
	mustSumToOne(t, claims)
}

// TestGoBinaryWhole checks that a binary whose functions cannot be read is given
// to its main module, and that this is told.
func TestGoBinaryWhole(t *testing.T) {
	var many, long []madeFunction
	for i := range maxGoPackages + 1 {
		many = append(many, madeFunction{fmt.Sprintf("p%d.f", i), 1})
	}
	for i := range maxGoPackageBytes/40_000 + 1 {
		long = append(long, madeFunction{strings.Repeat("p", 40_000+i) + ".f", 1})
	}
	for name, change := range map[string]func(*madeBinary){
		"out of order":      func(m *madeBinary) { m.shuffled = true },
		"unknown version":   func(m *madeBinary) { m.magic = 0xfffffff5 },
		"too many packages": func(m *madeBinary) { m.functions = many },
		"names too long":    func(m *madeBinary) { m.functions = long },
	} {
		t.Run(name, func(t *testing.T) {
			m := made()
			change(&m)
			data, err := Distil(KindExecutable, plainFile("app", string(m.build())))
			if err != nil {
				t.Fatal(err)
			}
			claims, problems := Packages([]Evidence{{Path: "app", Kind: KindExecutable, Data: data}})
			if len(claims) != 1 || claims[0].Name != "example.com/app" || claims[0].Share != 1 || len(problems) != 1 {
				t.Errorf("claims %v, problems %v; want all of it for example.com/app, and to be told", claims, problems)
			}
		})
	}
}

func TestGoBinaryWithoutModules(t *testing.T) {
	m := made()
	m.modules = ""
	data, err := Distil(KindExecutable, plainFile("usr/bin/app", string(m.build())))
	if err != nil {
		t.Fatal(err)
	}
	claims, _ := Packages([]Evidence{{Path: "usr/bin/app", Kind: KindExecutable, Data: data}})
	var got []string
	for _, c := range claims {
		got = append(got, fmt.Sprintf("%s %.0f", c.Name, c.Share*220))
	}
	if diff := cmp.Diff([]string{"app 93", "std 127"}, got); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestGoBinaryCutShort(t *testing.T) {
	for _, late := range []bool{false, true} {
		m := made()
		m.late = late
		body := string(m.build())
		f := plainFile("app", body[:len(body)/2])
		f.Size = int64(len(body))
		if data, err := distilGoBinary(f); len(data) > 0 || (late && err == nil) {
			t.Errorf("late %v: %q, %v; want nothing", late, data, err)
		}
	}
}

// TestGoPackage compares with package debug/gosym, which takes names for those
// of Go 1.18 where it is not told otherwise.
func TestGoPackage(t *testing.T) {
	parts := []string{"a", "b", ".", "/", "[", "]", "go.", "go:", "type.", "type:", "%2e", "(*T)", "-fm", "·"}
	rapid.Check(t, func(t *rapid.T) {
		name := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 12).Draw(t, "name"), "")
		want := (&gosym.Sym{Name: name}).PackageName()
		if got, _ := goPackage([]byte(name), false, nil); string(got) != want {
			t.Errorf("package of %q: %q, want %q", name, got, want)
		}
	})
}

func TestImportPath(t *testing.T) {
	for symbol, want := range map[string]string{
		"gopkg.in/yaml%2ev3": "gopkg.in/yaml.v3", "a/b": "a/b", "a%2": "a%2", "a%zz": "a%zz", "%22x%22": `"x"`, "%": "%",
	} {
		if got := importPath(symbol); got != want {
			t.Errorf("importPath(%q) = %q, want %q", symbol, got, want)
		}
	}
}

func TestShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(-1, 1<<40), 1, 50).Draw(t, "weights")
		weights[0] = rapid.Int64Range(1, 1<<40).Draw(t, "first")
		total := 0.0
		for _, w := range weights {
			total += float64(max(0, w))
		}
		sum, reverse := 0.0, 0.0
		shares := sharesOf(weights)
		for i, s := range shares {
			sum, reverse = sum+s, reverse+shares[len(shares)-1-i]
			if want := float64(max(0, weights[i])) / total; s < 0 || s > want+1e-9 || s < want-1e-9 {
				t.Errorf("share %d is %v, want %v", i, s, want)
			}
		}
		if sum != 1 || reverse != 1 {
			t.Errorf("shares sum up to %v and %v, want 1", sum, reverse)
		}
	})
}
