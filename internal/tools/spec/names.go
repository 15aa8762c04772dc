package main

// Names and words for what is new upstream.

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// mark stands at the end of descriptions that a person has to write.
const mark = "TODO(spec)"

// described returns a description made from a name.
func described(name string) string { return "is the " + words(name) + ". " + mark }

// describedStatus returns a description made from a status.
func describedStatus(status string) string {
	number, _ := strconv.Atoi(status)
	text := http.StatusText(number)
	if text == "" {
		text = "Status " + status
	}
	return text + ". " + mark
}

// words takes a name apart: mount_path and mountPath are mount path.
func words(name string) string {
	var out strings.Builder
	previous := ' '
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = ' '
		case unicode.IsUpper(r) && (unicode.IsLower(previous) || unicode.IsDigit(previous)):
			out.WriteByte(' ')
		}
		out.WriteRune(unicode.ToLower(r))
		previous = r
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

var afterDigit = regexp.MustCompile(`[0-9][a-z]`)

// valueName returns a name for a value of an enum that is none of those taken.
func valueName(value any, taken []string) string {
	text := fmt.Sprint(value)
	if text == strings.ToUpper(text) {
		text = strings.ToLower(text)
	}
	name := camel(strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '_'
		}
		return r
	}, text))
	switch {
	case name == "":
		name = "Value"
	case unicode.IsDigit(rune(name[0])):
		name = "N" + name
	}
	// The generator writes a letter behind a digit so.
	name = afterDigit.ReplaceAllStringFunc(name, strings.ToUpper)
	unique := name
	for n := 2; slices.ContainsFunc(taken, func(other string) bool { return strings.EqualFold(other, unique) }); n++ {
		unique = name + strconv.Itoa(n)
	}
	return unique
}
