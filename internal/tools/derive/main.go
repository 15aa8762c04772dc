// Command derive makes openapi.yaml from Qovery's document. It runs in its own folder.
//
//	derive FILE	prints what upstream.yaml has of Qovery's document: the operations that
//			overlay.yaml lists and what they refer to, without a sentence of it
//	derive		applies overlay.yaml to upstream.yaml and writes openapi.yaml
//
// The exit code is 0 when all is well, 1 when something takes a person, and 2 when
// something cannot be read or written. Unless it is 0, nothing is written.
package main

import (
	"fmt"
	"os"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "derive:", err)
	}
	os.Exit(code)
}

func run(args []string) (code int, err error) {
	r, err := loadRules("overlay.yaml")
	if err != nil {
		return 2, err
	}
	text, err := os.ReadFile(append(args, "upstream.yaml")[0])
	if err != nil {
		return 2, err
	}
	if len(args) > 0 {
		trimmed, err := trim(text, r.Operations)
		if err != nil {
			return 2, err
		}
		os.Stdout.Write(trimmed)
		return 0, nil
	}
	derived, err := derive(text, r)
	if err != nil {
		return 1, err
	}
	if err := os.WriteFile("../../../openapi.yaml", derived, 0o666); err != nil {
		return 2, err
	}
	return 0, nil
}
