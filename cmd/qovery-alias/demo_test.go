package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestDemo(t *testing.T) {
	for _, name := range append(tokenVariables, urlVariable) {
		t.Setenv(name, "") // none of them is needed
	}
	f := &fixture{T: t, token: "qov_fake_"}
	out := f.succeeds(f.run("demo"))
	const id = `[0-9a-f]{8}-[0-9a-f-]{27}`
	for _, want := range []string{
		`(?m)^  POST /job/` + id + `/secret/` + id + `/alias$`,
		`(?m)^  Authorization: Token \(not shown\)$`,
		`(?m)^  Content-Type: application/json$`,
		`(?m)^  {"description":".*","key":"DB_PASSWORD"}$`,
		`(?m)^Answer: 201 Created$`,
		`(?m)^  ID          ` + id + `$`,
		`(?m)^  ALIAS OF    QOVERY_POSTGRESQL_Z1234_PASSWORD \(` + id + `\)$`,
		`exit code 1`,
		`(?m)^  qovery-alias: createJobSecretAlias: conflict: .*DB_PASSWORD.* run: qovery-alias ensure .*$`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no %s in:\n%s", want, out)
		}
	}
	for line := range strings.Lines(out) {
		if strings.TrimRight(line, " \n")+"\n" != line {
			t.Errorf("white space at the end of %q", line)
		}
	}
}
