package main

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// naming gives the schema that is used in some places a name of ours. It is found by its
// use, since Qovery renames schemas, which changes nothing for a client.
type naming struct {
	Name string
	From []string // JSONPaths
}

const schemaPrefix = "#/components/schemas/"

// apply renames the schema. Where several are used, they become one, and must be equal.
func (s naming) apply(root *yaml.Node, find func(path string) []*yaml.Node) error {
	used, err := s.used(find)
	if err != nil {
		return err
	}
	schemas := get(root, "components", "schemas")
	for _, name := range used[1:] {
		if differ := differences(get(schemas, used[0]), get(schemas, name), ""); len(differ) > 0 {
			return fmt.Errorf("%s: upstream's %s and %s are no longer the same, look at %s",
				s.Name, used[0], name, strings.Join(differ, ", "))
		}
	}
	if get(schemas, s.Name) != nil && !slices.Contains(used, s.Name) {
		return fmt.Errorf("%s: upstream has another schema of this name", s.Name)
	}
	schemas.Content[index(schemas, used[0])-1].Value = s.Name
	for _, name := range used[1:] {
		remove(schemas, name)
	}
	for _, ref := range refs(root) {
		if name, ok := strings.CutPrefix(target(ref), schemaPrefix); ok && slices.Contains(used, name) {
			set(ref, "$ref", scalar(schemaPrefix+s.Name))
		}
	}
	return nil
}

// used returns the names that upstream has for the schema.
func (s naming) used(find func(path string) []*yaml.Node) ([]string, error) {
	var names []string
	for _, path := range s.From {
		places := find(path)
		if len(places) == 0 {
			return nil, fmt.Errorf("%s: upstream no longer has %s", s.Name, path)
		}
		for _, place := range places {
			if all := get(place, "allOf"); all != nil && len(all.Content) == 1 {
				place = all.Content[0]
			}
			name, ok := strings.CutPrefix(target(place), schemaPrefix)
			if !ok {
				return nil, fmt.Errorf("%s: upstream's %s no longer refers to a schema", s.Name, path)
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// differences returns where two schemas differ.
func differences(a, b *yaml.Node, at string) []string {
	if a == nil || b == nil || a.Kind != yaml.MappingNode || b.Kind != yaml.MappingNode {
		if text(a) == text(b) {
			return nil
		}
		return []string{strings.TrimPrefix(at, ".")}
	}
	var found []string
	for i := 0; i < len(a.Content); i += 2 {
		key := a.Content[i].Value
		found = append(found, differences(a.Content[i+1], get(b, key), at+"."+key)...)
	}
	for i := 0; i < len(b.Content); i += 2 {
		if key := b.Content[i].Value; get(a, key) == nil {
			found = append(found, strings.TrimPrefix(at+"."+key, "."))
		}
	}
	return found
}
