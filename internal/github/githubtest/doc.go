// Package githubtest is a stand-in for the GitHub API, for tests. It is a real
// HTTP server that keeps state: comments are created, listed in pages, updated
// and deleted, by whoever the token belongs to; pushes move pull requests, labels
// stand in their timelines, and artifacts are kept at another host. It can be
// told to misbehave ([Server.Fail]), and it records what it was asked.
//
// Its routes are those of GitHub's official OpenAPI description, and every
// request and answer is checked against it: what breaks the description fails
// the test. scripts/fetch-testdata fetches the description.
package githubtest
