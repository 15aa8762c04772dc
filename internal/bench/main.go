package bench

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"slices"
	"strings"
	"time"
)

// resultsFile is where a thorough run leaves its report, in the current folder. What begins
// with keepMark is another program's.
const (
	resultsFile = "RESULTS.md"
	keepMark    = "\n<!-- What follows is written by make compare. -->\n"
)

// Main runs all measurements, with the flags of the command line, in the folder of this
// package.
func Main() {
	log.SetFlags(0)
	short := flag.Bool("short", false, "run everything once, judge what does not depend on time, write nothing")
	isFresh := flag.Bool("fresh", false, "do what standard input says, and measure it: for the program itself")
	flag.Parse()
	if *isFresh {
		if err := fresh(os.Stdin, os.Stdout); err != nil {
			log.Fatal(err)
		}
		return
	}

	effort := thorough
	if *short {
		effort = brief
	}
	all, err := measureAll(effort)
	if err != nil {
		log.Fatal(err)
	}
	targets := all.targets()
	if *short {
		targets = slices.DeleteFunc(targets, func(t target) bool { return !t.exact })
		fmt.Print(targetTable(targets))
	} else {
		report := all.report(time.Now())
		fmt.Print(report)
		if err := write(resultsFile, report); err != nil {
			log.Fatal(err)
		}
	}
	for _, t := range targets {
		if t.exact && !t.met() {
			log.Fatalf("%s: %.2f, at most %.2f is allowed", t.measure, t.value, t.bound)
		}
	}
}

// write replaces a report, and keeps what is another program's.
func write(file, report string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, kept, found := strings.Cut(string(old), keepMark); found {
		report += keepMark + kept
	}
	return os.WriteFile(file, []byte(report), 0o644)
}

func measureAll(e effort) (all allResults, err error) {
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"creates", func() error { all.creates, err = compareCreates(e); return err }},
		{"many creates", func() error { all.ensures, err = compareEnsures(e); return err }},
		{"lists", func() error { all.lists, err = compareLists(e); return err }},
		{"creates by size", func() error { all.ensure, err = scale(e, ensureEach); return err }},
		{"lists by size", func() error { all.list, err = scale(e, list); return err }},
		{"adversity", func() error { all.adverse, err = compareAdverse(e); return err }},
		{"new processes", func() error { all.fresh, err = compareFresh(e); return err }},
		{"builds", func() error { all.builds, err = buildCosts(e.builds); return err }},
	} {
		log.Printf("measuring %s …", step.name)
		if err := step.run(); err != nil {
			return all, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return all, nil
}
