package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// row is a command line and what it does. Patterns are regular expressions; an empty
// one stands for no output. #JOB, #EMPTY, #SECRET, #ALIAS and #OWN are ids, #ID is any id,
// #TOKEN is the token and #DIR a directory; in lines and environments without the #.
type row struct {
	line           string
	env            string // NAME=value, …
	stdin          string
	faults         []apitest.Fault
	code           int
	stdout, stderr string
}

func post(f apitest.Fault) []apitest.Fault { return of(http.MethodPost, f) }

// of repeats a fault often enough for all retries.
func of(method string, f apitest.Fault) (faults []apitest.Fault) {
	f.Method = method
	for range 20 {
		faults = append(faults, f)
	}
	return faults
}

const (
	zero    = "00000000-0000-0000-0000-000000000000"
	some    = "01234567-89ab-cdef-0123-456789abcdef"
	isUUID  = "must be a UUID such as " + some
	forHelp = "\nhint: for help run: qovery-alias help "
	create  = "create --job JOB --secret SECRET --key "
)

// The job has DB_PASSWORD (SECRET) of its environment, SMTP_PASSWORD of the project
// and another DB_PASSWORD there, OWN and DB_PASSWORD of its own, and OLD (ALIAS), an
// alias of SECRET.
var script = []row{
	// Help and version.
	{line: "", stdout: "(?s)^qovery-alias gives the secrets .*create .*Exit codes:"},
	{line: "help", stdout: "Usage: qovery-alias COMMAND"},
	{line: "-h", stdout: "Usage: qovery-alias COMMAND"},
	{line: "--help", stdout: "Usage: qovery-alias COMMAND"},
	{line: "--help create", stdout: "Usage: qovery-alias create "},
	{line: "help create", stdout: "\n  --secret-key KEY +KEY of that secret"},
	{line: "create stray --job x -o y -h", stdout: "Usage: qovery-alias create "},
	{line: "ensure -h", stdout: "\n  -o, --output FORMAT "},
	{line: "fake --help", stdout: "Usage: qovery-alias fake "},
	{line: "version", stdout: `^qovery-alias \S+ go1\S+\n$`},
	{line: "--version", stdout: `^qovery-alias \S+ go1\S+\n$`},
	{line: "version -o json", stdout: `^\{\n  "go": "go1\S+",\n  "version": "\S+"\n\}\n$`},
	{line: "version -ojson", stdout: `"version": "`},
	{line: "version x", code: 2, stderr: `version: unexpected argument "x"` + forHelp + "version"},
	{line: "crate", code: 2, stderr: `^qovery-alias: unknown command "crate": did you mean create\?\nhint: the commands are list, create, `},
	{line: "lsit -o json", code: 2, stderr: "did you mean list"},
	{line: "frobnicate", code: 2, stderr: `unknown command "frobnicate"\nhint: the commands are list, create, ensure, delete, demo, fake, version, help;`},
	{line: "--job JOB list", code: 2, stderr: `unknown command "--job": flags go behind the command\nhint: the commands are list`},
	{line: "help nope", code: 2, stderr: `unknown command "nope"\nhint: the commands are list`},
	{line: "help create list", code: 2, stderr: `unexpected argument "list"`},
	{line: "TOKEN", code: 2, stderr: `unknown command "\[masked\]"`},

	// Flags.
	{line: "create", code: 2, stderr: "create: --job is required" + forHelp + "create"},
	{line: "create --job JOB --secret SECRET", code: 2, stderr: "--key is required"},
	{line: "create --job JOB --key K", code: 2, stderr: "create K: --secret or --secret-key is required"},
	{line: create + "K --secret-key S", code: 2, stderr: "--secret and --secret-key exclude each other"},
	{line: "create --job x --secret SECRET --key K", code: 2, stderr: "--job " + isUUID},
	{line: "create --job --key K", code: 2, stderr: "--job " + isUUID},
	{line: "create --job '' --secret SECRET --key K", code: 2, stderr: `--job must not be empty: is a variable not set\?`},
	{line: "create --job JOB --secret TOKEN --key K", code: 2, stderr: "--secret " + isUUID},
	{line: "list --job urn:uuid:" + some, code: 2, stderr: isUUID},
	{line: "list --job {" + some + "}", code: 2, stderr: isUUID},
	{line: "list --job 0123456789abcdef0123456789abcdef", code: 2, stderr: isUUID},
	{line: "list --job '" + some + " '", code: 2, stderr: isUUID},
	{line: "list --job " + zero, code: 2, stderr: "not the zero one"},
	{line: create + "''", code: 2, stderr: "--key must not be empty"},
	{line: "create --job JOB --secret-key= --key K", code: 2, stderr: "--secret-key must not be empty"},
	{line: create + "' K'", code: 2, stderr: `create " K": invalid request: key: starts or ends with white space`},
	{line: create + "'\xff'", code: 2, stderr: "key: is not valid UTF-8"},
	{line: create + "K --description " + strings.Repeat("ü", api.MaxDescriptionLength+1), code: 2, stderr: fmt.Sprintf("description: has %d characters, at most %d", api.MaxDescriptionLength+1, api.MaxDescriptionLength)},
	{line: create + "K --interpolate-in-file=perhaps", code: 2, stderr: "--interpolate-in-file must be true or false"},
	{line: create + "K --interpolate-in-file false", code: 2, stderr: `unexpected argument "false"`},
	{line: create + "K --key L", code: 2, stderr: "--key is given more than once"},
	{line: create + "K -o json --output table", code: 2, stderr: "--output is given more than once"},
	{line: create + "K -o yaml", code: 2, stderr: "--output must be table or json"},
	{line: create + "K -o", code: 2, stderr: "create K: -o needs a value"},
	{line: create + "K --key", code: 2, stderr: "--key needs a value"},
	{line: create + "K --secert S", code: 2, stderr: `unknown flag --secert: did you mean --secret\?`},
	{line: create + "K --jbo JOB", code: 2, stderr: `unknown flag --jbo: did you mean --job\?`},
	{line: "list -job JOB", code: 2, stderr: `unknown flag -job: did you mean --job\?`},
	{line: create + "K --token TOKEN -o json", code: 2, stderr: `^\{"error":"unknown flag --token"`},
	{line: create + "K --token=TOKEN", code: 2, stderr: "unknown flag --token\nhint"},
	{line: create + "K TOKEN", code: 2, stderr: `unexpected argument "\[masked\]"`},
	{line: create + "K ---key", code: 2, stderr: `unknown flag ---key: did you mean --key\?`},
	{line: create + "K '\x1b[31m\nline'", code: 2, stderr: `unexpected argument "\\x1b\[31m\\nline"`},
	{line: create + "K --timeout 0s", code: 2, stderr: "--timeout must be a duration above zero"},
	{line: create + "K --timeout soon", code: 2, stderr: "--timeout must be a duration above zero"},
	{line: create + "K -o json --timeout soon", code: 2, stderr: `^\{"error":"--timeout must be .*","kind":"ErrInvalidRequest","status":0,"request_id":"","retry_after":0,"next":"for help run: .*"\}\n$`},
	{line: create + "K -o=json --nope", code: 2, stderr: `^\{"error":"unknown flag --nope"`},
	{line: create + "K --url ''", code: 2, stderr: "--url must not be empty"},
	{line: create + "K --url http://example.com", code: 2, stderr: "--url: invalid request: the base URL must be https; .*\nhint: give an https:// address in --url"},
	{line: create + "K --url https://me:TOKEN@example.com", code: 2, stderr: "must not contain a user name"},
	{line: create + "K --url api.qovery.com", code: 2, stderr: "must be absolute"},
	{line: "list --job JOB", env: "QOVERY_API_URL=https://example.com?t=TOKEN", code: 2, stderr: "QOVERY_API_URL: invalid request: .* query"},
	{line: "list --job JOB x", code: 2, stderr: `unexpected argument "x"`},
	{line: "list --job JOB --key K", code: 2, stderr: "unknown flag --key"},
	{line: "demo x", code: 2, stderr: `demo: unexpected argument "x"`},
	{line: "fake --addr 127.0.0.1", code: 2, stderr: "--addr must have the form HOST:PORT"},
	{line: "fake --addr 127.0.0.1:99999", code: 1, stderr: "hint: choose another --addr"},

	// Tokens.
	{line: "list --job JOB", env: "QOVERY_API_TOKEN=", code: 2, stderr: "no token.*\nhint: put an API token"},
	{line: "list --job JOB", env: "QOVERY_API_TOKEN=,Q_CLI_ACCESS_TOKEN=TOKEN", stdout: "DB_PASSWORD"},
	{line: "list --job JOB", env: "QOVERY_API_TOKEN=,QOVERY_CLI_ACCESS_TOKEN=another-token,Q_CLI_ACCESS_TOKEN=TOKEN", code: 1, stderr: "unauthorized.*\nhint: check the token in QOVERY_CLI_ACCESS_TOKEN"},
	{line: "list --job JOB", env: "QOVERY_API_TOKEN=Bearer TOKEN", code: 2, stderr: "QOVERY_API_TOKEN: invalid request: the token starts with the word Bearer"},
	{line: "list --job JOB", env: "QOVERY_API_TOKEN=$QOVERY_API_TOKEN", code: 2, stderr: "name of the variable QOVERY_API_TOKEN"},

	// list.
	{line: "list --job JOB", stdout: `^KEY +SCOPE +TYPE +ALIAS OF +ID\nDB_PASSWORD +JOB +VALUE +- +#ID\nDB_PASSWORD +ENVIRONMENT +VALUE +- +#SECRET\nDB_PASSWORD +PROJECT .*\nOLD +JOB +ALIAS +DB_PASSWORD +#ALIAS\nOWN .*\nSMTP_PASSWORD .*\n$`},
	{line: "list --job JOB -o json", stdout: `^\[\n  \{\n(?s).*"key": "DB_PASSWORD".*\n\]\n$`},
	{line: "list --job EMPTY", stdout: `^KEY  SCOPE  TYPE  ALIAS OF  ID\n$`},
	{line: "list --job EMPTY -o json", stdout: `^\[\]\n$`},
	{line: "list --job " + some, code: 1, stderr: "list: not found: .* .status 404, request id #ID.\nhint: check --job, and that http://"},
	{line: "list --job JOB", faults: of("GET", apitest.Fault{Status: 403}), code: 1, stderr: "forbidden.*\nhint: check that the token in QOVERY_API_TOKEN may change job #JOB"},
	{line: "list --job JOB", faults: of("GET", apitest.Fault{Status: 405}), code: 1, stderr: "is the Qovery API"},
	{line: "list --job JOB", faults: of("GET", apitest.Fault{Status: 200, Body: "<html>"}), code: 1, stderr: "unexpected response.*\n.*no proxy responds"},
	{line: "list --job JOB", faults: of("GET", apitest.Fault{Status: 503}), code: 1, stderr: "in a few minutes"},
	{line: "list --job JOB -o json", faults: of("GET", apitest.Fault{Status: 429, Header: http.Header{"Retry-After": {"90"}}}), code: 1,
		stderr: `"kind":"ErrRateLimited","status":429,"request_id":"#ID","retry_after":90,"next":"run the command again in 1m30s"`},
	{line: "list --job JOB", faults: of("GET", apitest.Fault{Hangup: true}), code: 1, stderr: "no response.*\nhint: check that the server at http"},
	{line: "list --job JOB -v", stdout: "DB_PASSWORD", stderr: `^time=.* operation=listJobSecrets status=200 attempt=1 duration=.* request_id=#ID\n$`},
	{line: "list --job JOB -v -o json", stdout: "DB_PASSWORD", stderr: `^\{"time":.*"operation":"listJobSecrets".*\}\n$`},
	{line: "list --job JOB --url https://name.invalid", code: 1, stderr: "not sent.*\nhint: check the host name in https://name.invalid"},

	// create.
	{line: create + "K", stdout: `^KEY  SCOPE  TYPE   ALIAS OF     ID\nK    JOB    ALIAS  DB_PASSWORD  #ID\n$`},
	{line: create + "K -o json", stdout: `"aliased_secret": \{(?s).*"id": "#SECRET".*\n\}\n$`},
	{line: create + "K --description -h --interpolate-in-file -o json", stdout: `"description": "-h",\n  "enable_interpolation_in_file": true`},
	{line: create + "K --timeout 1m", stdout: "^KEY"},
	{line: "create --job JOB --secret-key DB_PASSWORD --key K -o json", stdout: `"id": "#SECRET"`},
	{line: "create --job JOB --secret-key db_password --key K", code: 1, stderr: `create K: not found: no secret "db_password"; there is "DB_PASSWORD".*\nhint: correct the key db_password .* list --job #JOB`},
	{line: "create --job JOB --secret-key OLD --key K", code: 1, stderr: `no secret "OLD" that an alias can point to`},
	{line: "create --job " + some + " --secret-key S --key K", code: 1, stderr: "status 404.*\nhint: check --job"},
	{line: create + "OLD", code: 1, stderr: `create OLD: conflict: the key is in use, by an alias of DB_PASSWORD\nhint: choose another --key or, .* qovery-alias ensure --job #JOB OLD=DB_PASSWORD\n$`},
	{line: create + "OWN", code: 1, stderr: `conflict: the key is in use, by a secret of scope JOB\nhint: choose another key than OWN; .* list --job #JOB`},
	{line: "create --job JOB --secret-key DB_PASSWORD --key OWN", code: 1, stderr: "hint: choose another key than OWN;"},
	{line: create + "OWN -o json", code: 1, stderr: `"kind":"ErrConflict","status":409`},
	{line: create + "K", faults: post(apitest.Fault{Status: 400, Body: `{"detail":"no \u001b[31mred\u0007\n\u202eevil"}`}), code: 1, stderr: `invalid request: no \[31mred evil .status 400.*\nhint: check that the secret is not an alias`},
	{line: create + "K", faults: post(apitest.Fault{Status: 403, Body: "bad token TOKEN"}), code: 1, stderr: `bad token \[masked\]`},
	{line: create + "K", faults: post(apitest.Fault{Status: 404}), code: 1, stderr: "hint: check --job and the secret"},
	{line: create + "K", faults: post(apitest.Fault{Status: 307, Header: http.Header{"Location": {"https://example.com"}}}), code: 1, stderr: "redirect not followed.*\nhint: check that http://.* is the Qovery API"},
	{line: create + "K", faults: post(apitest.Fault{Status: 500}), code: 3, stderr: "create K: outcome unknown.*\nhint: run: qovery-alias list --job #JOB, and create the alias again only if K is missing"},
	{line: "create --job JOB --secret-key DB_PASSWORD --key 'K K'", faults: post(apitest.Fault{Hangup: true}), code: 3, stderr: "hint: run: qovery-alias ensure --job #JOB 'K K=DB_PASSWORD', which is safe to repeat"},
	{line: create + "K -o json", faults: post(apitest.Fault{Status: 201, Body: "<html><title>Sign in"}), code: 3, stderr: `"error":"outcome unknown: .*Sign in.*","kind":"ErrOutcomeUnknown","status":201`},
	{line: create + "K", faults: []apitest.Fault{{Method: "POST", Apply: true, Hangup: true}}, stdout: "^KEY"},

	// ensure.
	{line: "ensure A=DB_PASSWORD --job JOB B=SMTP_PASSWORD -- C=DB_PASSWORD", stdout: `^KEY  STATUS   ID                                    ALIAS OF\nA    created  #ID  DB_PASSWORD\nB    created  #ID  SMTP_PASSWORD\nC    created  #ID  DB_PASSWORD\n$`},
	{line: "ensure --job JOB OLD=DB_PASSWORD", stdout: "\nOLD  exists  #ALIAS  DB_PASSWORD\n"},
	{line: "ensure --job JOB OWN=DB_PASSWORD OLD=DB_PASSWORD NONE=db_password NEW=DB_PASSWORD", code: 1,
		stdout: `REASON\nOWN   conflict  - +DB_PASSWORD  conflict: the key is in use, by a secret of scope JOB\nOLD   exists    #ALIAS  DB_PASSWORD\nNONE  failed    - +db_password  not found: .*there is "DB_PASSWORD".*\nNEW   created `,
		stderr: `^qovery-alias: ensure: 2 of 4 aliases not confirmed: OWN: conflict: .*\nhint: choose another key than OWN;`},
	{line: "ensure --job JOB NONE=db_password", code: 1, stdout: "failed", stderr: "1 of 1 aliases not confirmed: NONE: not found: .*\nhint: correct the key db_password"},
	{line: "ensure --job JOB -o json OWN=DB_PASSWORD NEW=DB_PASSWORD", code: 1,
		stdout: `"key": "OWN",\n    "status": "conflict",\n    "error": \{\n      "error": "conflict: .*",\n      "kind": "ErrConflict",\n      "status": 0,\n(?s).*"status": "created",\n    "secret": \{`, stderr: `^\{"error":"1 of 2 .*","kind":"ErrConflict"`},
	{line: "ensure --job JOB OWN=DB_PASSWORD NEW=DB_PASSWORD", faults: post(apitest.Fault{Hangup: true}), code: 3, stdout: "NEW  unknown ", stderr: "2 of 2 aliases not confirmed: NEW: outcome unknown: .*\nhint: run the command again, which is safe"},
	{line: "ensure --job JOB A=DB_PASSWORD B=DB_PASSWORD", faults: of("GET", apitest.Fault{Status: 403}), code: 1, stderr: "ensure: forbidden"},
	{line: "ensure --job JOB -o json A=DB_PASSWORD", faults: of("GET", apitest.Fault{Status: 403}), code: 1, stdout: `"kind": "ErrForbidden"`, stderr: `"kind":"ErrForbidden"`},
	{line: "ensure --job JOB A=DB_PASSWORD B=DB_PASSWORD", faults: post(apitest.Fault{Status: 401}), code: 1, stdout: "failed", stderr: "hint: check the token"},
	{line: "ensure --job JOB X=TOKEN", code: 1, stdout: `\[masked\]`, stderr: `hint: correct the key \[masked\]`},
	{line: "ensure --job JOB TOKEN=DB_PASSWORD -o json", stdout: `"key": "\[masked\]"`},
	{line: "ensure --job JOB --dry-run OLD=DB_PASSWORD NEW=DB_PASSWORD", stdout: `OLD  exists   #ALIAS  DB_PASSWORD\nNEW  missing  - +DB_PASSWORD\n$`},
	{line: "ensure --job JOB --dry-run OWN=DB_PASSWORD NEW=NONE", code: 1, stdout: `OWN  conflict (?s).*NEW  failed `, stderr: "2 of 2"},
	{line: "ensure --job JOB --dry-run -o json NEW=DB_PASSWORD", stdout: `\{\n    "key": "NEW",\n    "status": "missing"\n  \}`},
	{line: "ensure --job JOB", code: 2, stderr: "at least one ALIAS=SECRET_KEY is required"},
	{line: "ensure A=B", code: 2, stderr: "--job is required"},
	{line: "ensure --job JOB A =B C= '' D=E D=F", code: 2, stderr: `ensure: argument "A": must have the form ALIAS=SECRET_KEY\n.*argument "=B": must have.*\n.*"C=": must have.*\n.*argument "": must.*\n.*argument "D=F": the key "D" is asked for twice, first by argument "D=E"\nhint: for help`},
	{line: "ensure --job JOB A=B -- --job", code: 2, stderr: `argument "--job": must have`},
	{line: "ensure --job JOB 'K\x1b=S'", code: 2, stderr: `argument "K\\x1b=S": contains a control character`},
	{line: "ensure --job JOB --from -", stdin: "\ufeffA=DB_PASSWORD\r\n# comment\n\n  B=SMTP_PASSWORD", stdout: `\nA    created (?s).*\nB    created `},
	{line: "ensure --job JOB --from - C=DB_PASSWORD", stdin: "A=DB_PASSWORD\n", stdout: `\nC    created (?s).*\nA    created `},
	{line: "ensure --job JOB --from DIR/aliases.txt", stdout: "\nA    created "},
	{line: "ensure --job JOB --from DIR/wrong.txt A=B", code: 2, stderr: `wrong.txt:1: the key "A" is asked for twice, first by argument "A=B"\n.*wrong.txt:3: must have the form ALIAS=SECRET_KEY\n.*wrong.txt:4: has white space around a key\n.*wrong.txt:5: is not valid UTF-8\nhint`},
	{line: "ensure --job JOB --from - -o json", stdin: "x\ny", code: 2, stderr: `^\{"error":"standard input:1: must have .*\\nstandard input:2: must`},
	{line: "ensure --job JOB --from -", stdin: "# nothing\n", code: 2, stderr: "at least one ALIAS=SECRET_KEY"},
	{line: "ensure --job JOB --from DIR/none.txt", code: 2, stderr: "--from: open .*none.txt: "},
	{line: "ensure --job JOB --from DIR", code: 2, stderr: "--from: "},
	{line: "ensure --job JOB --from -", stdin: strings.Repeat("#", maxInput+1), code: 2, stderr: "standard input: more than 1 MiB"},

	// delete.
	{line: "delete --job JOB --key OLD", stdout: "^deleted OLD\n$"},
	{line: "delete --job JOB --id ALIAS", stdout: "^deleted #ALIAS\n$"},
	{line: "delete --job JOB --key OLD -o json", stdout: `^\{\n  "key": "OLD",\n  "id": "#ALIAS",\n  "status": "deleted"\n\}\n$`},
	{line: "delete --job JOB --key old", code: 1, stderr: `delete old: not found: no secret "old"; there is "OLD".*\nhint: to see the aliases of the job run: .* with --if-exists`},
	{line: "delete --job JOB --key SMTP_PASSWORD", code: 1, stderr: "no alias \"SMTP_PASSWORD\" at job level, only a secret of scope PROJECT"},
	{line: "delete --job JOB --key OWN", code: 1, stderr: "invalid request: .*not an alias at job level.*\nhint: delete only an alias"},
	{line: "delete --job JOB --id SECRET --if-exists", code: 1, stderr: "not an alias at job level"},
	{line: "delete --job JOB --id " + some, code: 1, stderr: "delete " + some + ": not found"},
	{line: "delete --job JOB --id " + some + " --if-exists", stdout: "^absent " + some + "\n$"},
	{line: "delete --job JOB --key NONE --if-exists -o json", stdout: `^\{\n  "key": "NONE",\n  "status": "absent"\n\}\n$`},
	{line: "delete --job " + some + " --key OLD --if-exists", code: 1, stderr: "not found.* .status 404"},
	{line: "delete --job JOB --key OLD", faults: of("DELETE", apitest.Fault{Status: 403}), code: 1, stderr: "forbidden"},
	{line: "delete --job JOB --key OLD", faults: of("DELETE", apitest.Fault{Status: 409}), code: 1, stderr: "hint: to see what is there now"},
	{line: "delete --job JOB --key OLD --if-exists", faults: of("DELETE", apitest.Fault{Hangup: true}), code: 3, stderr: "delete OLD: outcome unknown.*\nhint: run the command again, which is safe"},
	{line: "delete --job JOB --key OLD", faults: []apitest.Fault{{Method: "DELETE", Apply: true, Status: 502}}, stdout: "^deleted OLD\n$"},
	{line: "delete --job JOB", code: 2, stderr: "--key or --id is required"},
	{line: "delete --job JOB --key K --id ALIAS", code: 2, stderr: "--key and --id exclude each other"},
	{line: "delete --job JOB --key ''", code: 2, stderr: "--key must not be empty"},
	{line: "delete --job JOB --id 7", code: 2, stderr: "--id " + isUUID},
}

func TestScript(t *testing.T) {
	for _, row := range script {
		t.Run(row.line, func(t *testing.T) { newFixture(t).check(row) })
	}
	t.Logf("%d command lines", len(script))
}

func (f *fixture) check(row row) {
	f.Helper()
	os.WriteFile(filepath.Join(f.dir, "aliases.txt"), []byte("A=DB_PASSWORD\n"), 0o600)
	os.WriteFile(filepath.Join(f.dir, "wrong.txt"), []byte("A=B\n#\nsecret\nC = D\n\xff=A\n"), 0o600)
	if row.env != "" {
		for _, variable := range strings.Split(row.env, ",") {
			name, value, _ := strings.Cut(variable, "=")
			f.Setenv(name, f.fill(plain(value)))
		}
	}
	for _, fault := range row.faults {
		fault.Body = f.fill(plain(fault.Body))
		f.srv.Inject(fault)
	}
	before := len(f.srv.Requests())
	r := f.run(strings.NewReader(row.stdin), split(f.fill(plain(row.line)))...)
	if r.code != row.code {
		f.Errorf("exit code %d, want %d", r.code, row.code)
	}
	f.matches("stdout", r.stdout, row.stdout)
	f.matches("stderr", r.stderr, row.stderr)
	f.wellFormed(r)
	if r.code == exitWrong && len(f.srv.Requests()) > before {
		f.Error("requests were sent")
	}
	if strings.Contains(row.line, "--dry-run") && len(f.srv.Requests()) != before+1 {
		f.Error("a dry run sends more than a list")
	}
}

func (f *fixture) matches(name, got, want string) {
	f.Helper()
	if want == "" && got != "" || !regexp.MustCompile(f.fill(want)).MatchString(got) {
		f.Errorf("%s:\n%swant %s", name, got, want)
	}
}

// wellFormed checks that a failure is told in two lines, or in one JSON object.
func (f *fixture) wellFormed(r result) {
	f.Helper()
	if r.code == 0 {
		return
	}
	lines := strings.Split(strings.TrimSuffix(r.stderr, "\n"), "\n")
	last := lines[len(lines)-1]
	if strings.HasPrefix(last, "{") {
		var got map[string]any
		if err := json.Unmarshal([]byte(last), &got); err != nil || len(got) != 6 || got["next"] == "" || len(lines) > 1 {
			f.Errorf("%v: %s", err, r.stderr)
		}
		return
	}
	if len(lines) < 2 || len(lines) > 2 && r.code != exitWrong || !strings.HasPrefix(last, "hint: ") ||
		!strings.HasPrefix(lines[0], "qovery-alias: ") || strings.ContainsAny(r.stderr, "\r\x1b{}") && !strings.Contains(r.stderr, "argument") {
		f.Errorf("stderr is not two lines:\n%s", r.stderr)
	}
}

// split splits words at spaces, except within single quotes.
func split(line string) (words []string) {
	for _, word := range regexp.MustCompile(`(?:[^ ']|'[^']*')+`).FindAllString(line, -1) {
		words = append(words, strings.ReplaceAll(word, "'", ""))
	}
	return words
}
