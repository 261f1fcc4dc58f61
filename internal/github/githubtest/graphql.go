package githubtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// graphQLPath is where the GraphQL API is, below the path that the REST API
// has without its version.
const graphQLPath = "/graphql"

// theSchema is GitHub's published GraphQL schema, parsed once per test binary
// and by the first that asks.
var theSchema struct {
	once   sync.Once
	schema *ast.Schema
	err    error
}

func readSchema(file string) (*ast.Schema, error) {
	theSchema.once.Do(func() {
		raw, err := os.ReadFile(file)
		if err != nil {
			theSchema.err = err
			return
		}
		document, err := parser.ParseSchemas(validator.Prelude, &ast.Source{Name: file, Input: string(raw)})
		if err != nil {
			theSchema.err = err
			return
		}
		for _, d := range document.Definitions {
			d.Fields = once(d.Fields)
		}
		theSchema.schema, theSchema.err = validator.ValidateSchemaDocument(document)
	})
	return theSchema.schema, theSchema.err
}

// once leaves out fields that are published twice in one type, as happens.
func once(fields ast.FieldList) ast.FieldList {
	var all ast.FieldList
	for _, f := range fields {
		if all.ForName(f.Name) == nil {
			all = append(all, f)
		}
	}
	return all
}

// call is a query or mutation that the schema allows.
type call struct {
	operation *ast.OperationDefinition
	variables map[string]any
}

// parseCall reads a request's body and checks it against the schema.
func (s *Server) parseCall(r *http.Request) (call, error) {
	schema, err := readSchema(s.schema)
	if err != nil {
		return call{}, err
	}
	var sent struct {
		Query     string
		Variables map[string]any
	}
	body := json.NewDecoder(r.Body)
	body.DisallowUnknownFields()
	if err := body.Decode(&sent); err != nil {
		return call{}, fmt.Errorf("read body: %w", err)
	}
	document, problems := gqlparser.LoadQueryWithRules(schema, sent.Query, rules.NewDefaultRules())
	if len(problems) > 0 {
		return call{}, problems
	}
	if len(document.Operations) != 1 {
		return call{}, fmt.Errorf("%d operations, expected one", len(document.Operations))
	}
	c := call{operation: document.Operations[0]}
	for name := range sent.Variables {
		if c.operation.VariableDefinitions.ForName(name) == nil {
			return call{}, fmt.Errorf("variable $%s is not declared", name)
		}
	}
	c.variables, err = validator.VariableValues(schema, c.operation, sent.Variables)
	return c, err
}

// serveGraphQL does what a query or mutation says. Refusals come with status 200.
func (s *Server) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	user, refused := s.owner(r)
	if refused != nil {
		send(w, *refused)
		return
	}
	c, err := s.parseCall(r)
	if err != nil {
		s.problem("GraphQL: %v", err)
		send(w, reply{code: http.StatusOK, body: map[string]any{"errors": []any{map[string]any{"message": err.Error()}}}})
		return
	}
	send(w, reply{code: http.StatusOK, body: s.call(user, c)})
}

// call does all that a call selects, and gives the answer's body.
func (s *Server) call(user User, c call) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, complaints := map[string]any{}, []any{}
	for _, selected := range c.operation.SelectionSet {
		field, ok := selected.(*ast.Field)
		if !ok || roots[field.Name] == nil {
			s.problems = append(s.problems, fmt.Sprintf("GraphQL: this server does not do that: %v", selected))
			continue
		}
		value, complaint := roots[field.Name](s, user, field, field.ArgumentMap(c.variables))
		data[field.Alias] = value
		if complaint != nil {
			complaints = append(complaints, complaint)
		}
	}
	if len(complaints) == 0 {
		return map[string]any{"data": data}
	}
	return map[string]any{"data": data, "errors": complaints}
}

// roots are the fields of queries and mutations that the server knows.
var roots = map[string]func(*Server, User, *ast.Field, map[string]any) (value, complaint any){
	"nodes":           (*Server).nodes,
	"minimizeComment": (*Server).minimize,
}

func complaint(kind, message string) any {
	return map[string]any{"type": kind, "message": message}
}

func (s *Server) nodes(user User, field *ast.Field, arguments map[string]any) (value, problem any) {
	found := []any{}
	for _, id := range arguments["ids"].([]any) {
		c := s.byNode(id)
		if c == nil {
			found, problem = append(found, nil), complaint("NOT_FOUND", fmt.Sprintf("Could not resolve to a node with the global id of '%v'", id))
			continue
		}
		found = append(found, s.choose(s.graphComment(user, c), field.SelectionSet))
	}
	return found, problem
}

func (s *Server) minimize(user User, field *ast.Field, arguments map[string]any) (value, problem any) {
	input := arguments["input"].(map[string]any)
	c := s.byNode(input["subjectId"])
	if c == nil {
		return nil, complaint("NOT_FOUND", fmt.Sprintf("Could not resolve to a node with the global id of '%v'", input["subjectId"]))
	}
	if !user.mayHide() {
		return nil, complaint("FORBIDDEN", "Resource not accessible by integration")
	}
	c.Hidden = strings.ReplaceAll(strings.ToLower(input["classifier"].(string)), "_", "-")
	return s.choose(map[string]any{"minimizedComment": s.graphComment(user, c)}, field.SelectionSet), nil
}

func (u User) mayHide() bool { return !u.ReadOnly && !u.MayNotHide }

func (s *Server) byNode(id any) *Comment {
	i := slices.IndexFunc(s.comments, func(c *Comment) bool { return c.node() == id })
	if i < 0 {
		return nil
	}
	return s.comments[i]
}

// node is a comment's name in GraphQL.
func (c *Comment) node() string { return fmt.Sprintf("IC_%d", c.ID) }

func (s *Server) graphComment(user User, c *Comment) map[string]any {
	var reason any
	if c.Hidden != "" {
		reason = c.Hidden
	}
	return map[string]any{"__typename": "IssueComment", "id": c.node(), "isMinimized": c.Hidden != "", "minimizedReason": reason,
		"viewerCanMinimize": user.mayHide()}
}

// choose takes what was selected out of an object.
func (s *Server) choose(object map[string]any, selection ast.SelectionSet) map[string]any {
	chosen := map[string]any{}
	for _, one := range selection {
		switch one := one.(type) {
		case *ast.Field:
			value, known := object[one.Name]
			if !known {
				s.problems = append(s.problems, fmt.Sprintf("GraphQL: this server has no %s", one.Name))
			}
			if inner, ok := value.(map[string]any); ok {
				value = s.choose(inner, one.SelectionSet)
			}
			chosen[one.Alias] = value
		case *ast.InlineFragment:
			if kind := object["__typename"]; one.TypeCondition == "" || kind == one.TypeCondition {
				maps.Copy(chosen, s.choose(object, one.SelectionSet))
			}
		default:
			s.problems = append(s.problems, "GraphQL: this server knows no named fragments")
		}
	}
	return chosen
}
