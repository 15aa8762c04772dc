package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// flags are those of a command: each at most once, before, between or after its
// other arguments.
type flags struct {
	set      *flag.FlagSet
	names    []string // the long ones, in the order of the help
	short    map[string]string
	required [][]string // exactly one of each
	alone    bool       // there are no other arguments
	given    map[string]bool
	err      error // the first wrong value: a later -h still counts
}

func newFlags() *flags {
	f := &flags{set: flag.NewFlagSet("", flag.ContinueOnError), short: map[string]string{}, given: map[string]bool{}}
	f.set.SetOutput(io.Discard)
	return f
}

// value defines a flag with a value; names are the long and, after a comma, the short
// one; text names the value in back quotes. The error of accept goes behind the name
// of the flag and does not repeat the value, which may be a secret in the wrong place.
func (f *flags) value(names, text string, accept func(string) error) {
	f.define(f.set.Func, names, text, accept)
}

// toggle defines a flag that is true if it has no value.
func (f *flags) toggle(names, text string, accept func(bool)) {
	f.define(f.set.BoolFunc, names, text, func(s string) error {
		b, err := strconv.ParseBool(s)
		if err != nil {
			return errors.New("must be true or false")
		}
		accept(b)
		return nil
	})
}

func (f *flags) define(define func(name, text string, set func(string) error), names, text string, accept func(string) error) {
	name, short, _ := strings.Cut(names, ",")
	f.names = append(f.names, name)
	set := func(s string) error {
		err := accept(s)
		switch {
		case f.err != nil:
		case f.given[name]:
			f.err = wrong("--%s is given more than once", name)
		case err != nil:
			f.err = wrong("--%s %w", name, err)
		}
		f.given[name] = true
		return nil
	}
	define(name, text, set)
	if short != "" {
		f.short[name] = short
		define(short, text, set)
	}
}

// usage lists the flags.
func (f *flags) usage() string {
	var b strings.Builder
	for _, name := range f.names {
		placeholder, text := flag.UnquoteUsage(f.set.Lookup(name))
		left := "--" + name
		if short := f.short[name]; short != "" {
			left = "-" + short + ", " + left
		}
		fmt.Fprintf(&b, "  %-24s %s\n", strings.TrimSpace(left+" "+placeholder),
			strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", 27)))
	}
	fmt.Fprintf(&b, "  %-24s %s\n", "-h, --help", "show this")
	return b.String()
}

// parse returns the arguments that are not flags.
func (f *flags) parse(args []string) (others []string, err error) {
	for {
		if err := f.set.Parse(args); err != nil {
			return nil, f.rephrase(err)
		}
		rest := f.set.Args()
		if len(rest) == 0 {
			break
		}
		if at := len(args) - len(rest); at > 0 && args[at-1] == "--" {
			others = append(others, rest...)
			break
		}
		others, args = append(others, rest[0]), rest[1:]
	}
	if f.err != nil {
		return nil, f.err
	}
	for _, names := range f.required {
		given := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !f.given[name] })
		if len(given) == 0 {
			return nil, wrong("--%s is required", strings.Join(names, " or --"))
		} else if len(given) > 1 {
			return nil, wrong("--%s exclude each other", strings.Join(names, " and --"))
		}
	}
	if f.alone && len(others) > 0 {
		return nil, wrong("unexpected argument %q", others[0])
	}
	return others, nil
}

// rephrase says what package flag has found, with two dashes and a suggestion.
func (f *flags) rephrase(err error) error {
	problem, name, _ := strings.Cut(err.Error(), ": -")
	dashes := "--"[:min(len(name), 2)]
	switch problem {
	case "flag provided but not defined":
		return wrong("unknown flag %s%s%s", dashes, name, suggestion(name, f.names, "--"))
	case "flag needs an argument":
		return wrong("%s%s needs a value", dashes, name)
	}
	return wrong("%w", err)
}

// output defines -o.
func (f *flags) output(asJSON *bool) {
	f.value("output,o", "`FORMAT` of results and failures: table or json;\ndefault: table", func(s string) error {
		if s != "table" && s != "json" {
			return errors.New("must be table or json")
		}
		*asJSON = s == "json"
		return nil
	})
}

// asksForJSON reports whether -o json is among args, for failures that are found
// before it is parsed.
func (f *flags) asksForJSON(args []string) bool {
	return f.set.Lookup("output") != nil && regexp.MustCompile(`(?m)^--?o(utput)?[=\n]json$`).MatchString(strings.Join(args, "\n"))
}

// The kinds of values.

func text(to *string) func(string) error {
	return func(s string) error {
		if *to = s; s == "" {
			return errors.New("must not be empty")
		}
		return nil
	}
}

// id takes the canonical form alone.
func id(to *uuid.UUID) func(string) error {
	return func(s string) (err error) {
		*to, err = uuid.Parse(s)
		if err != nil || len(s) != len(uuid.Nil.String()) || *to == uuid.Nil {
			return errors.New("must be a UUID such as 01234567-89ab-cdef-0123-456789abcdef, and not the zero one")
		}
		return nil
	}
}

func duration(to *time.Duration) func(string) error {
	return func(s string) (err error) {
		if *to, err = time.ParseDuration(s); err != nil || *to <= 0 {
			return errors.New("must be a duration above zero, such as 90s or 5m")
		}
		return nil
	}
}
