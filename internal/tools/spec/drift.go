package main

// The comparison of openapi.yaml with Qovery's complete document, from the two
// sources to the lines that are printed.

import (
	"fmt"
	"os"
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

	lines := differences.except(exceptions, string(list))
	for _, text := range differences.sorted() {
		lines = append(lines, text+" "+differences[text].String())
	}
	return lines, nil
}

// except removes from ds what is in list, and returns a line for each entry that is no
// difference. There is none where an operation is gone, and with it the differences
// inside it.
func (ds differences) except(name, list string) (stale []string) {
	complete := true
	for _, d := range ds {
		complete = complete && !d.gone
	}
	number := 0
	for text := range strings.Lines(list) {
		number++
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if _, found := ds[text]; !found && complete {
			stale = append(stale, fmt.Sprintf("%s:%d: is no difference any more, remove it: %s", name, number, text))
		}
		delete(ds, text)
	}
	return stale
}

// compare finds the differences between the operations of ours and the same in
// theirs. Both documents are changed on the way.
func compare(ours, theirs *openapi3.T) (differences, error) {
	known := addresses(theirs)
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
	for name, item := range ours.Paths.Map() {
		upstream := theirs.Paths.Find(name)
		for method, op := range item.Operations() {
			at := place{where: op.OperationID, node: nodePath{"paths", name, strings.ToLower(method)}}
			if upstream == nil || upstream.GetOperation(method) == nil {
				found.gone(at, known[op.OperationID], method+" "+name)
				continue
			}
			other := upstream.GetOperation(method)
			found.differ(at, "operationId", show(other.OperationID), show(op.OperationID), breaking)
			found.differ(place{via: op.OperationID}, "server", servers(theirs, upstream, other), servers(ours, item, op), breaking)
			found.differ(place{via: op.OperationID}, "security", security(theirs, other), security(ours, op), breaking)
			if result != nil && result.PathsDiff != nil {
				if changed := result.PathsDiff.Modified[name]; changed != nil && changed.OperationsDiff != nil {
					found.operation(at, changed.OperationsDiff.Modified[method])
				}
			}
		}
	}
	return found, nil
}

// addresses maps the operationIds of doc to where they stand.
func addresses(doc *openapi3.T) map[string]string {
	found := map[string]string{}
	for _, op := range operations(doc) {
		found[op.OperationID] = op.method + " " + op.path
	}
	return found
}
