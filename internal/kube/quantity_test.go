package kube

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	"pgregory.net/rapid"
)

// What is read is what an API server reads; what is refused beyond its rules is
// outside of the bounds of its kind.
func TestQuantitiesAreThoseOfKubernetes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9]{0,6}(\.[0-9]{0,4})?([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,2}|[a-zA-Z]{1,3})?`).Draw(t, "text")
		want, wantErr := resource.ParseQuantity(text)
		for _, k := range []kind{cpuKind, memoryKind} {
			got, err := k.parse(text)
			switch {
			case err == nil && wantErr != nil:
				t.Fatalf("%q: read as %+v, Kubernetes says %v", text, got, wantErr)
			case err == nil && theirs(got).Cmp(want) != 0:
				t.Fatalf("%q: read as %+v, Kubernetes reads %s", text, got, want.String())
			case err != nil && wantErr == nil && want.Cmp(*theirs(k.least)) >= 0 && want.Cmp(*theirs(k.most)) <= 0 && !strings.ContainsAny(text, "eE"):
				t.Fatalf("%q: refused with %v, Kubernetes reads %s", text, err, want.String())
			}
		}
	})
}

// theirs is a quantity as Kubernetes keeps it.
func theirs(q quantity) *resource.Quantity {
	sum := resource.NewQuantity(q.whole, resource.DecimalSI)
	sum.Add(*resource.NewScaledQuantity(q.nanos, resource.Nano))
	return sum
}

// Whole units and thousandths are rounded as Kubernetes rounds them, and both
// ways to write one amount are the same amount.
func TestQuantitiesRoundAsInKubernetes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) quantity {
			return quantity{whole: rapid.Int64Range(0, 64<<40).Draw(t, name), nanos: rapid.Int64Range(0, 999_999_999).Draw(t, name+" nanos")}
		}
		a, b := draw("a"), draw("b")
		wanted := theirs(a)
		if a.value() != wanted.Value() || a.milli() != wanted.MilliValue() || a.zero() != wanted.IsZero() || a.cmp(b) != wanted.Cmp(*theirs(b)) {
			t.Fatalf("%+v: %d, %d, Kubernetes has %d, %d", a, a.value(), a.milli(), wanted.Value(), wanted.MilliValue())
		}
	})
}

// What is written is read as the same amount, rounded up to a MiB or a thousandth.
func TestQuantitiesAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.Int64Range(6*mebibyte, 1<<45).Draw(t, "bytes")
		q, err := memoryKind.parse(mebibytes(float64(bytes)))
		if over := q.value() - bytes; err != nil || over < 0 || over >= mebibyte {
			t.Fatalf("%d bytes are written %s: %v, %d over", bytes, mebibytes(float64(bytes)), err, over)
		}
		milli := rapid.Int64Range(1, 1_000_000).Draw(t, "milli")
		q, err = cpuKind.parse(millis(float64(milli) / 1000))
		if err != nil || q.milli() != milli {
			t.Fatalf("%dm is written %s: %v", milli, millis(float64(milli)/1000), err)
		}
	})
}

func TestQuantities(t *testing.T) {
	for text, want := range map[string]string{
		"128mb":                  `no unit "mb" here; did you mean "128M" or "128Mi"?`,
		"128MB":                  `did you mean "128M" or "128Mi"?`,
		"128mib":                 `did you mean "128Mi"?`,
		"1.5GiB":                 `did you mean "1.5Gi"?`,
		"64K":                    `did you mean "64k" or "64Ki"?`,
		"128x":                   `no unit "x" here`,
		"128m":                   `did you mean "128Mi" or "128M"?`,
		"1e400":                  "out of range",
		"1e-400":                 "out of range",
		"1E99999999999999999999": "out of range",
		"-1":                     "must not be negative",
		"1,5Gi":                  "no comma",
		"1Ei":                    "must be at most 64Ti",
		"4Mi":                    "must be at least 6Mi",
		"":                       "not a quantity",
		"0x10":                   "not a quantity",
		"1_000_000":              "not a quantity",
		strings.Repeat("1", 31):  "out of range",
	} {
		if _, err := memoryKind.parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, expected %q", text, err, want)
		}
	}
	for text, want := range map[string]int64{"128Mi": 128 << 20, "128M": 128e6, "1.5Gi": 3 << 29, "134217728": 128 << 20, "1e8": 1e8, "128e6": 128e6, "0": 0, "134217728000m": 134217728, "0.5Gi": 1 << 29, "1E8": 1e8} {
		if q, err := memoryKind.parse(text); err != nil || q.value() != want {
			t.Errorf("%q: %d, %v, expected %d", text, q.value(), err, want)
		}
	}
}

func TestExpand(t *testing.T) {
	env := map[string]string{"A": "1", "EMPTY": ""}
	for in, want := range map[string]string{
		"": "", "a": "a", "$(A)": "1", "x$(A)y$(A)": "x1y1", "$(EMPTY)": "", "$(B)": "$(B)", "$$(A)": "$(A)", "$$$(A)": "$1",
		"$": "$", "$A": "$A", "$(A": "$(A", "$()": "$()", "$$": "$", "100%$": "100%$",
	} {
		if got := expand(in, env); got != want {
			t.Errorf("%q: %q, expected %q", in, got, want)
		}
	}
}

// Whatever the bytes, Read does not panic, places what it refuses, and gives what
// a boot and a price can go by.
func FuzzRead(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		w, err := Read([]File{{"m.yaml", src}}, Choice{})
		if err != nil {
			return
		}
		if w.Name == "" && w.Kind == "" {
			t.Fatal("nothing was read, and nothing said")
		}
		least, most, target := w.Bounds()
		l, r := w.Limited(), w.Requested()
		if least < 0 || least > most || target < 0 || l.CPUs < 0 || l.Memory < 0 || r.CPUs < 0 || r.Memory < 0 ||
			l.CPUs > 0 && r.CPUs > l.CPUs || l.Memory > 0 && r.Memory > l.Memory {
			t.Fatalf("%d to %d at %g, limits %+v, requests %+v", least, most, target, l, r)
		}
		seen := Seen{MemoryPeak: 171 << 20, MemoryIdle: 100 << 20, Memory: 197 << 20, Start: 31, CPU: 0.3, CPUIdle: 0.02, Replicas: 12}
		if _, err := w.Report(seen); err != nil {
			t.Fatal(err)
		}
		_ = fmt.Sprint(w.Manifest())
	})
}
