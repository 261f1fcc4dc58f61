package kube

import (
	"fmt"
	"math"
	"strconv"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Seen is what was measured of an image, over all its boots. What is zero was
// not measured.
type Seen struct {
	MemoryPeak record.Bytes   // of the boot that took the most
	MemoryIdle record.Bytes   // of the boot in the middle
	CPUIdle    float64        // cores, of the boot in the middle
	Start      record.Seconds // of the slowest boot
	Killed     bool           // a boot with the manifest's own limit needed more memory

	// What would fit, by the prices' own sizing; all but Memory are zero unless the
	// user said how much traffic there is.
	Memory       record.Bytes // request and limit of one replica
	CPU          float64      // request of one replica, in cores
	Replicas     int          // that the peak wants at the request as it is
	ReplicasThen int          // that the peak wants at a request of CPU
}

// farOff is by which ratio a request may be off what would fit before it is
// told: production is never as even as a test.
const farOff = 2

// Check lists where a workload does not fit what was measured, in the order of
// the container's keys.
func Check(w Workload, seen Seen) []record.Finding {
	c := &check{w: w, seen: seen}
	c.memoryLimit()
	c.memoryRequest()
	if !w.Job() {
		c.cpuRequest()
		c.probe(w.Boot)
		if w.Boot == nil {
			c.probe(w.Live)
		}
		c.autoscaler()
	}
	return c.found
}

type check struct {
	w     Workload
	seen  Seen
	found []record.Finding
}

func (c *check) add(at Place, format string, args ...any) {
	c.found = append(c.found, record.Finding{File: at.File, Line: at.Line, Column: at.Column, Message: fmt.Sprintf(format, args...)})
}

// tight reports whether memory leaves less than the margin above the peak.
func (c *check) tight(a Amount) bool { return a.Declared() && a.Bytes() < c.seen.Memory }

func (c *check) memoryLimit() {
	limit, peak := c.w.Limit.Memory, c.seen.MemoryPeak
	switch {
	case c.seen.Killed && limit.Declared():
		c.add(limit.At, "limit %s, and a boot needed more: this pod will be killed; a larger `limits: {memory: ...}` in the configuration measures how much", limit.String())
	case peak == 0 || !c.tight(limit):
	case limit.Bytes() < peak:
		c.add(limit.At, "limit %s, measured peak %s: this pod will be killed", limit.String(), mebibytes(float64(peak)))
	default:
		c.add(limit.At, "limit %s, measured peak %s: less than the usual margin of 15 %%, which takes %s", limit.String(), mebibytes(float64(peak)), mebibytes(float64(c.seen.Memory)))
	}
}

func (c *check) memoryRequest() {
	request, limit, peak, idle := c.w.Request.Memory, c.w.Limit.Memory, c.seen.MemoryPeak, c.seen.MemoryIdle
	switch {
	case peak == 0:
	case !request.Declared() && !limit.Declared():
		c.add(c.w.At, "no memory request, measured peak %s: the scheduler puts the pod where there may be no room, and it is among the first to be evicted", mebibytes(float64(peak)))
	case !request.Declared():
	case request.Bytes() < idle:
		c.add(request.At, "request %s, measured idle %s: the pod is over its request before the first request, and among the first to be evicted", request.String(), mebibytes(float64(idle)))
	case request.Bytes() < peak:
		c.add(request.At, "request %s, measured peak %s: the node may run out of memory", request.String(), mebibytes(float64(peak)))
	case float64(request.Bytes()) > farOff*float64(c.seen.Memory):
		c.add(request.At, "request %s, measured peak %s: %s would do", request.String(), mebibytes(float64(peak)), mebibytes(float64(c.seen.Memory)))
	}
}

func (c *check) cpuRequest() {
	request, at := c.w.Requested().CPUs, c.w.Request.CPU
	if !at.Declared() {
		at = c.w.Limit.CPU
	}
	switch fits := c.seen.CPU; {
	case request == 0 && c.scaled():
		c.add(c.w.At, "no CPU request: the autoscaler %s goes by a part of it, and does nothing", c.w.Autoscaler.Name)
	case request == 0:
	case c.seen.CPUIdle > request:
		c.add(at.At, "CPU request %s, measured idle %s: the pod takes more than it asks for without a single request", at.String(), millis(c.seen.CPUIdle))
	case fits > farOff*request:
		c.add(at.At, "CPU request %s, the average traffic takes %s of each replica at the least number of them: it will be slow, or scaled out all day", at.String(), millis(fits))
	case fits > 0 && fits < request/farOff:
		c.add(at.At, "CPU request %s, the average traffic takes %s of each replica at the least number of them: the rest is paid for and not used", at.String(), millis(fits))
	}
}

// scaled reports whether an autoscaler goes by the CPU request.
func (c *check) scaled() bool { return c.w.Autoscaler != nil && c.w.Autoscaler.Target > 0 }

// probe tells of one that ends a container before it has started.
func (c *check) probe(p *Probe) {
	if p == nil || c.seen.Start == 0 || p.patience() >= c.seen.Start {
		return
	}
	c.add(p.At, "the %s gives up %s s after the start (initialDelaySeconds %d + %d x periodSeconds %d), the slowest measured start took %s s: the container is restarted before it is ready",
		p.Key, short(float64(p.patience())), p.InitialDelay, p.FailureThreshold-1, p.Period, short(float64(c.seen.Start)))
}

func (c *check) autoscaler() {
	if a := c.w.Autoscaler; a != nil && a.tooFew(c.w, c.seen) {
		c.add(a.MaxAt, "maxReplicas %d, the traffic at the peak wants %d: the service will be slow then", a.Max, c.seen.Replicas)
	}
}

// tooFew reports whether the peak wants more replicas than there may be.
func (a Autoscaler) tooFew(w Workload, seen Seen) bool {
	return a.Target > 0 && w.Requested().CPUs > 0 && seen.Replicas > a.Max
}

// short writes a number with up to three digits that matter.
func short(x float64) string {
	if x >= 100 || x == math.Trunc(x) {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}
