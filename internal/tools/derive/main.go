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
	r, err := loadRules("overlay.yaml")
	if err != nil {
		fail(2, err)
	}
	if len(os.Args) > 1 {
		text, err := os.ReadFile(os.Args[1])
		if err == nil {
			text, err = trim(text, r.Operations)
		}
		if err != nil {
			fail(2, err)
		}
		os.Stdout.Write(text)
		return
	}
	text, err := os.ReadFile("upstream.yaml")
	if err != nil {
		fail(2, err)
	}
	derived, err := derive(text, r)
	if err != nil {
		fail(1, err)
	}
	if err := os.WriteFile("../../../openapi.yaml", derived, 0o666); err != nil {
		fail(2, err)
	}
}

func fail(code int, err error) {
	fmt.Fprintln(os.Stderr, "derive:", err)
	os.Exit(code)
}
