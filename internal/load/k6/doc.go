// Package k6 knows the load generator k6 (https://k6.io) from the outside: how
// to call it, what a script needs beside itself, and what k6 says of a script
// and of a run. It takes files and gives arguments; it takes k6's output and
// gives results. Nothing of k6 is linked, and nothing is run here: package
// measure does that, in a container beside the app.
package k6
