package report

import (
	"fmt"
	"reflect"
	"text/template/parse"
)

// templateFuncs are the functions that templates may call.
var templateFuncs = map[string]any{"not": true, "eq": true, "ne": true, "gt": true, "len": true}

// pipe is the value of a pipeline of one command, which it may give a name.
func (r *rendering) pipe(p *parse.PipeNode, dot reflect.Value) (reflect.Value, error) {
	if p == nil {
		return reflect.Value{}, nil
	}
	if len(p.Cmds) != 1 {
		return reflect.Value{}, fmt.Errorf("%s pipes, which is not rendered here", p)
	}
	value, err := r.command(p.Cmds[0], dot)
	if err != nil {
		return reflect.Value{}, err
	}
	for _, v := range p.Decl {
		r.vars = append(r.vars, variable{v.Ident[0], value})
	}
	return value, nil
}

func (r *rendering) command(c *parse.CommandNode, dot reflect.Value) (reflect.Value, error) {
	function, ok := c.Args[0].(*parse.IdentifierNode)
	if !ok {
		if len(c.Args) > 1 {
			return reflect.Value{}, fmt.Errorf("%s calls a value", c)
		}
		return r.argument(c.Args[0], dot)
	}
	args := make([]reflect.Value, len(c.Args)-1)
	for i, n := range c.Args[1:] {
		value, err := r.argument(n, dot)
		if err != nil {
			return reflect.Value{}, err
		}
		args[i] = concrete(value)
	}
	return call(function.Ident, args)
}

// call does one of templateFuncs.
func call(name string, args []reflect.Value) (reflect.Value, error) {
	var result any
	switch {
	case name == "not" && len(args) == 1:
		result = !truth(args[0])
	case name == "len" && len(args) == 1 && (args[0].Kind() == reflect.Slice || args[0].Kind() == reflect.String):
		result = args[0].Len()
	case name == "eq" && len(args) == 2 && args[0].Kind() == args[1].Kind():
		result = args[0].Equal(args[1])
	case name == "ne" && len(args) == 2 && args[0].Kind() == args[1].Kind():
		result = !args[0].Equal(args[1])
	case name == "gt" && len(args) == 2 && args[0].CanInt() && args[1].CanInt():
		result = args[0].Int() > args[1].Int()
	default:
		return reflect.Value{}, fmt.Errorf("%s cannot be called with %d such values", name, len(args))
	}
	return reflect.ValueOf(result), nil
}

func (r *rendering) argument(n parse.Node, dot reflect.Value) (reflect.Value, error) {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot, nil
	case *parse.FieldNode:
		return fields(dot, n.Ident)
	case *parse.VariableNode:
		for i := len(r.vars) - 1; i >= 0; i-- {
			if r.vars[i].name == n.Ident[0] {
				return fields(r.vars[i].value, n.Ident[1:])
			}
		}
	case *parse.PipeNode:
		return r.pipe(n, dot)
	case *parse.StringNode:
		return reflect.ValueOf(n.Text), nil
	case *parse.NumberNode:
		if n.IsInt {
			return reflect.ValueOf(int(n.Int64)), nil
		}
	}
	return reflect.Value{}, fmt.Errorf("%s has no value here", n)
}

// fields follows names of fields. Methods are not called.
func fields(value reflect.Value, names []string) (reflect.Value, error) {
	for _, name := range names {
		value = concrete(value)
		if value.Kind() != reflect.Struct {
			return reflect.Value{}, fmt.Errorf(".%s of what is no struct", name)
		}
		field := value.FieldByName(name)
		if !field.IsValid() {
			return reflect.Value{}, fmt.Errorf("%v has no field %s", value.Type(), name)
		}
		value = field
	}
	return value, nil
}

// concrete follows pointers and interfaces.
func concrete(value reflect.Value) reflect.Value {
	for value.Kind() == reflect.Pointer || value.Kind() == reflect.Interface {
		value = value.Elem()
	}
	return value
}

// truth is whether a value is not empty, as text/template has it: structs always
// are not.
func truth(value reflect.Value) bool {
	if value.Kind() == reflect.Pointer || value.Kind() == reflect.Interface {
		return !value.IsNil()
	}
	switch value.Kind() {
	case reflect.Invalid:
		return false
	case reflect.Slice, reflect.Map, reflect.String:
		return value.Len() > 0
	case reflect.Struct:
		return true
	}
	return !value.IsZero()
}
