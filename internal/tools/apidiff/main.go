// Command apidiff says what the work tree does to the exported Go API since BASE,
// a tag, a branch or a commit, and which SemVer step has to follow.
//
//	apidiff [-release VERSION] BASE
//
// SemVer covers what is reachable through the packages api and api/apitest. They
// pass on types of generated, so all of that counts too, except that the interfaces
// there may grow by a method with every operation. Changes to other packages
// are listed and do not count; internal packages and commands are left out.
//
// The exit code is 0 when the comparison worked and 2 when it did not, with the
// reason. With -release, BASE has to be the version before VERSION, and the exit
// code is 1 if the step from one to the other is smaller than the changes ask for.
//
// The working directory has to be the root of the module. It is not changed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/mod/semver"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("apidiff", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: apidiff [-release VERSION] BASE")
		flags.PrintDefaults()
	}
	release := flags.String("release", "", "fail unless this `version` may follow BASE, a version too")
	if flags.Parse(args) != nil {
		return 2
	}
	if flags.NArg() != 1 {
		fmt.Fprintln(stderr, "apidiff: want one BASE, a tag, a branch or a commit")
		flags.Usage()
		return 2
	}
	base := flags.Arg(0)
	need, err := report(stdout, base)
	if err == nil && *release != "" {
		var got step
		got, err = between(base, *release)
		if err == nil && got < need.from(base) {
			fmt.Fprintf(stdout, "%s is a %s release after %s and would have to be a %s one.\n", *release, got, base, need.from(base))
			return 1
		}
	}
	if err != nil {
		fmt.Fprintf(stderr, "apidiff: %v\n", err)
		return 2
	}
	return 0
}

// report writes the changes since base and returns the step they ask for.
func report(w io.Writer, base string) (step, error) {
	dir, err := checkout(base)
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	old, err := load(dir)
	if err != nil {
		return 0, fmt.Errorf("loading the packages of %s: %w", base, err)
	}
	now, err := load(".")
	if err != nil {
		return 0, fmt.Errorf("loading the packages of the work tree: %w", err)
	}

	changes := apidiff.ModuleChanges(&old.covered, &now.covered)
	// The interfaces of the generated client have a method for each operation. They
	// are there to be called: that they grow is an addition. So is a limit that is raised.
	for i, c := range changes.Changes {
		changes.Changes[i].Compatible = c.Compatible || grown.MatchString(c.Message) || raised(c.Message)
	}
	slices.SortFunc(changes.Changes, func(a, b apidiff.Change) int { return strings.Compare(a.Message, b.Message) })
	changes.Changes = slices.Compact(changes.Changes)
	if err := changes.Text(w); err != nil {
		return 0, err
	}
	if others := apidiff.ModuleChanges(&old.others, &now.others).Changes; len(others) > 0 {
		fmt.Fprintln(w, "Not covered by SemVer:")
		for _, change := range others {
			fmt.Fprintln(w, "-", change.Message)
		}
	}
	need := patch
	for _, change := range changes.Changes {
		if !change.Compatible {
			need = major
			break
		}
		need = minor
	}
	fmt.Fprintf(w, "SemVer step since %s: %s", base, need)
	if need == major {
		fmt.Fprint(w, ", which takes a new import path; before v1.0.0: minor")
	}
	fmt.Fprintln(w)
	return need, nil
}

var grown = regexp.MustCompile(`^\./generated\.Client(WithResponses)?Interface\.\w+: added$`)

var limit = regexp.MustCompile(`^\./api\.Max\w+: value changed from (\d+) to (\d+)$`)

// raised reports whether the change is that of a limit to a greater one.
func raised(change string) bool {
	match := limit.FindStringSubmatch(change)
	if match == nil {
		return false
	}
	from, err1 := strconv.ParseUint(match[1], 10, 64)
	to, err2 := strconv.ParseUint(match[2], 10, 64)
	return err1 == nil && err2 == nil && to > from
}

type step int

const (
	patch step = iota // nothing changed
	minor             // there is more
	major             // something changed or went away
)

func (s step) String() string { return [...]string{"patch", "minor", "major"}[s] }

// from returns the step that s means for what follows the version base: before
// v1.0.0 everything may change in a minor release.
func (s step) from(base string) step {
	if semver.Major(base) == "v0" {
		return min(s, minor)
	}
	return s
}

// between returns the step from one version to a later one.
func between(base, release string) (step, error) {
	switch {
	case !semver.IsValid(base) || !semver.IsValid(release):
		return 0, fmt.Errorf("-release takes two versions like v1.2.3, not %q after %q", release, base)
	case semver.Compare(base, release) >= 0:
		return 0, errors.New(release + " is not later than " + base)
	case semver.Major(base) != semver.Major(release):
		return major, nil
	case semver.MajorMinor(base) != semver.MajorMinor(release):
		return minor, nil
	default:
		return patch, nil
	}
}
