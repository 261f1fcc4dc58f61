// Package load sends HTTP requests to the app of a trial and measures how long the
// answers took. It takes a record.Load (stages by rate or by virtual users, a
// weighted mix of requests) and a loopback address, and gives a latency
// histogram and a record.LoadResult. It runs inside the pod, in the agent, after
// readiness and before the trial's record is written.
//
// # The model
//
// A stage by rate is an open loop: request k of a stage is due at k/rate,
// whatever became of the requests before it, as with users who do not know of
// each other. Latency counts from the moment a request was due, not from the
// moment it left. So an app that stands still for a second is charged for every
// request that was due in that second, also when the generator could not send
// them for want of a free connection; a generator that counts from the send
// hides just those ("coordinated omission").
//
// At most Options.InFlight requests are under way at once; the wait for a place
// is part of the latency. A request is given up Options.Timeout after it was due,
// not after it was sent, so a run ends at most one timeout after its last stage,
// however broken the app is.
//
// A stage by virtual users is a closed loop: each user sends when its request
// before was answered and its think time is over, and latency counts from the
// send. That hides what the open loop shows, and is what users who wait do:
// LoadResult.Model says which of the two a latency is. A user lives through
// stages that follow each other, so that a change of their number adds or takes
// away users and disturbs none of the others. The users of a plan are not among
// the InFlight requests of the open loop.
//
// # What is recorded
//
// The histogram holds the latency of every answer with an accepted status, and
// the time spent on every request that was given up (a lower bound of its
// latency). Answers with a status that is not accepted and connections that
// failed are errors only: they are often quick, and would flatter the app.
//
// Lag is how late the generator itself sent: from the moment a request was due
// (or, with no connection free, the moment one became free) to the moment its
// exchange began. It tells a slow app from a machine too busy to generate load.
// For a virtual user the moment is the end of its think time. Late is the share
// of the requests with a lag of more than 5 ms.
//
// # Timing
//
// A runtime timer wakes 0.6 ms late in the median, because the runtime's poller
// waits in whole milliseconds; clock_nanosleep wakes 0.1 ms late and costs less
// CPU time. Spinning for the rest would be exact, and would take a sixth of a
// core from the app at 200 requests per second: so the generator does not spin,
// it reports its lag. At that rate it takes about 7 % of a core.
//
// Note: net/http is the client on purpose. Over loopback it costs about 30 µs of
// CPU per request (45 µs with everything around it), against 17 µs for a bare
// connection with http.ReadResponse, which would have to learn again what
// net/http knows of connections the app closed, early answers, 1xx statuses and
// HTTP/2.
package load
