package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"text/template/parse"
)

// templates are the page's, in the language of text/template: fields,
// variables, if, with, range, template, and the functions of templateFuncs.
//
// Note: html/template would render them. It calls methods by name, which makes
// the linker keep every exported method of every type of the program: 3 MB of
// the Action, which each of its runs downloads. So this renders what the page
// needs and escapes by the same rules, and the tests hold the two against each
// other.
type templates map[string]*parse.Tree

// readTemplates parses all the files of a directory. A file's own text goes by
// its name.
func readTemplates(files fs.FS, dir string) (templates, error) {
	all := templates{}
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		text, err := fs.ReadFile(files, dir+"/"+entry.Name())
		if err != nil {
			return nil, err
		}
		trees, err := parse.Parse(entry.Name(), string(text), "", "", templateFuncs)
		if err != nil {
			return nil, err
		}
		for name, tree := range trees {
			all[name] = tree
		}
	}
	return all, nil
}

// ExecuteTemplate renders a template. Every value is escaped for the place where
// it stands; one in a place that is not known to be safe is an error.
func (t templates) ExecuteTemplate(out io.Writer, name string, data any) error {
	r := &rendering{templates: t, pageWriter: pageWriter{out: out}}
	dot := reflect.ValueOf(data)
	return r.template(name, dot)
}

// rendering is one run of a template.
type rendering struct {
	templates
	pageWriter
	vars []variable
}

type variable struct {
	name  string
	value reflect.Value
}

func (r *rendering) template(name string, dot reflect.Value) error {
	tree, ok := r.templates[name]
	if !ok {
		return fmt.Errorf("there is no template %q", name)
	}
	outer := r.vars
	defer func() { r.vars = outer }()
	r.vars = []variable{{"$", dot}}
	if err := r.node(tree.Root, dot); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// node renders one node of a template and what is in it.
func (r *rendering) node(n parse.Node, dot reflect.Value) error {
	switch n := n.(type) {
	case *parse.ListNode:
		return r.list(n, dot)
	case *parse.TextNode:
		return r.literal(n.Text)
	case *parse.ActionNode:
		return r.action(n, dot)
	case *parse.IfNode:
		return r.branch(&n.BranchNode, dot, false)
	case *parse.WithNode:
		return r.branch(&n.BranchNode, dot, true)
	case *parse.RangeNode:
		return r.rangeOver(n, dot)
	case *parse.TemplateNode:
		value, err := r.pipe(n.Pipe, dot)
		if err != nil {
			return err
		}
		return r.template(n.Name, value)
	case *parse.CommentNode:
		return nil
	}
	return fmt.Errorf("%s is not rendered here", n)
}

func (r *rendering) list(l *parse.ListNode, dot reflect.Value) error {
	if l == nil {
		return nil
	}
	for _, n := range l.Nodes {
		if err := r.node(n, dot); err != nil {
			return err
		}
	}
	return nil
}

func (r *rendering) action(n *parse.ActionNode, dot reflect.Value) error {
	value, err := r.pipe(n.Pipe, dot)
	if err != nil || len(n.Pipe.Decl) > 0 {
		return err
	}
	if !value.IsValid() {
		return fmt.Errorf("%s has no value", n)
	}
	if err := r.value(fmt.Sprint(value.Interface())); err != nil {
		return fmt.Errorf("%s: %w", n, err)
	}
	return nil
}

// branch renders if and with. What is declared in it ends with it.
func (r *rendering) branch(n *parse.BranchNode, dot reflect.Value, with bool) error {
	defer r.scope()()
	value, err := r.pipe(n.Pipe, dot)
	if err != nil {
		return err
	}
	if !truth(value) {
		return r.list(n.ElseList, dot)
	}
	if with {
		dot = value
	}
	return r.list(n.List, dot)
}

// scope gives a function that forgets the variables declared since.
func (r *rendering) scope() func() {
	known := len(r.vars)
	return func() { r.vars = r.vars[:known] }
}

func (r *rendering) rangeOver(n *parse.RangeNode, dot reflect.Value) error {
	if len(n.Pipe.Decl) > 0 {
		return errors.New("range declares no variables here")
	}
	value, err := r.pipe(n.Pipe, dot)
	if err != nil {
		return err
	}
	if value = concrete(value); value.Kind() != reflect.Slice {
		return fmt.Errorf("%s is no list", n.Pipe)
	}
	if value.Len() == 0 {
		return r.list(n.ElseList, dot)
	}
	for i := range value.Len() {
		forget := r.scope()
		if err := r.list(n.List, value.Index(i)); err != nil {
			return err
		}
		forget()
	}
	return nil
}
