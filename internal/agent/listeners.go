package agent

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// listener is a TCP socket in state LISTEN.
type listener struct {
	address netip.AddrPort
	inode   uint32
}

// dockerResolver is where Docker's embedded DNS server listens in the app's
// network namespace; it is not the app's.
var dockerResolver = netip.MustParseAddr("127.0.0.11")

const (
	// maxListeners bounds how many sockets of a family are looked at: an app can
	// open millions, and what it opens is asked for 100 times a second.
	maxListeners = 16 << 10
	// shown bounds how many of them, or of the ports of EXPOSE, are told of.
	shown = 16
)

// Note: /proc/net/tcp holds the same facts, but reading it walks the host's
// whole table of connections; at 1 kHz that doubled the time of the boot it
// was meant to watch. sock_diag walks the listening sockets only.

// listeners gives the TCP listeners of this network namespace, maxListeners of
// each family at most, except Docker's resolver and those in known.
func listeners(known map[uint32]bool) ([]listener, error) {
	var all []listener
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		found, err := diagnose(family)
		if err != nil {
			return nil, fmt.Errorf("list the listening sockets of the pod: %w", err)
		}
		all = append(all, found...)
	}
	all = slices.DeleteFunc(all, func(l listener) bool {
		return l.address.Addr().Unmap() == dockerResolver || known[l.inode]
	})
	slices.SortFunc(all, func(a, b listener) int { return a.address.Compare(b.address) })
	return all, nil
}

// inodes gives the set that the known parameter of listeners takes.
func inodes(all []listener) map[uint32]bool {
	set := make(map[uint32]bool, len(all))
	for _, l := range all {
		set[l.inode] = true
	}
	return set
}

// addresses writes listeners for people, each address once, and past the
// number that is shown how many more there are.
func addresses(all []listener) []string {
	var texts []string
	told := make(map[netip.AddrPort]bool, len(all))
	for _, l := range all {
		if !told[l.address] && len(told) < shown {
			texts = append(texts, l.address.String())
		}
		told[l.address] = true
	}
	if more := len(told) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return texts
}

// first moves the listeners on a port to the front.
func first(all []listener, port int) []listener {
	slices.SortStableFunc(all, func(a, b listener) int {
		switch here, there := int(a.address.Port()) == port, int(b.address.Port()) == port; {
		case here && !there:
			return -1
		case there && !here:
			return 1
		}
		return 0
	})
	return all
}

// ports gives the distinct ports of listeners, ascending.
func ports(all []listener) []int {
	found := make([]int, len(all))
	for i, l := range all {
		found[i] = int(l.address.Port())
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// Layout of sock_diag(7): struct inet_diag_req_v2 and struct inet_diag_msg of
// linux/inet_diag.h.
const (
	sockDiagByFamily = 20
	tcpListen        = 10
	diagRequestSize  = 56
	diagMessageSize  = 72
	diagPortOffset   = 4
	diagAddrOffset   = 8
	diagInodeOffset  = 68
)

// diagnose asks the kernel for the listening TCP sockets of one family.
func diagnose(family uint8) ([]listener, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, diagRequest(family), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	var found []listener
	buffer := make([]byte, 32<<10)
	for {
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		more, err := parseDiag(buffer[:n], &found)
		if err != nil || !more || len(found) >= maxListeners {
			return found, err
		}
	}
}

func diagRequest(family uint8) []byte {
	const size = unix.SizeofNlMsghdr + diagRequestSize
	request := make([]byte, size)
	header := (*unix.NlMsghdr)(unsafe.Pointer(&request[0]))
	header.Len = size
	header.Type = sockDiagByFamily
	header.Flags = unix.NLM_F_REQUEST | unix.NLM_F_DUMP
	body := request[unix.SizeofNlMsghdr:]
	body[0] = family
	body[1] = unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(body[4:], 1<<tcpListen)
	return request
}

// parseDiag appends the sockets of one datagram; more is false at the end of
// the dump.
func parseDiag(datagram []byte, found *[]listener) (more bool, err error) {
	for len(datagram) >= unix.SizeofNlMsghdr {
		length := int(binary.NativeEndian.Uint32(datagram))
		kind := binary.NativeEndian.Uint16(datagram[4:])
		if length < unix.SizeofNlMsghdr || length > len(datagram) {
			return false, fmt.Errorf("netlink message of %d bytes in %d", length, len(datagram))
		}
		body := datagram[unix.SizeofNlMsghdr:length]
		switch kind {
		case unix.NLMSG_DONE:
			return false, nil
		case unix.NLMSG_ERROR:
			if len(body) < 4 {
				return false, errors.New("netlink error without a number")
			}
			return false, unix.Errno(-int32(binary.NativeEndian.Uint32(body)))
		case sockDiagByFamily:
			if l, ok := parseListener(body); ok {
				*found = append(*found, l)
			}
		}
		datagram = datagram[min(len(datagram), (length+unix.NLMSG_ALIGNTO-1)&^(unix.NLMSG_ALIGNTO-1)):]
	}
	return true, nil
}

func parseListener(body []byte) (listener, bool) {
	if len(body) < diagMessageSize {
		return listener{}, false
	}
	var address netip.Addr
	switch body[0] {
	case unix.AF_INET:
		address = netip.AddrFrom4([4]byte(body[diagAddrOffset:]))
	case unix.AF_INET6:
		address = netip.AddrFrom16([16]byte(body[diagAddrOffset:]))
	default:
		return listener{}, false
	}
	port := binary.BigEndian.Uint16(body[diagPortOffset:])
	return listener{netip.AddrPortFrom(address, port), binary.NativeEndian.Uint32(body[diagInodeOffset:])}, true
}
