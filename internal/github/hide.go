package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// GitHub hides comments through its GraphQL API alone
// (https://docs.github.com/graphql/reference/mutations#minimizecomment).
const (
	shownComments = `query($ids: [ID!]!) { nodes(ids: $ids) { ... on IssueComment { id isMinimized viewerCanMinimize } } }`
	hideComment   = `mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized } } }`
)

// maxNodes is the most that one query may name
// (https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api).
const maxNodes = 100

// Hide implements [Hider].
func (t *pullThread) Hide(ctx context.Context, comments []Posted) error {
	var ids []string
	for _, c := range comments {
		if c.Node != "" { // which a forge without GraphQL does not give
			ids = append(ids, c.Node)
		}
	}
	if len(ids) < len(comments) {
		return errNoGraphQL
	}
	for some := range slices.Chunk(ids, maxNodes) {
		if err := t.hideSome(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func (t *pullThread) hideSome(ctx context.Context, ids []string) error {
	var shown struct {
		Nodes []struct {
			ID                string `json:"id"`
			IsMinimized       bool   `json:"isMinimized"`
			ViewerCanMinimize bool   `json:"viewerCanMinimize"`
		} `json:"nodes"` // null for one that is gone
	}
	if err := t.graphQL(ctx, shownComments, map[string]any{"ids": ids}, &shown); err != nil {
		return err
	}
	kept := 0
	for _, n := range shown.Nodes {
		switch {
		case n.ID == "" || n.IsMinimized:
		case !n.ViewerCanMinimize:
			kept++
		default:
			if err := t.graphQL(ctx, hideComment, map[string]any{"id": n.ID}, &struct{}{}); err != nil {
				return err
			}
		}
	}
	if kept > 0 {
		return fmt.Errorf("%d older comments stay as they are: the token may not hide them", kept)
	}
	return nil
}

var errNoGraphQL = errors.New("older comments stay as they are: this forge has no GraphQL API, which is what hides comments")

// graphQL sends a query or mutation and reads what comes back of it. What it is
// about may have been removed meanwhile, which is no error.
func (c *Client) graphQL(ctx context.Context, query string, variables map[string]any, data any) error {
	req, err := c.api.NewRequest(http.MethodPost, c.graphQLPath(), map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	answer := struct {
		Data   any
		Errors []graphQLError
	}{Data: data}
	resp, err := c.api.Do(ctx, req, &answer)
	if err != nil && ctx.Err() == nil && resp != nil && resp.StatusCode == http.StatusNotFound {
		return errNoGraphQL
	}
	if err != nil {
		return refuse(ctx, "hide older comments", err)
	}
	for _, e := range answer.Errors {
		if e.Type != "NOT_FOUND" {
			return &RefusedError{Reason: e.reason(), Err: fmt.Errorf("hide older comments: GitHub says %.300q", e.Message)}
		}
	}
	return nil
}

// graphQLPath is beside the REST API's path: /graphql on github.com, and
// /api/graphql where REST has /api/v3.
func (c *Client) graphQLPath() string {
	if strings.HasSuffix(c.api.BaseURL.Path, "/v3/") {
		return "../graphql"
	}
	return "graphql"
}

// graphQLError is an error that comes with HTTP status 200.
type graphQLError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

func (e graphQLError) reason() Reason {
	switch e.Type {
	case "FORBIDDEN", "INSUFFICIENT_SCOPES":
		return Forbidden
	case "RATE_LIMITED":
		return RateLimited
	}
	return Invalid
}
