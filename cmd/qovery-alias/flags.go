package main

// The flags of a command: each at most once, before or after other arguments.

import (
	"errors"
	"flag"
	"io"
	"strconv"

	"github.com/google/uuid"
)

// flags is a flag.FlagSet that notes what is given and looks at it at the end, so
// that -h is heard wherever it stands.
type flags struct {
	set *flag.FlagSet
	all []*flagValue
}

type flagValue struct {
	name     string
	required bool
	boolean  bool
	given    []string
	accept   func(string) error // takes the value over, or says what it has to be
}

func newFlags() *flags {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	return &flags{set: set}
}

func (f *flags) add(name string, accept func(string) error) *flagValue {
	v := &flagValue{name: name, accept: accept}
	f.all = append(f.all, v)
	f.set.Var(v, name, "")
	return v
}

func (v *flagValue) String() string     { return "" }
func (v *flagValue) Set(s string) error { v.given = append(v.given, s); return nil }
func (v *flagValue) IsBoolFlag() bool   { return v.boolean }

// dashed is the flag as it is written.
func (v *flagValue) dashed() string {
	if len(v.name) == 1 {
		return "-" + v.name
	}
	return "--" + v.name
}

// parse returns the arguments that are no flags.
func (f *flags) parse(args []string) (others []string, err error) {
	for {
		if err := f.set.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil {
			return nil, wrong("%w", err)
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
	for _, v := range f.all {
		switch {
		case len(v.given) > 1:
			return nil, wrong("%s is given more than once", v.dashed())
		case len(v.given) == 0 && v.required:
			return nil, wrong("%s is required", v.dashed())
		case len(v.given) == 0:
			continue
		}
		if err := v.accept(v.given[0]); err != nil {
			return nil, wrong("%s %w", v.dashed(), err)
		}
	}
	return others, nil
}

// parseAlone is parse for commands that take flags only.
func (f *flags) parseAlone(args []string) error {
	others, err := f.parse(args)
	if err == nil && len(others) > 0 {
		return wrong("unexpected argument %q", others[0])
	}
	return err
}

// exactlyOne refuses both and neither; it is for after parse.
func exactlyOne(a, b *flagValue) error {
	switch len(a.given) + len(b.given) {
	case 0:
		return wrong("%s or %s is required", a.dashed(), b.dashed())
	case 1:
		return nil
	default:
		return wrong("%s and %s exclude each other", a.dashed(), b.dashed())
	}
}

// The kinds of values, to be handed to add.

func textInto(to *string) func(string) error {
	return func(s string) error {
		if s == "" {
			return errors.New("must not be empty")
		}
		*to = s
		return nil
	}
}

// uuidInto takes the canonical form alone. The value is not repeated: where a UUID is
// missing, a secret may have taken its place.
func uuidInto(to *uuid.UUID) func(string) error {
	return func(s string) (err error) {
		*to, err = uuid.Parse(s)
		switch {
		case s == "":
			err = errors.New("must not be empty")
		case err != nil || len(s) != len(uuid.Nil.String()):
			err = errors.New("must be a UUID such as 01234567-89ab-cdef-0123-456789abcdef")
		case *to == uuid.Nil:
			err = errors.New("must not be the zero UUID, which identifies nothing")
		}
		return err
	}
}

func boolInto(to **bool) func(string) error {
	return func(s string) error {
		b, err := strconv.ParseBool(s)
		if err != nil {
			return errors.New("must be true or false")
		}
		*to = &b
		return nil
	}
}
