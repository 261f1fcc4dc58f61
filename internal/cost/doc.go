// Package cost turns what was measured of one image into dollars a month: it
// takes a platform and its traffic (internal/config), the memory, CPU and
// bytes of one image, and gives a [record.Estimate] with every line of the
// bill, the arithmetic in words, and the prices it used.
//
// It stands behind measurement and before compare, which asks for a price once
// for every boot of every pair. So a [Model] is checked and set up once, by
// [NewModel], and [Model.Estimate] is pure arithmetic afterwards: no clock, no
// network, the same answer for the same inputs.
//
// How sure a price is, [Model.Spread] draws; what a difference comes from,
// [Model.Causes] says; [Model.Explain] adds to an estimate what it hangs on.
//
// A price comes from the [Book], which says where and when it was seen. A
// platform is a row of the table in platform.go.
//
// What rises raises the price: more memory, CPU per request, idle CPU, bytes,
// deploys, startup, or traffic risen in proportion, its ramp with it, never cost
// less. The exceptions lie in the sizing, not in any vendor's rules. One is a day
// that changes shape. A higher peak under the same average takes requests from the
// other hours, and may meet the maximum of replicas. A higher average under the same
// peak makes each replica larger, so that fewer of them, and fewer copies of the
// memory, carry the peak. The other are declared CPUs, which need not be the cheapest:
// where memory outgrows the sizes that have them, the replica gets a size with more,
// and fewer of those may carry the peak.
//
// One billing rule makes more cost less. Where a platform stops its last replica
// after a pause and bills the start that ends it, traffic that grows from next to
// nothing leaves fewer pauses; the item is named for them.
package cost
