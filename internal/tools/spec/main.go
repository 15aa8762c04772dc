// Command spec looks after openapi.yaml.
//
//	spec check [FILE]
//
// says whether FILE, by default openapi.yaml, is a valid OpenAPI 3.0 document
// that keeps the rules of this project.
//
//	spec drift [-base FILE] [-exceptions FILE] UPSTREAM
//
// compares it with UPSTREAM, a file or an http(s) URL that holds Qovery's complete
// document: the operations described here only, and of them what shapes requests,
// answers and generated code.
//
// The exit code is 0 when all is well, 1 when there is something to do, which is
// then listed, and 2 when it could not be found out, with the reason. Paths are
// relative to the working directory, meant to be the root of the repository.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `usage: spec check [FILE]
       spec drift [-base FILE] [-exceptions FILE] UPSTREAM
`

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) (code int) {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}

	// The libraries give up in this way where a document holds nothing at all
	// in the place of an object.
	defer func() {
		if reason := recover(); reason != nil {
			fmt.Fprintf(stderr, "spec %s: a document is malformed, look for empty entries: %v\n", args[0], reason)
			code = 2
		}
	}()

	var findings []string
	var err error
	var good string
	switch args[0] {
	case "check":
		if flags.Parse(args[1:]) != nil {
			return 2
		}
		file := "openapi.yaml"
		switch flags.NArg() {
		case 0:
		case 1:
			file = flags.Arg(0)
		default:
			flags.Usage()
			return 2
		}
		findings, err = check(file)
		good = file + " is valid"
	case "drift":
		base := flags.String("base", "openapi.yaml", "our `document`")
		exceptions := flags.String("exceptions", "internal/tools/spec/exceptions.txt", "`list` of deliberate differences")
		if flags.Parse(args[1:]) != nil {
			return 2
		}
		if flags.NArg() != 1 {
			fmt.Fprintln(stderr, "spec drift: want one UPSTREAM, a file or an http(s) URL")
			flags.Usage()
			return 2
		}
		findings, err = drift(*base, *exceptions, flags.Arg(0))
		good = "no drift"
	default:
		fmt.Fprint(stderr, usage)
		return 2
	}

	switch {
	case err != nil:
		fmt.Fprintf(stderr, "spec %s: %v\n", args[0], err)
		return 2
	case len(findings) > 0:
		for _, line := range findings {
			fmt.Fprintln(stdout, line)
		}
		return 1
	default:
		fmt.Fprintln(stdout, good)
		return 0
	}
}
