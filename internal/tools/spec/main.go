// Command spec looks after openapi.yaml.
//
//	spec check [-release] [FILE]
//
// says whether FILE, by default openapi.yaml, is a valid OpenAPI 3.0 document
// that keeps the rules of this project. Descriptions that a person has still to write
// are listed; with -release they are refused.
//
//	spec constants [-operations] [-generated GO-FILE] [-limits GO-FILE] [-o OUTPUT] [FILE]
//
// writes the Go file with the limits and operations of FILE, and the enum constants of
// the types that were generated from it, by default generated/types.gen.go. With -limits
// it also writes the package that checks what a request may contain.
//
//	spec samples [-dir FOLDER] [-missing] [FILE]
//
// adds to the samples in FOLDER the properties of FILE that none has, and takes out
// those that it does not declare; with -missing it lists both and writes nothing.
//
//	spec drift [-base FILE] [-exceptions FILE] UPSTREAM
//
// compares it with UPSTREAM, a file or an http(s) URL that contains Qovery's complete
// document: the operations described here only, and of them what shapes requests,
// responses and generated code.
//
//	spec update [-all] [-base FILE] [-exceptions FILE] [-changelog FILE] UPSTREAM
//
// follows UPSTREAM in all that takes no decision. It edits the text of our document
// where something changes and nowhere else, and lists what takes a decision. With -all
// it follows in that as well, as far as an edit can.
//
// The exit code is 0 when all is well, 1 when there is something to do, which is
// then listed, and 2 when it could not be found out, with the reason. Paths are
// relative to the working directory, meant to be the root of the repository.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `usage: spec check [-release] [FILE]
       spec constants [-operations] [-generated GO-FILE] [-limits GO-FILE] [-o OUTPUT] [FILE]
       spec samples [-dir FOLDER] [-missing] [FILE]
       spec drift [-base FILE] [-exceptions FILE] UPSTREAM
       spec update [-all] [-base FILE] [-exceptions FILE] [-changelog FILE] UPSTREAM
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

	// The libraries give up in this way where a document has nothing at all
	// in the place of an object.
	defer func() {
		if reason := recover(); reason != nil {
			fmt.Fprintf(stderr, "spec %s: a document is malformed, look for empty entries: %v\n", args[0], reason)
			code = 2
		}
	}()

	run, found := commands[args[0]]
	if !found {
		fmt.Fprint(stderr, usage)
		return 2
	}
	findings, good, err := run(flags, args[1:])
	switch {
	case errors.Is(err, errUsage):
		return 2
	case err != nil:
		fmt.Fprintf(stderr, "spec %s: %v\n", args[0], err)
		return 2
	case len(findings) > 0:
		for _, line := range findings {
			fmt.Fprintln(stdout, line)
		}
		return 1
	default:
		fmt.Fprint(stdout, good)
		return 0
	}
}
