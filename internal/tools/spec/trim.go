package main

// What belongs to an operation without standing in it, and what is left out.

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// trim removes from theirs what ours does not describe.
func trim(theirs, ours *openapi3.T) {
	for path, item := range theirs.Paths.Map() {
		kept := ours.Paths.Find(path)
		if kept == nil {
			theirs.Paths.Delete(path)
			continue
		}
		for method := range item.Operations() {
			if kept.GetOperation(method) == nil {
				item.SetOperation(method, nil)
			}
		}
	}
	if theirs.Components != nil {
		theirs.Components = &openapi3.Components{SecuritySchemes: theirs.Components.SecuritySchemes}
	}
}

// servers returns the addresses at which op is reached.
func servers(doc *openapi3.T, item *openapi3.PathItem, op *openapi3.Operation) string {
	list := doc.Servers
	if item.Servers != nil {
		list = item.Servers
	}
	if op.Servers != nil {
		list = *op.Servers
	}
	var urls []string
	for _, server := range list {
		urls = append(urls, server.URL)
	}
	return join(urls, ", ")
}

// security returns the ways in which a request for op may be signed.
func security(doc *openapi3.T, op *openapi3.Operation) string {
	requirements := doc.Security
	if op.Security != nil {
		requirements = *op.Security
	}
	var ways []string
	for _, requirement := range requirements {
		var schemes []string
		for name, scopes := range requirement {
			if doc.Components != nil && doc.Components.SecuritySchemes[name] != nil {
				s := doc.Components.SecuritySchemes[name].Value
				name += " (" + strings.Join(strings.Fields(strings.Join([]string{s.Type, s.Scheme, s.In, s.Name}, " ")), " ") + ")"
			}
			schemes = append(schemes, strings.Join(append([]string{name}, scopes...), " "))
		}
		ways = append(ways, join(schemes, " and "))
	}
	return join(ways, " or ")
}

// join joins the values in the order of the alphabet.
func join(values []string, separator string) string {
	if len(values) == 0 {
		return "none"
	}
	slices.Sort(values)
	return strings.Join(values, separator)
}
