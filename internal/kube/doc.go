// Package kube reads Kubernetes manifests, such as "helm template" renders, for
// what they say of one container: what it may use and asks for, how many of it
// run, when it counts as started, and what is started. It stands between the
// configuration, which names the files, and cost and measure, which go by what
// they say; Check then tells where they do not fit what was measured, and
// Suggest writes the patch.
//
// Nothing is asked of a cluster. Documents of other kinds, custom resources
// among them, are passed over.
package kube
