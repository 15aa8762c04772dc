package main

// The comparison of openapi.yaml with Qovery's complete document, from the two
// sources to the lines that are printed.

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/diff"
)

// drift returns a line for each difference that exceptions does not list, the
// gravest first, and one for each line of exceptions that is no difference.
func drift(base, exceptions, upstream string) ([]string, error) {
	ours, err := load(base)
	if err != nil {
		return nil, err
	}
	theirs, err := load(upstream)
	if err != nil {
		return nil, err
	}
	list, err := os.ReadFile(exceptions)
	if err != nil {
		return nil, fmt.Errorf("%w; -exceptions names the list of deliberate differences", err)
	}
	differences, err := compare(ours, theirs)
	if err != nil {
		return nil, fmt.Errorf("comparing %s with %s: %w", base, upstream, err)
	}

	var lines []string
	number := 0
	for text := range strings.Lines(string(list)) {
		number++
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if _, found := differences[text]; !found {
			lines = append(lines, fmt.Sprintf("%s:%d: is no difference any more, remove it: %s", exceptions, number, text))
		}
		delete(differences, text)
	}
	for _, text := range slices.SortedFunc(maps.Keys(differences), func(a, b string) int {
		return cmp.Or(-cmp.Compare(differences[a].effect, differences[b].effect), strings.Compare(a, b))
	}) {
		lines = append(lines, text+" "+differences[text].String())
	}
	return lines, nil
}

// compare finds the differences between the operations of ours and the same in
// theirs. Both documents are changed on the way.
func compare(ours, theirs *openapi3.T) (differences, error) {
	trim(theirs, ours)
	for _, doc := range []*openapi3.T{ours, theirs} {
		if err := normalize(doc); err != nil {
			return nil, err
		}
	}
	result, err := diff.Get(diff.NewConfig(diff.WithExcludeElements(diff.GetExcludeDiffOptions())), ours, theirs)
	if err != nil {
		return nil, err
	}
	found := differences{}
	for path, item := range ours.Paths.Map() {
		upstream := theirs.Paths.Find(path)
		for method, op := range item.Operations() {
			at := place{where: op.OperationID}
			if upstream == nil || upstream.GetOperation(method) == nil {
				found.add(at, method+" "+path, absent, declared, breaking)
				continue
			}
			other := upstream.GetOperation(method)
			found.differ(at, "operationId", other.OperationID, op.OperationID, breaking)
			found.differ(place{via: op.OperationID}, "server", servers(theirs, upstream, other), servers(ours, item, op), breaking)
			found.differ(place{via: op.OperationID}, "security", security(theirs, other), security(ours, op), breaking)
			if result != nil && result.PathsDiff != nil {
				if changed := result.PathsDiff.Modified[path]; changed != nil && changed.OperationsDiff != nil {
					found.operation(at, changed.OperationsDiff.Modified[method])
				}
			}
		}
	}
	return found, nil
}
