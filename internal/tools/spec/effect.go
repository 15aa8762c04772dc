package main

// What a difference means to those who use this module.

import "strings"

// effect is what following upstream does to Go code that uses this module.
type effect int

const (
	none     effect = iota // users of the generated code see nothing of it
	additive               // there is something new to use
	breaking               // code has to change, or calls that worked fail
)

func (e effect) String() string { return [...]string{"no effect", "additive", "breaking"}[e] }

// keywordEffect says what it means that keyword is from here and to upstream.
func keywordEffect(at place, keyword string, from, to any) effect {
	switch keyword {
	case "name", "readOnly", "writeOnly", "deprecated", "default", "headers":
		return none
	case "nullable":
		// An optional property is a pointer anyway.
		if at.optional {
			return none
		}
	case "maxLength", "max", "maxItems", "maxProps", "minLength", "min", "minItems", "minProps", "pattern", "multipleOf", "uniqueItems":
		switch {
		case !at.request: // only requests have to keep within bounds
			return none
		case strings.HasPrefix(keyword, "max") && (to == nil || from != nil && number(to) > number(from)),
			strings.HasPrefix(keyword, "min") && (to == nil || from != nil && number(to) < number(from)):
			return additive
		}
	}
	return breaking
}

// number returns a bound, which oasdiff gives as a uint64 or a float64.
func number(bound any) float64 {
	if n, ok := bound.(uint64); ok {
		return float64(n)
	}
	n, _ := bound.(float64)
	return n
}
