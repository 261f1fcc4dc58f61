package cost

import "github.com/plimsoll-ci/plimsoll/internal/record"

// quantity is one measured input of a price.
type quantity struct {
	id  record.MetricID
	per float64 // that a slope is given for, in the metric's unit
	get func(*Inputs) float64
	set func(*Inputs, float64)
}

// quantities are all measured inputs. Those before the image's bytes are seen
// anew in every boot.
var quantities = []quantity{
	{record.MemoryPeak, mebibyte, func(in *Inputs) float64 { return float64(in.MemoryPeak) }, func(in *Inputs, v float64) { in.MemoryPeak = record.Bytes(v) }},
	{record.CPURequest, 1e-3, func(in *Inputs) float64 { return in.CPURequest }, func(in *Inputs, v float64) { in.CPURequest = v }},
	{record.CPUIdle, 0.010, func(in *Inputs) float64 { return in.CPUIdle }, func(in *Inputs, v float64) { in.CPUIdle = v }},
	{record.StartupReady, 1, func(in *Inputs) float64 { return in.StartupReady }, func(in *Inputs, v float64) { in.StartupReady = v }},
	{record.StartupCPU, 1, func(in *Inputs) float64 { return in.StartupCPU }, func(in *Inputs, v float64) { in.StartupCPU = v }},
	{record.LoadP50, 1e-3, func(in *Inputs) float64 { return in.Latency }, func(in *Inputs, v float64) { in.Latency = v }},
	{record.RunSeconds, 1, func(in *Inputs) float64 { return in.RunSeconds }, func(in *Inputs, v float64) { in.RunSeconds = v }},
	{record.RunCPU, 1, func(in *Inputs) float64 { return in.RunCPU }, func(in *Inputs, v float64) { in.RunCPU = v }},
	{record.ImageCompressed, 1e6, func(in *Inputs) float64 { return float64(in.Compressed) }, func(in *Inputs, v float64) { in.Compressed = record.Bytes(v) }},
	{record.ImagePull, 1e6, func(in *Inputs) float64 { return float64(in.Pull) }, func(in *Inputs, v float64) { in.Pull = record.Bytes(v) }},
}

// onCores are the inputs as they would be measured on cores that are so many
// times as fast: CPU time shrinks, and what requests and runs last shrinks by as much as they spend
// on it; what else there is stays.
func (in Inputs) onCores(speed float64) Inputs {
	in.Latency = work{in.Latency, in.CPURequest}.atSpeed(speed)
	in.RunSeconds = work{in.RunSeconds, in.RunCPU}.atSpeed(speed)
	in.CPURequest /= speed
	in.CPUIdle /= speed
	in.StartupCPU /= speed
	in.RunCPU /= speed
	return in
}
