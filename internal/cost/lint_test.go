package cost

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// orders are pairs of which the first, wherever both are priced, never costs more
// than the second: Arm and amd64, and an instance's second and a request's.
var orders = [][2]string{{".arm64.", ".amd64."}, {".run.instance.", ".run.request."}}

// disordered finds figures that are probably in each other's place.
func disordered(b *Book) (wrong []string, pairs int) {
	for _, p := range b.prices {
		for _, o := range orders {
			key := strings.Replace(p.Key, o[0], o[1], 1)
			if key == p.Key {
				continue
			}
			other, err := b.price(key, p.Region)
			if err != nil {
				wrong = append(wrong, err.Error())
				continue
			}
			if pairs++; p.Value > other.Value {
				wrong = append(wrong, fmt.Sprintf("%s in %s is $%g, %s $%g", p.Key, p.Region, p.Value, key, other.Value))
			}
		}
	}
	return wrong, pairs
}

func TestPricesStandInTheirOrder(t *testing.T) {
	wrong, pairs := disordered(book(t))
	if len(wrong) > 0 || pairs < 9 { // 2 of Fargate, 3 of Lambda, 2 of Cloud Run in each of two regions
		t.Errorf("%d pairs: %s", pairs, strings.Join(wrong, "; "))
	}
}

func TestTheOrderCatchesAWrongPrice(t *testing.T) {
	for _, c := range []struct{ was, is, want string }{
		{`value: "0.03238"`, `value: "0.05238"`, "aws.fargate.linux.arm64.vcpu_hour in us-east-1 is $0.05238, aws.fargate.linux.amd64.vcpu_hour $0.04048"},
		{`value: "0.0000216"`, `value: "0.0000416"`, "gce.run.instance.vcpu_second in europe-west3 is $4.16e-05, gce.run.request.vcpu_second $3.36e-05"},
	} {
		b, err := ParseBook(edit(t, c.was, c.is))
		if err != nil {
			t.Fatal(err)
		}
		wrong, _ := disordered(b)
		if d := cmp.Diff([]string{c.want}, wrong); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}
