package agent

import (
	"net"
	"slices"
	"testing"
)

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestListenersSeesWhatListens(t *testing.T) {
	before, err := listeners(nil)
	if err != nil {
		t.Fatal(err)
	}
	v4, v6 := listen(t, "127.0.0.1:0"), listen(t, "[::1]:0")
	after, err := listeners(inodes(before))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []net.Listener{v4, v6} {
		if !slices.Contains(addresses(after), l.Addr().String()) {
			t.Errorf("%s listens, listeners gave %q", l.Addr(), addresses(after))
		}
	}
	known, err := listeners(inodes(after))
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(addresses(known), v4.Addr().String()) {
		t.Errorf("%s was known and is given again", v4.Addr())
	}
}

func TestListenersLeavesDockersResolverOut(t *testing.T) {
	resolver := listen(t, "127.0.0.11:0")
	all, err := listeners(nil)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(addresses(all), resolver.Addr().String()) {
		t.Errorf("%s is Docker's resolver, not the app", resolver.Addr())
	}
}

func FuzzParseDiag(f *testing.F) {
	f.Add(diagRequest(2))
	f.Add([]byte{16, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, datagram []byte) {
		var found []listener
		more, err := parseDiag(datagram, &found)
		if more && err != nil {
			t.Error("an error and more to come")
		}
		if len(found)*diagMessageSize > len(datagram) {
			t.Errorf("%d listeners in %d bytes", len(found), len(datagram))
		}
	})
}
