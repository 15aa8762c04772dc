package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// flags are those of a command: each at most once, before, between or after its
// other arguments.
type flags struct {
	all      []option
	names    []string   // the long ones
	required [][]string // exactly one of each
	maxArgs  int        // how many other arguments there may be
	remote   bool       // the command talks to Qovery
	given    map[string]bool
	err      error // the first mistake
}

type option struct {
	name, short, text string // without dashes; text names the value in back quotes
	toggle            bool   // it needs no value
	accept            func(string) error
}

// value defines a flag with a value; names are the long and, after a comma, the short
// one. The error of accept goes behind the name of the flag and does not repeat the
// value, which may be a secret in the wrong place.
func (f *flags) value(names, text string, accept func(string) error) {
	name, short, _ := strings.Cut(names, ",")
	f.names = append(f.names, name)
	f.all = append(f.all, option{name: name, short: short, text: text, accept: accept})
}

// toggle defines a flag that is true if it has no value.
func (f *flags) toggle(names, text string, accept func(bool)) {
	f.value(names, text, func(s string) error {
		b, err := strconv.ParseBool(s)
		if err != nil {
			return errors.New("must be true or false")
		}
		accept(b)
		return nil
	})
	f.all[len(f.all)-1].toggle = true
}

// usage lists the flags.
func (f *flags) usage() string {
	var b strings.Builder
	for _, o := range f.all {
		left := "--" + o.name
		if o.short != "" {
			left = "-" + o.short + ", " + left
		}
		if quoted := strings.Split(o.text, "`"); len(quoted) == 3 {
			left += " " + quoted[1]
		}
		text := strings.ReplaceAll(o.text, "`", "")
		fmt.Fprintf(&b, "  %-24s %s\n", left, strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", 27)))
	}
	fmt.Fprintf(&b, "  %-24s %s\n", "-h, --help", "show this")
	return b.String()
}

// parse returns the arguments that are not flags. Its error is flag.ErrHelp or the first
// mistake; the flags behind that, such as -o json, are accepted all the same.
func (f *flags) parse(args []string) (others []string, err error) {
	f.given = map[string]bool{}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		o, value, hasValue := f.find(arg)
		switch {
		case arg == "-h", arg == "-help", arg == "--help":
			return nil, flag.ErrHelp
		case arg == "--":
			others, args = append(others, args...), nil
		case len(arg) < 2 || arg[0] != '-':
			others = append(others, arg)
		case o == nil:
			name, _, _ := strings.Cut(arg, "=")
			f.fail("unknown flag %s%s", name, suggestion(strings.TrimLeft(name, "-"), f.names, "--"))
		case hasValue:
			f.set(o, value)
		case len(args) == 0:
			f.fail("%s needs a value", arg)
		default:
			f.set(o, args[0])
			args = args[1:]
		}
	}
	for _, names := range f.required {
		given := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !f.given[name] })
		if len(given) == 0 {
			f.fail("--%s is required", strings.Join(names, " or --"))
		} else if len(given) > 1 {
			f.fail("--%s exclude each other", strings.Join(names, " and --"))
		}
	}
	if len(others) > f.maxArgs {
		f.fail("unexpected argument %q", others[f.maxArgs])
	}
	return others, f.err
}

// find returns the flag that an argument names, and the value that it has there, as in
// --name=value, -o=value and -ovalue.
func (f *flags) find(arg string) (o *option, value string, hasValue bool) {
	name, value, hasValue := strings.Cut(arg, "=")
	for _, o := range f.all {
		short := "-" + cmp.Or(o.short, "-"+o.name)
		behind, attached := strings.CutPrefix(arg, short)
		switch {
		case name == "--"+o.name, name == short:
			if o.toggle && !hasValue {
				return &o, "true", true
			}
			return &o, value, hasValue
		case attached && o.short != "" && !o.toggle:
			return &o, behind, true
		}
	}
	return nil, "", false
}

func (f *flags) set(o *option, value string) {
	if f.given[o.name] {
		f.fail("--%s is given more than once", o.name)
	}
	f.given[o.name] = true
	if err := o.accept(value); err != nil {
		f.fail("--%s %w", o.name, err)
	}
}

func (f *flags) fail(format string, values ...any) {
	if f.err == nil {
		f.err = wrong(format, values...)
	}
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
		if s == "" {
			return errors.New("must not be empty: is a variable not set?")
		}
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
