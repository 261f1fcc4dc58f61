package githubtest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// strangersIn finds properties, at any depth, that a schema does not know. A
// schema that names none takes any.
func strangersIn(schema *openapi3.Schema, value any) error {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			for _, of := range all(schema) {
				if of.Items == nil {
					continue
				}
				if err := strangersIn(of.Items.Value, item); err != nil {
					return err
				}
			}
		}
	case map[string]any:
		known := openapi3.Schemas{}
		for _, of := range all(schema) {
			maps.Copy(known, of.Properties)
		}
		if len(known) == 0 {
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if known[name] == nil {
				return fmt.Errorf("property %q is not known", name)
			}
			if err := strangersIn(known[name].Value, value[name]); err != nil {
				return fmt.Errorf("in %s: %w", name, err)
			}
		}
	}
	return nil
}

// all is a schema and those that it is put together from.
func all(schema *openapi3.Schema) []*openapi3.Schema {
	found := []*openapi3.Schema{schema}
	for _, parts := range []openapi3.SchemaRefs{schema.AllOf, schema.AnyOf, schema.OneOf} {
		for _, part := range parts {
			found = append(found, all(part.Value)...)
		}
	}
	return found
}
