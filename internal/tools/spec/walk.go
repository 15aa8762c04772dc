package main

// The way from oasdiff's tree of changes to the list of differences. To oasdiff
// our document is the base, so what upstream has and we lack is "added".

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/diff"
)

func (ds differences) operation(at place, d *diff.MethodDiff) {
	if d == nil {
		return
	}
	if d.ParametersDiff != nil {
		ds.parameters(at, d.ParametersDiff)
	}
	request := at.below(" request body")
	request.request, request.node = true, at.node.to("requestBody")
	ds.body(request, d)
	if d.ResponsesDiff != nil {
		ds.responses(at, d)
	}
	ds.rest(at, d, "parameters", "requestBody", "responses", "operationID", "tags", "securityRequirements", "servers", "callbacks")
}

func (ds differences) parameters(op place, d *diff.ParametersDiffByLocation) {
	for _, in := range diff.ParamLocations {
		at := place{where: in + " parameter", via: op.where, request: true}
		ds.presence(at, d.Added[in], d.Deleted[in], breaking, breaking)
		for name, parameter := range d.Modified[in] {
			at := at.below(" " + name)
			ds.schema(at, parameter.SchemaDiff)
			ds.rest(at, parameter, "schema")
		}
	}
}

func (ds differences) body(at place, op *diff.MethodDiff) {
	d := op.RequestBodyDiff
	switch {
	case d == nil:
	case d.Added:
		ds.add(at, "", declared, absent, breaking)
	case d.Deleted:
		ds.add(at, "", absent, declared, breaking)
	default:
		ds.value(at, "required", d.RequiredDiff, none)
		ds.content(at, d.ContentDiff)
		ds.rest(at, d, "required", "content")
	}
}

func (ds differences) responses(at place, op *diff.MethodDiff) {
	// A status matters to the generated code if it has a body, and to the client
	// if it means success.
	matters := func(status string, of *openapi3.Operation) bool {
		return strings.HasPrefix(status, "2") || len(of.Responses.Value(status).Value.Content) > 0
	}
	d := op.ResponsesDiff
	node := at.node.to("responses")
	at = at.below(" response")
	for _, status := range d.Added {
		e := none
		if matters(status, op.Revision) {
			e = additive
		}
		text := ds.add(at, status, declared, absent, e)
		if !strings.HasPrefix(status, "2") { // the client knows one success
			ds.fix(text, &addResponse{node, status, op.Revision.Responses.Value(status).Value})
		}
	}
	for _, status := range d.Deleted {
		e := none
		if matters(status, op.Base) {
			e = breaking
		}
		ds.decide(ds.add(at, status, absent, declared, e), &removeResponse{node, status})
	}
	for status, response := range d.Modified {
		at := at.below(" " + status)
		at.node = node.to(status)
		ds.content(at, response.ContentDiff)
		ds.rest(at, response, "content", "links")
	}
}

func (ds differences) content(at place, d *diff.ContentDiff) {
	if d == nil {
		return
	}
	if len(d.MediaTypeAdded) > 0 && len(d.MediaTypeDeleted) > 0 {
		ds.add(at, "media type", join(d.MediaTypeAdded, " or "), join(d.MediaTypeDeleted, " or "), breaking)
	} else {
		ds.presence(at, d.MediaTypeAdded, d.MediaTypeDeleted, additive, breaking)
	}
	for name, media := range d.MediaTypeModified {
		at := at
		at.node = at.node.to("content", name, "schema")
		if media.NameDiff != nil {
			ds.value(at, "media type", media.NameDiff.NameDiff, breaking)
		}
		ds.schema(at, media.SchemaDiff)
		ds.rest(at, media, "name", "schema")
	}
}

// presence adds what only one of the documents has, with the effect of either.
func (ds differences) presence(at place, added, deleted []string, gain, loss effect) {
	for _, name := range added {
		ds.add(at, name, declared, absent, gain)
	}
	for _, name := range deleted {
		ds.add(at, name, absent, declared, loss)
	}
}

func (ds differences) value(at place, keyword string, d *diff.ValueDiff, e effect) {
	if d != nil {
		text := ds.add(at, keyword, show(d.To), show(d.From), e)
		ds.fix(text, keywordEdit(at, keyword, d.To))
		if name := keywords[keyword]; name != "" && at.node != nil {
			ds[text].decided = &setKeyword{at.node, name, nil}
		}
	}
}

func show(value any) string {
	if value == nil || value == "" {
		return "none"
	}
	return fmt.Sprint(value)
}

// Fields of oasdiff's structures that describe rather than shape, or that repeat
// what other fields say.
var ignored = []string{
	"-", "externalDocs", "XML", "example", "examples", "$comment",
	"listOfTypes", "oneOfWrapping", "nullableWrapping",
}

// rest adds what is left of d, a pointer to one of oasdiff's structures, after the
// fields named: nothing that oasdiff finds gets lost because nobody here knows it.
func (ds differences) rest(at place, d any, done ...string) {
	v := reflect.ValueOf(d).Elem()
	for i := range v.NumField() {
		keyword, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if v.Field(i).IsZero() || slices.Contains(ignored, keyword) || slices.Contains(done, keyword) {
			continue
		}
		if leaf, ok := v.Field(i).Interface().(*diff.ValueDiff); ok {
			ds.value(at, keyword, leaf, keywordEffect(at, keyword, leaf.From, leaf.To))
		} else {
			ds.add(at, keyword, "otherwise", "as declared", keywordEffect(at, keyword, nil, nil))
		}
	}
}
