package cost

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const ourBook = `extends: builtin
id: ours
currency: USD
overrides:
  - {key: aws.nat.processing, region: us-east-1, value: "0.03", reason: private rate}
  - {key: aws/m7i.xlarge, region: us-east-1, value: 0.18, reason: negotiated}
discounts:
  - {match: "aws.ec2.m7i.*", pct: 28, reason: 1y savings plan}
prices:
  - {key: gce.transfer.internet, region: us-central1, value: 0.12, unit: USD/GB, source: our contract, as_of: 2026-11-01}
nodes:
  - {node: hetzner/cx22, arch: amd64, vcpu: 2, mem_mib: 4096, region: fsn1, value: "0.0064", source: "https://www.hetzner.com/cloud", as_of: 2026-11-01}
`

func ours(t testing.TB, src string) *Book {
	t.Helper()
	b, err := ReadBook("prices.yml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestABookThatExtendsTheBuiltin(t *testing.T) {
	b := ours(t, ourBook)
	type row struct {
		key, region   string
		value, list   float64
		reason, grade string
	}
	for _, want := range []row{
		{"aws.nat.processing", "us-east-1", 0.03, 0.045, "private rate", "own"},
		{"node.aws.m7i.large", "us-east-1", 0.072576, 0.1008, "28 % off: 1y savings plan", "A"}, // 0.1008 x 0.72
		{"node.aws.m7i.xlarge", "us-east-1", 0.1296, 0.2016, "negotiated; 28 % off: 1y savings plan", "own"},
		{"node.aws.m7g.large", "us-east-1", 0.0816, 0, "", "A"},
		{"gce.transfer.internet", "us-central1", 0.12, 0, "", "own"},
		{"node.hetzner.cx22", "fsn1", 0.0064, 0, "", "own"},
	} {
		var got row
		for _, p := range b.entries() {
			if p.Key == want.key && p.Region == want.region {
				got = row{p.Key, p.Region, p.Value, p.List, p.Reason, p.Grade}
			}
		}
		if math.Abs(got.value-want.value) > 1e-12 {
			t.Errorf("%s is $%v, want $%v", want.key, got.value, want.value)
		}
		got.value = want.value
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if p, err := book(t).price("aws.nat.processing", "us-east-1"); err != nil || p.Value != 0.045 {
		t.Errorf("the built-in book now has %v, %v", p, err)
	}
	if !strings.HasPrefix(b.ID, "builtin-2026-11+ours@") {
		t.Errorf("identity %q", b.ID)
	}
}

func TestTheUsersPricesReachTheEstimate(t *testing.T) {
	m, err := NewModel(ours(t, ourBook), config.Cost{}, today)
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.Estimate(Inputs{MemoryPeak: 50 * mib, Compressed: 1e9, Pull: 2e8})
	if err != nil {
		t.Fatal(err)
	}
	want := record.PriceUsed{Key: "aws.nat.processing", Region: "us-east-1", Value: 0.03, Unit: "USD/GB", Source: "prices.yml", Grade: "own", List: 0.045, Reason: "private rate"}
	for _, got := range e.Prices {
		if got.Key == want.Key {
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		}
	}
	if got := item(e, "image pulls").Amount; math.Abs(got-0.72) > 1e-9 { // 60 x 2 x 0.2 GB x $0.03
		t.Errorf("pulls are $%v, want $0.72", got)
	}
	for _, n := range e.Notes {
		if strings.Contains(n, "aws.nat.processing") {
			t.Errorf("what the user pays today is called old: %s", n)
		}
	}
}

// whole is a book by itself: the built-in one's prices and tables, as a user
// would copy them.
func whole(t *testing.T) string {
	t.Helper()
	text := string(builtin)
	return strings.Replace(text, "id: builtin-2026-11", "id: copied", 1)
}

func TestABookByItself(t *testing.T) {
	b := ours(t, whole(t))
	theirs := book(t)
	if d := cmp.Diff(theirs.tables, b.tables); d != "" {
		t.Errorf("tables (-want +got):\n%s", d)
	}
	if d := cmp.Diff(theirs.prices, b.prices); d != "" {
		t.Errorf("prices (-want +got):\n%s", d)
	}
	if d := cmp.Diff(theirs.nodes, b.nodes); d != "" {
		t.Errorf("nodes (-want +got):\n%s", d)
	}
	if b.HoursPerMonth != 730 || b.StaleAfterDays != 180 || !strings.HasPrefix(b.ID, "copied@") {
		t.Errorf("%s, %v hours, %d days", b.ID, b.HoursPerMonth, b.StaleAfterDays)
	}
	lean := ours(t, `currency: USD
hours_per_month: 730
stale_after_days: 90
tables: builtin
prices: [{key: aws.ecr.storage, region: us-east-1, value: 0.1, unit: USD/GB-month, source: our contract, as_of: 2026-11-01}]
`)
	if d := cmp.Diff(theirs.tables, lean.tables); d != "" {
		t.Errorf("tables (-want +got):\n%s", d)
	}
	_, err := NewModel(lean, config.Cost{Platform: "fargate", Region: "us-east-1"}, today)
	if err == nil || !strings.Contains(err.Error(), "no price for aws.fargate.linux.amd64.vcpu_hour") {
		t.Errorf("a book without a price: error %v", err)
	}
}

// Every mistake has its place, and all of a file come at once.
func TestBookErrors(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"all at once": {"extends: builtin\ncurrency: EUR\noverrides:\n- {key: aws.nat.procesing, region: us-east-1, value: 1, reason: x}\n- {key: aws.nat.processing, region: us-east-2, value: \"0,03\", reason: x}\n",
			`p.yml:2:11: expected USD, found "EUR": all prices are in the currency of the built-in book
p.yml:4:9: no price is called "aws.nat.procesing"; price book @ knows *; did you mean "aws.nat.processing"?
p.yml:5:37: no price for aws.nat.processing in region "us-east-2"; price book @ knows us-east-1; did you mean "us-east-1"?; a price of another region goes under "prices"
p.yml:5:55: expected an amount such as 0.045, found "0,03": a number has no comma here, only a decimal point`},
		"another currency":      {"extends: builtin\noverrides: [{key: aws.nat.processing, region: us-east-1, value: 0.03EUR, reason: x}]", `p.yml:2:65: expected an amount such as 0.045, found "0.03EUR": prices are in USD`},
		"no provider":           {"extends: builtin\noverrides: [{key: acme.vcpu, region: x, value: 1, reason: x}]", `p.yml:2:19: no price is called "acme.vcpu"; price book @ knows aws.*, azure.*, fly.*, gce.*, github.*`},
		"unknown key":           {"extends: builtin\noveride: []", `p.yml:2:1: unknown key "overide", expected one of *; did you mean "overrides"?`},
		"extends another":       {"extends: theirs", `p.yml:1:10: expected builtin, found "theirs": no other book can be extended`},
		"no reason":             {"extends: builtin\ndiscounts: [{match: aws.ec2.*, pct: 28}]", `p.yml:2:13: the discount has no "reason", expected a key such as "reason: our contract"`},
		"over the whole":        {"extends: builtin\ndiscounts: [{match: aws.ec2.*, pct: 128, reason: x}]", `p.yml:2:37: expected a number of percent such as 28, found "128": must be at most 100`},
		"nothing matches":       {"extends: builtin\ndiscounts: [{match: aws.ecs.*, pct: 28, reason: x}]", `p.yml:2:21: no price matches "aws.ecs.*"; *`},
		"discounted twice":      {"extends: builtin\ndiscounts:\n- {match: aws.ec2.*, pct: 28, reason: x}\n- {match: node.aws.m7i.*, pct: 5, reason: y}", `p.yml:4:11: node.aws.m7i.large is discounted twice, first in line 3; expected every price to match one discount`},
		"overridden twice":      {"extends: builtin\noverrides:\n- {key: aws.nat.processing, region: us-east-1, value: 1, reason: x}\n- {key: aws.nat.processing, region: us-east-1, value: 2, reason: x}", `p.yml:4:9: aws.nat.processing in us-east-1 is overridden twice, first in line 3`},
		"there already":         {"extends: builtin\nprices: [{key: aws.nat.processing, region: us-east-1, value: 1, unit: USD/GB, source: a b, as_of: 2026-11-01}]", `p.yml:2:16: the book has a price for aws.nat.processing in us-east-1 already; *`},
		"nobody asks":           {"extends: builtin\nprices: [{key: aws.nat.hour, region: us-east-1, value: 1, unit: USD/h, source: a b, as_of: 2026-11-01}]", `p.yml:2:16: no platform asks for a price called "aws.nat.hour"; *`},
		"another unit":          {"extends: builtin\nprices: [{key: aws.nat.processing, region: eu-west-1, value: 1, unit: USD/h, source: a b, as_of: 2026-11-01}]", `p.yml:2:71: the price of aws.nat.processing is per unit "USD/GB", found "USD/h"`},
		"no such source":        {"extends: builtin\nsources: {invoice: {url: https://example.org, grade: A}}\nprices: [{key: aws.nat.processing, region: eu-west-1, value: 1, unit: USD/GB, source: invoce, as_of: 2026-11-01}]", `p.yml:3:87: no source is called "invoce", expected one of "sources" (invoice), *; did you mean "invoice"?`},
		"no day":                {"extends: builtin\nprices: [{key: aws.nat.processing, region: eu-west-1, value: 1, unit: USD/GB, source: a b, as_of: March}]", `p.yml:2:99: expected a day such as 2026-11-01, found "March": no such day`},
		"not whole":             {"currency: USD", `p.yml:1:1: the book has no "hours_per_month"; *`},
		"whole with overrides":  {"currency: USD\noverrides: [{key: a, region: b, value: 1, reason: c}]", `*p.yml:2:12: "overrides" in a book that extends none; *`},
		"tables beside extends": {"extends: builtin\ntables: builtin", `p.yml:2:9: "tables" stands in a book that extends the built-in one, *`},
		"wrong tables":          {"currency: USD\nhours_per_month: 730\nstale_after_days: 1\nprices: [{key: aws.nat.processing, region: a, value: 1, unit: USD/GB, source: a b, as_of: 2026-11-01}]\ntables:\n  splits: {cpu: 1, ram: 1}", `p.yml:6:3: tables: *`},
		"incomplete tables":     {"currency: USD\nhours_per_month: 730\nstale_after_days: 1\nprices: [{key: aws.nat.processing, region: a, value: 1, unit: USD/GB, source: a b, as_of: 2026-11-01}]\ntables:\n  split: {cpu: 1, ram: 1}", `p.yml:6:3: tables.*`},
		"empty":                 {"# nothing", `p.yml:1:1: the file is empty, expected at least "extends: builtin"`},
		"no YAML":               {"extends: [", `p.yml:1:1: not YAML: *`},
		"node twice":            {"extends: builtin\nnodes: [{node: aws/m7i.large, arch: amd64, vcpu: 2, mem_mib: 4096, region: us-east-1, value: 1, source: a b, as_of: 2026-11-01}]", `p.yml:2:16: the book has a price for aws/m7i.large in us-east-1 already; *`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadBook("p.yml", []byte(c.src))
			var wrong config.Errors
			if !errors.As(err, &wrong) {
				t.Fatalf("error %v", err)
			}
			var lines []string
			for _, one := range wrong {
				lines = append(lines, strings.TrimSuffix(one.Error(), " [config]"))
			}
			got := strings.ReplaceAll(strings.Join(lines, "\n"), book(t).ID, "@")
			if !like(c.want, got) {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// like reports whether a text has the parts between the stars of a pattern, in
// their order and from its beginning.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	for _, part := range parts {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return true
}

// The hash of the effective book changes with every price, built in or not.
func TestTheHashFollowsEveryPrice(t *testing.T) {
	seen := map[string]string{}
	note := func(what, id string) {
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s have the identity %s", what, other, id)
		}
		seen[id] = what
	}
	note("builtin", book(t).ID)
	for _, p := range book(t).entries() {
		src := fmt.Sprintf("extends: builtin\noverrides: [{key: %s, region: %s, value: 0.777, reason: x}]\n", p.Key, p.Region)
		note(p.Key+" "+p.Region, ours(t, src).ID)
	}
	note("own price", ours(t, ourBook).ID)
	note("own price changed", ours(t, strings.Replace(ourBook, "value: 0.12", "value: 0.13", 1)).ID)
	note("discount changed", ours(t, strings.Replace(ourBook, "pct: 28", "pct: 29", 1)).ID)
}

func FuzzReadBook(f *testing.F) {
	f.Add([]byte(ourBook))
	f.Add(builtin)
	f.Add([]byte("extends: builtin\ndiscounts: [{match: \"**[\", pct: 1, reason: x}]"))
	f.Fuzz(func(t *testing.T, src []byte) {
		b, err := ReadBook("p.yml", src)
		if (b == nil) != (err != nil) {
			t.Fatalf("book %v and error %v", b, err)
		}
		if b == nil {
			return
		}
		for _, p := range b.entries() {
			if !finite(p.Value, p.List) || p.Unit == "" || p.Source == "" {
				t.Fatalf("price %+v", p)
			}
		}
	})
}

// The book that the documentation shows works when it is copied.
func TestTheDocumentedBook(t *testing.T) {
	raw, err := os.ReadFile("../../docs/cost.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "```\nextends: builtin\n")
	text, _, found := strings.Cut(rest, "```")
	if !found || !strings.Contains(text, "discounts:") {
		t.Fatal("docs/cost.md shows no book")
	}
	if b := ours(t, "extends: builtin\n"+text); len(b.nodes) != len(book(t).nodes)+1 {
		t.Errorf("%d nodes", len(b.nodes))
	}
}
