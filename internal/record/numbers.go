package record

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
)

// checkNumbers finds the numbers of v that are beyond the bounds.
func checkNumbers(f *faults, v any) {
	n := numbers{faults: f}
	n.value("", reflect.ValueOf(v))
}

// numbers walks over all values, in the names of the JSON.
type numbers struct{ faults *faults }

func (n numbers) value(path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Float64, reflect.Int, reflect.Int64:
		if !bounded(v) {
			n.faults.add(path, "%v, expected a number within ±%g", v, limitOf(v))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			n.value(path, v.Elem())
		}
	case reflect.Struct:
		n.fields(path, v)
	case reflect.Slice:
		n.entries(path, v)
	case reflect.Map:
		n.keys(path, v)
	}
}

func bounded(v reflect.Value) bool {
	if v.CanFloat() {
		return math.Abs(v.Float()) <= maxNumber // which NaN is not
	}
	return v.Int() <= maxWhole && v.Int() >= -maxWhole
}

func limitOf(v reflect.Value) float64 {
	if v.CanFloat() {
		return maxNumber
	}
	return maxWhole
}

func (n numbers) fields(path string, v reflect.Value) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() { // of a time
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" {
			name = strings.TrimPrefix(path+"."+name, ".")
		} else {
			name = path // embedded
		}
		n.value(name, v.Field(i))
	}
}

func (n numbers) entries(path string, v reflect.Value) {
	kind := v.Type().Elem().Kind()
	if kind == reflect.String {
		return
	}
	plain := kind == reflect.Float64 || kind == reflect.Int || kind == reflect.Int64
	for i := range v.Len() {
		if plain && bounded(v.Index(i)) {
			continue // of millions, not every one needs a path
		}
		n.value(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
	}
}

func (n numbers) keys(path string, v reflect.Value) {
	values := map[string]reflect.Value{}
	for entry := v.MapRange(); entry.Next(); {
		values[entry.Key().String()] = entry.Value()
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		n.value(fmt.Sprintf("%s[%s]", path, shown(key)), values[key])
	}
}
