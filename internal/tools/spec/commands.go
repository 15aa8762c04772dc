package main

// The commands: their flags, and what they call.

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

// A command returns what there is to do, or what it prints where there is nothing.
type command func(flags *flag.FlagSet, args []string) (findings []string, good string, err error)

var commands = map[string]command{
	"check":     checkCommand,
	"constants": constantsCommand,
	"drift":     driftCommand,
	"samples":   samplesCommand,
	"update":    updateCommand,
}

// errUsage is for arguments that are wrong, when that has been said.
var errUsage = errors.New("usage")

func checkCommand(flags *flag.FlagSet, args []string) ([]string, string, error) {
	release := flags.Bool("release", false, "refuse descriptions that a person has to write")
	file, err := optionalFile(flags, args)
	if err != nil {
		return nil, "", err
	}
	text, err := read(file)
	if err != nil {
		return nil, "", err
	}
	findings, err := check(file, text)
	marked := marks(file, text)
	if len(findings) > 0 || *release {
		findings = append(findings, marked...)
	}
	return findings, strings.Join(append(marked, file+" is valid\n"), "\n"), err
}

func constantsCommand(flags *flag.FlagSet, args []string) ([]string, string, error) {
	withOperations := flags.Bool("operations", false, "write the table of operations too")
	generated := flags.String("generated", "generated/types.gen.go", "the Go `file` with the generated types")
	checks := flags.String("limits", "", "the Go `file` of the package limits to write, which checks lengths")
	output := flags.String("o", "", "the Go `file` to write, instead of standard output")
	file, err := optionalFile(flags, args)
	if err != nil {
		return nil, "", err
	}
	source, err := constants(file, *generated, *withOperations)
	if err == nil && *checks != "" {
		var text []byte
		if text, err = limits(file); err == nil {
			err = os.WriteFile(*checks, text, 0o666)
		}
	}
	if err != nil || *output == "" {
		return nil, string(source), err
	}
	return nil, "", os.WriteFile(*output, source, 0o666)
}

func samplesCommand(flags *flag.FlagSet, args []string) ([]string, string, error) {
	dir := flags.String("dir", "api/testdata", "`folder` of the samples")
	missing := flags.Bool("missing", false, "list what is missing, and write nothing")
	file, err := optionalFile(flags, args)
	if err != nil {
		return nil, "", err
	}
	findings, err := samples(file, *dir, !*missing)
	if *missing {
		return findings, "", err
	}
	return nil, "", err
}

func driftCommand(flags *flag.FlagSet, args []string) ([]string, string, error) {
	base := flags.String("base", "openapi.yaml", "our `document`")
	exceptions := flags.String("exceptions", "internal/tools/spec/exceptions.txt", "`list` of deliberate differences")
	upstream, err := argument(flags, args, "UPSTREAM, a file or an http(s) URL")
	if err != nil {
		return nil, "", err
	}
	findings, err := drift(*base, *exceptions, upstream)
	return findings, "no drift\n", err
}

func updateCommand(flags *flag.FlagSet, args []string) ([]string, string, error) {
	base := flags.String("base", "openapi.yaml", "our `document`")
	exceptions := flags.String("exceptions", "internal/tools/spec/exceptions.txt", "`list` of deliberate differences")
	all := flags.Bool("all", false, "follow upstream also where that takes a decision, which you make by this")
	changelog := flags.String("changelog", "", "`file` that says under Unreleased what has changed")
	upstream, err := argument(flags, args, "UPSTREAM, a file or an http(s) URL")
	if err != nil {
		return nil, "", err
	}
	result, err := update(sources{*base, *exceptions, upstream, *all, nil})
	if err == nil && len(result.applied) > 0 {
		err = result.write(*base, *changelog)
	}
	if err != nil {
		return nil, "", err
	}
	lines := result.report()
	if len(result.left)+len(result.stale) > 0 {
		return lines, "", nil
	}
	if len(lines) == 0 {
		return nil, "no drift\n", nil
	}
	return nil, strings.Join(lines, "\n") + "\n", nil
}

// optionalFile parses args and returns the one argument that may follow the flags.
func optionalFile(flags *flag.FlagSet, args []string) (string, error) {
	if flags.Parse(args) != nil {
		return "", errUsage
	}
	switch flags.NArg() {
	case 0:
		return "openapi.yaml", nil
	case 1:
		return flags.Arg(0), nil
	}
	flags.Usage()
	return "", errUsage
}

// argument parses args and returns the one argument that must follow the flags.
func argument(flags *flag.FlagSet, args []string, what string) (string, error) {
	if flags.Parse(args) != nil {
		return "", errUsage
	}
	if flags.NArg() != 1 {
		fmt.Fprintf(flags.Output(), "spec %s: want one %s\n", flags.Name(), what)
		flags.Usage()
		return "", errUsage
	}
	return flags.Arg(0), nil
}
