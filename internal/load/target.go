package load

import (
	"fmt"
	"net/netip"
)

// loopback parses a target and refuses whatever is not the pod's own loopback
// interface. The generator must never send load anywhere else, and a name could
// be resolved to anything.
func loopback(target string) (netip.AddrPort, error) {
	address, err := netip.ParseAddrPort(target)
	if err != nil {
		return address, fmt.Errorf("load target %q: expected a loopback address and a port, as in 127.0.0.1:8080 or [::1]:8080: %w", target, err)
	}
	if !address.Addr().Unmap().IsLoopback() || address.Addr().Zone() != "" {
		return address, fmt.Errorf("load target %q is not on the loopback interface: load is only ever sent to 127.0.0.0/8 or ::1", target)
	}
	if address.Port() == 0 {
		return address, fmt.Errorf("load target %q: port 0 is no port to send to", target)
	}
	return address, nil
}
