package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// scene is a command line and what it does. Patterns are regular expressions; an empty one stands for no output.
type scene struct {
	line           string
	code           int
	stdout, stderr string
	given          any // a fault for requests of the method in its name, or input, or NAME=value of the environment
}

type (
	stdin string
	env   string
	get   apitest.Fault
	post  apitest.Fault
	del   apitest.Fault
)

const (
	zero   = "00000000-0000-0000-0000-000000000000"
	some   = "01234567-89ab-cdef-0123-456789abcdef"
	create = "create --job #JOB --secret #SECRET --key "
	ensure = "ensure --job #JOB "
)

var script = []scene{
	// Help and version.
	{"", 0, `(?s)NAME:\n   qovery-alias - give .*QOVERY_JOB_ID.*outcome unknown.*\n   ensure  `, "", nil},
	{"help", 0, `COMMANDS:`, "", nil},
	{"help create", 0, `(?s)USAGE:\n   qovery-alias create \(--secret.*--key KEY `, "", nil},
	{"create -h", 0, `(?s)--job UUID .*QOVERY_JOB_ID`, "", nil},
	{"ensure A=B --help", 0, `--dry-run `, "", nil},
	{"--version", 0, `^qovery-alias version \S+ go1\S+\n$`, "", nil},
	{"help nope", 2, "", `No help topic for 'nope'\nhint: for help run: qovery-alias help`, nil},
	{"crate", 2, "", `^qovery-alias: unknown command "crate": did you mean create\?\nhint: for help`, nil},
	{"lsit --job #JOB -o json", 2, "", `^\{"error":"unknown command .*did you mean list`, nil},
	{"--job #JOB list", 2, "", `unexpected flag --job: flags go behind the command\n`, nil},
	{"completion bash", 0, `complete .*qovery-alias`, "", nil},
	{"completion zsh", 0, `compdef`, "", nil},
	{"completion fish", 0, `complete -c `, "", nil},
	{"completion pwsh", 0, `Register-ArgumentCompleter`, "", nil},
	{"ensure --from - --t --generate-shell-completion", 0, `^--timeout:`, "", nil},
	{"#TOKEN", 2, "", `^qovery-alias: \[withheld: .*\]\nhint: `, nil},
	{"demo", 0, `(?s)list\nKEY.*\+ DB_PASSWORD → \S+\n1 missing\n.*\n1 created\n.*conflict: .*\(exit code 1\)\n.*\nDB_PASSWORD `, "", nil},
	// Flags and arguments.
	{"create", 2, "", `create: one of these flags needs to be provided: secret, secret-key`, nil},
	{"create --job #JOB --secret #SECRET", 2, "", `"key" not set`, nil},
	{"create --job #JOB --key K", 2, "", `secret, secret-key`, nil},
	{create + "K --secret-key S", 2, "", `option secret cannot be set along with option secret-key`, nil},
	{"create stray", 2, "", `create: unexpected argument "stray"\nhint: for help run: qovery-alias help create`, nil},
	{create + "K #TOKEN", 2, "", `withheld`, nil},
	{"demo x", 2, "", `demo: unexpected argument "x"`, nil},
	{"list", 2, "", `Required flag "job" not set`, nil},
	{"list --job x", 2, "", `--job must be a UUID such as ` + some + ` and not the zero one; it is "x"`, nil},
	{"list --job ''", 2, "", `--job is empty: is a variable not set\?`, nil},
	{"list --job 0123456789abcdef0123456789abcdef", 2, "", "must be a UUID", nil},
	{"list --job " + zero, 2, "", "not the zero one", nil},
	{"create --job #JOB --secret 7 --key K", 2, "", `--secret must be a UUID.* it is "7"`, nil},
	{"create --job #JOB --secret #TOKEN --key K", 2, "", `withheld`, nil},
	{create + "''", 2, "", "--key is empty", nil},
	{create + "' K'", 2, "", `create: invalid request: key: `, nil},
	{create + "'\xff'", 2, "", "key: .*valid UTF-8", nil},
	{create + "K --description " + strings.Repeat("ü", 256), 2, "", "description: .*256", nil},
	{create + "K --interpolate-in-file=perhaps", 2, "", `"perhaps" for flag -interpolate-in-file`, nil},
	{create + "K --interpolate-in-file false", 2, "", `unexpected argument "false"`, nil},
	{create + "K --key L", 2, "", `"L" for flag -key: can't duplicate`, nil},
	{create + "K -o yaml", 2, "", `--output must be table or json; it is "yaml"`, nil},
	{create + "K -o", 2, "", "create: flag needs an argument: -o", nil},
	{create + "K --secert S", 2, "", `unknown flag --secert: did you mean --secret\?`, nil},
	{create + "K --json", 2, "", `unknown flag --json: use -o json`, nil},
	{create + "K --token #TOKEN -o json", 2, "", `^\{"error":"unknown flag --token: .*QOVERY_API_TOKEN"`, nil},
	{create + "K '\x1b[31m\nline'", 2, "", `unexpected argument "\\x1b\[31m\\nline"`, nil},
	{"list --job #JOB --timeout 0s", 1, "", "--timeout of 0s is over", nil},
	{"list --job #JOB -o json --timeout soon", 2, "", `^\{"error":"invalid value .*","kind":"invalid_request","status":0,`, nil},
	{"list --job #JOB --scope SOME", 2, "", `--scope must be one such as JOB, .*"SOME"`, nil},
	{"list --job #JOB --url ''", 2, "", "--url is empty", nil},
	{"list --job #JOB --url http://example.com", 2, "", "must be https; .*\nhint: give an https:// address", nil},
	{"list --job #JOB --url https://me:#TOKEN@example.com", 2, "", "user name", nil},
	{"list --job #JOB", 2, "", "QOVERY_API_URL: .* query", env("QOVERY_API_URL=https://example.com?t=#TOKEN")},
	{"fake --fail 200", 2, "", `--fail must be a status`, nil},
	// The environment.
	{"list", 0, "DB_PASSWORD", "", env("QOVERY_JOB_ID= #JOB\r")},
	{"list", 2, "", `it is "x"`, env("QOVERY_JOB_ID=x")},
	{"list --job #JOB", 0, "DB_PASSWORD", "", env("QOVERY_JOB_ID=x")},
	{"list --job ' #JOB\r'", 0, "DB_PASSWORD", "", nil},
	{"list --job #JOB", 0, "DB_PASSWORD", "", env("QOVERY_API_URL= #URL\r\n")},
	{"list --job #JOB", 2, "", "no token.*\nhint: put an API token", env("QOVERY_API_TOKEN=")},
	{"list --job #JOB", 1, "", `unauthorized.*\nhint: check the token in QOVERY_API_TOKEN`, env("QOVERY_API_TOKEN=another-token")},
	{"list --job #JOB", 2, "", "QOVERY_API_TOKEN: .*the word Bearer", env("QOVERY_API_TOKEN=Bearer #TOKEN")},
	// list.
	{"list --job #JOB", 0, `^KEY +SCOPE +TYPE +ALIAS OF +ID\nDB_PASSWORD +ENVIRONMENT +VALUE +- +#SECRET\n`, "", nil},
	{"list --job #JOB --aliases", 0, `^KEY .*\nOLD  JOB    ALIAS  DB_PASSWORD  #ALIAS\n$`, "", nil},
	{"list --job #JOB --scope project", 0, `^KEY.*\nDB_PASSWORD +PROJECT.*\nSMTP_PASSWORD +PROJECT.*\n$`, "", nil},
	{"list --job #JOB -o json", 0, `^\[\n  \{\n(?s).*"key": "DB_PASSWORD".*\n\]\n$`, "", nil},
	{"list --job #EMPTY", 0, `^KEY  SCOPE  TYPE  ALIAS OF  ID\n$`, "", nil},
	{"list --job #EMPTY -o json", 0, `^\[\]\n$`, "", nil},
	{"list --job " + some, 1, "", "list: not found: .* .status 404, request id #ID.\nhint: check --job", nil},
	{"list --job #JOB", 1, "", "forbidden.*\nhint: check that the token may change job #JOB", get{Status: 403}},
	{"list --job #JOB", 1, "", "unexpected response.*\nhint: .*no proxy responds", get{Status: 200, Body: "<html>"}},
	{"list --job #JOB", 1, "", "run the command again in 1m0s", get{Status: 503}},
	{"list --job #JOB -o json", 1, "", `"kind":"rate_limited","status":429,"request_id":"#ID","retry_after":90,"next":"run .* in 1m30s"`,
		get{Status: 429, Header: http.Header{"Retry-After": {"90"}}}},
	{"list --job #JOB", 1, "", "no response.*\nhint: check that the server at http", get{Hangup: true}},
	{"list --job #JOB -v", 0, "DB_PASSWORD", `^time=.* status=200 .*request_id=#ID`, nil},
	{"list --job #JOB --url https://name.invalid", 1, "", "not sent.*\nhint: check that the server at https://name.invalid", nil},
	// create.
	{create + "K", 0, `^KEY  SCOPE  TYPE   ALIAS OF     ID\nK    JOB    ALIAS  DB_PASSWORD  #ID\n$`, "", nil},
	{create + "K --description -h --interpolate-in-file -o json", 0, `"description": "-h",\n +"enable_interpolation_in_file": true`, "", nil},
	{"create --job #JOB --secret-key DB_PASSWORD --key K -o json", 0, `"id": "#SECRET"`, "", nil},
	{"create --job #JOB --secret-key db_password --key K", 1, "", `not found: no secret "db_password".*\nhint: .*list --job #JOB`, nil},
	{create + "OLD", 1, "", `create: conflict: the key is in use, .* an alias of DB_PASSWORD\nhint: .* delete --job #JOB --key 'OLD'\n$`, nil},
	{create + "OWN", 1, "", `by a secret of scope JOB\nhint: choose another key than OWN; .* list --job #JOB`, nil},
	{create + "SMTP_PASSWORD -o json", 1, "", `of scope PROJECT","kind":"conflict","status":409`, nil},
	{create + "K", 1, "", `no \[31mred evil .*\nhint: check that the secret is not an alias`,
		post{Status: 400, Body: `{"detail":"no \u001b[31mred\u0007\n\u202eevil"}`}},
	{create + "K", 1, "", `withheld`, post{Status: 403, Body: "bad token #TOKEN"}},
	{create + "K", 1, "", "redirect.*\nhint: check that http://.* is the Qovery API", post{Status: 307}},
	{create + "K", 3, "", "create: outcome unknown.*\nhint: run: qovery-alias ensure --job #JOB 'K=SECRET_KEY', .* list --job #JOB", post{Status: 500}},
	{create + "K -o json", 3, "", `"kind":"outcome_unknown","status":201`, post{Status: 201, Body: "<html><title>Sign in"}},
	{create + "K", 0, "^KEY", "", post{Apply: true, Hangup: true, Times: 1}},
	// delete.
	{"delete --job #JOB --key OLD", 0, "^deleted OLD\n$", "", nil},
	{"delete --job #JOB --key OLD -o json", 0, `^\{\n  "key": "OLD",\n  "status": "deleted"\n\}\n$`, "", nil},
	{"delete --job #JOB --key old", 1, "", `delete: not found: .*\nhint: .*--aliases; with --if-exists`, nil},
	{"delete --job #JOB --key SMTP_PASSWORD", 1, "", `no such alias, only a secret of scope PROJECT`, nil},
	{"delete --job #JOB --key OWN --if-exists", 1, "", "not an alias at job level.*\nhint: delete only an alias", nil},
	{"delete --job #JOB --key NONE --if-exists", 0, "^absent NONE\n$", "", nil},
	{"delete --job " + some + " --key OLD --if-exists", 1, "", "not found.* .status 404", nil},
	{"delete --job #JOB --key OLD", 1, "", "forbidden", del{Status: 403}},
	{"delete --job #JOB --key OLD --if-exists", 3, "", "delete: outcome unknown.*\nhint: run the command again, which is safe", del{Hangup: true}},
	{"delete --job #JOB --key OLD", 0, "^deleted OLD\n$", "", del{Apply: true, Status: 502}},
	{"delete --job #JOB", 2, "", `Required flag "key" not set`, nil},
	// ensure.
	{"ensure A=DB_PASSWORD --job #JOB B=SMTP_PASSWORD -- C=DB_PASSWORD", 0,
		`^\+ A → DB_PASSWORD\n\+ B → SMTP_PASSWORD\n\+ C → DB_PASSWORD\n3 created\n$`, "", nil},
	{ensure + "OLD=DB_PASSWORD A=DB_PASSWORD", 0, `^= OLD → DB_PASSWORD\n\+ A → DB_PASSWORD\n1 created, 1 exists\n$`, "", nil},
	{ensure + "--dry-run OLD=SMTP_PASSWORD OWN=DB_PASSWORD NEW=DB_PASSWORD NONE=X", 1,
		`^! OLD → SMTP_PASSWORD: conflict: .* an alias of DB_PASSWORD\n! OWN → .* of scope JOB\n\+ NEW → DB_PASSWORD\n! NONE → X: not found: .*\n1 missing, 2 conflict, 1 failed\n$`,
		`^qovery-alias ensure: 3 of 4 aliases would fail\nhint: to point it to another secret add --replace; to delete it run: qovery-alias delete --job #JOB --key 'OLD'\n$`, nil},
	{ensure + "NEW=DB_PASSWORD OWN=DB_PASSWORD", 1,
		`^- NEW → DB_PASSWORD: not sent\n! OWN → .* a secret of scope JOB\n1 conflict, 1 not sent\n$`, "2 of 2", nil},
	{ensure + "NEW=DB_PASSWORD OWN=DB_PASSWORD --keep-going", 1, `^\+ NEW → .*\n! OWN .*\n1 created, 1 conflict\n$`, `1 of 2 .*\nhint: choose another key than OWN`, nil},
	{ensure + "OLD=SMTP_PASSWORD --replace --dry-run", 0, `^~ OLD → SMTP_PASSWORD\n1 differs\n$`, "", nil},
	{ensure + "OLD=SMTP_PASSWORD A=DB_PASSWORD --replace", 0, `^~ OLD → SMTP_PASSWORD\n\+ A .*\n1 created, 1 replaced\n$`, "", nil},
	{ensure + "OWN=SMTP_PASSWORD --replace", 1, `^! OWN `, "1 of 1", nil},
	{ensure + "OLD=SMTP_PASSWORD OWN=DB_PASSWORD --replace", 1, `^- OLD → SMTP_PASSWORD: not sent\n! OWN .*\n1 conflict, 1 not sent\n$`, "2 of 2", nil},
	{ensure + "OLD=SMTP_PASSWORD A=DB_PASSWORD --replace", 1, `^! OLD .*: forbidden.*\n\+ A .*\n1 created, 1 failed\n$`, "1 of 2.*\nhint: check that the token", del{Status: 403}},
	{ensure + "OLD=SMTP_PASSWORD --replace", 3, `^\? OLD → SMTP_PASSWORD: outcome unknown.*\n1 unknown\n$`, "run the command again, which is safe", del{Hangup: true}},
	{ensure + "-o json OWN=DB_PASSWORD NEW=DB_PASSWORD --keep-going", 1,
		`"key": "OWN",\n +"secret_key": "DB_PASSWORD",\n +"status": "conflict",\n +"error": \{\n +"error": "conflict: .*",\n +"kind": "conflict",\n(?s).*"status": "created",\n +"secret": \{`,
		`^\{"error":"1 of 2 .*","kind":"conflict"`, nil},
	{ensure + "-o json --dry-run NEW=DB_PASSWORD", 0, `"status": "missing"\n  \}`, "", nil},
	{ensure + "A=DB_PASSWORD B=DB_PASSWORD", 3, `^\? A → .*\n\? B .*\n2 unknown\n$`, "2 of 2 aliases not confirmed\nhint: run the command again, which is safe", post{Hangup: true}},
	{ensure + "A=DB_PASSWORD B=DB_PASSWORD", 1, "", "^qovery-alias ensure: forbidden: .*\nhint: check that the token", get{Status: 403}},
	{ensure + "X=#TOKEN", 1, `^! \[withheld`, `1 of 1`, nil},
	{ensure + "#TOKEN=DB_PASSWORD -o json", 0, `"key": "\[withheld: [^"]*"`, "", nil},
	{ensure, 2, "", "at least one ALIAS=SECRET_KEY is required", nil},
	{"ensure A=B", 2, "", `"job" not set`, nil},
	{ensure + "A =B C= '' D=E D=F", 2, "", `argument "A": must have an alias .*: ALIAS=SECRET_KEY\n.*"=B": must .*\n.*"C=": .*\n.*argument "": must.*\n.*"D=F": the alias "D" is asked for twice, first by argument "D=E"\nhint`, nil},
	{ensure + "A=B=C", 2, "", `"A=B=C": leave out .* further =`, nil},
	{ensure + "A=B -- --job", 2, "", `argument "--job": must have`, nil},
	{ensure + "--from -", 0, "(?s)A → .*B → ", "", stdin("\ufeffA=DB_PASSWORD\r\n# comment\n\n  \ufeffB=SMTP_PASSWORD\r")},
	{ensure + "--from - C=DB_PASSWORD", 0, `(?s)C → .*A → `, "", stdin("A=DB_PASSWORD")},
	{ensure + "--from #DIR/aliases.txt", 0, `A → DB_PASSWORD`, "", nil},
	{ensure + "--from #DIR/none.txt", 2, "", "open .*none.txt: ", nil},
	{ensure + "--from #DIR", 2, "", "#DIR: is a directory", nil},
	{ensure + "--from -", 2, "", `input:2: leave out the "export" in front`, stdin("A=DB_PASSWORD\nexport B=DB_PASSWORD")},
	{ensure + "--from -", 2, "", `input:1: leave out the "set" in front`, stdin("set B=DB_PASSWORD")},
	{ensure + "--from -", 2, "", `input:1: leave out the "-" in front`, stdin("- B=DB_PASSWORD")},
	{ensure + "--from -", 2, "", "input:1: leave out the quotes\n.*input:2: leave out the quotes", stdin("A=\"DB_PASSWORD\"\n'B'=DB_PASSWORD")},
	{ensure + "--from -", 2, "", "input:1: put the comment on a line of its own", stdin("A=DB_PASSWORD # main")},
	{ensure + "--from -", 2, "", "input:1: must have an alias and .*: ALIAS=SECRET_KEY", stdin("A: DB_PASSWORD")},
	{ensure + "--from -", 2, "", `input:3: the alias "A" is asked for twice, first by standard input:1`, stdin("A=DB_PASSWORD\n#\nA=SMTP_PASSWORD")},
	{ensure + "--from -", 2, "", "input:1: leave out the white space", stdin("A = DB_PASSWORD")},
	{ensure + "--from -", 2, "", `input:1: leave out .* invisible character`, stdin("A\u200b1=DB_PASSWORD")},
	{ensure + "--from -", 2, "", "key: is not valid UTF-8", stdin("\xff=DB_PASSWORD")},
	{ensure + "--from -", 2, "", "^.*input: is UTF-16; save it as UTF-8\nhint", stdin("\xff\xfeA\x00=\x00B\x00\n\x00C\x00")},
	{ensure + "--from - -o json", 2, "", `^\{"error":"standard input:1: must have .*\\nstandard input:2: must`, stdin("x\ny")},
	{ensure + "--from -", 0, "A → DB_PASSWORD\n.*B → ", "", stdin("\ufeff\n{\"A\": \"DB_PASSWORD\", \"B\": \"SMTP_PASSWORD\"}")},
	{ensure + "--from - -o json", 0, `"description": "main"`, "", stdin(`[{"alias": "A", "secret": "DB_PASSWORD", "description": "main"}]`)},
	{ensure + "--from -", 2, "", `input:2: the alias "A" is asked for twice`, stdin("[{\"alias\":\"A\",\"secret\":\"B\"},\n{\"alias\":\"A\",\"secret\":\"C\"}]")},
	{ensure + "--from -", 2, "", `input:3: the alias "A" is asked for twice, first by standard input:2`, stdin("{\n\"A\": \"B\",\n\"A\": \"C\"}")},
	{ensure + "--from -", 2, "", `input:1: must have an alias`, stdin(`[{"alias": "A"}]`)},
	{ensure + "--from -", 2, "", `input: must be a JSON object`, stdin(`{"A": 1}`)},
	{ensure + "--from -", 2, "", `input: must be a JSON object`, stdin(`[{"alias": "A", `)},
}

func TestScript(t *testing.T) {
	for _, row := range script {
		t.Run(row.line, func(t *testing.T) { newFixture(t).check(row) })
	}
	t.Logf("%d command lines", len(script))
}

func (f *fixture) check(row scene) {
	os.WriteFile(filepath.Join(f.names["#DIR"], "aliases.txt"), []byte("A=DB_PASSWORD\n"), 0o600)
	input := strings.NewReader("")
	switch given := row.given.(type) {
	case stdin:
		input = strings.NewReader(string(given))
	case env:
		name, value, _ := strings.Cut(string(given), "=")
		f.Setenv(name, f.fill(value))
	case get:
		f.inject(http.MethodGet, apitest.Fault(given))
	case post:
		f.inject(http.MethodPost, apitest.Fault(given))
	case del:
		f.inject(http.MethodDelete, apitest.Fault(given))
	}
	r := f.runCall(context.Background(), row.line, func(c *call) { c.stdin = input })
	if r.code != row.code {
		f.Errorf("exit code %d, want %d", r.code, row.code)
	}
	f.matches(r.stdout, row.stdout)
	f.matches(r.stderr, row.stderr)
	n := len(f.srv.Requests())
	if r.code == 2 && n > 0 || strings.Contains(row.line, "--dry-run") && n != 1 {
		f.Errorf("%d requests were sent", n)
	}
}

// inject fails every request of a method, unless the fault says how many.
func (f *fixture) inject(method string, fault apitest.Fault) {
	fault.Method, fault.Body = method, f.fill(fault.Body)
	fault.Times = max(fault.Times, 100*(1-fault.Times))
	f.srv.Inject(fault)
}
