package main

// The help, and the commands it is about.

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// commands are all of them, in the order of the help.
func commands() []command {
	return []command{
		{"create", "--job UUID (--secret UUID | --secret-key KEY) --key KEY\n" +
			"         [--description TEXT] [--interpolate-in-file] [-o table|json] [--url URL]",
			"create an alias", createHelp + apiHelp, (*call).create},
		{"list", "--job UUID [-o table|json] [--url URL]",
			"list the secrets that a job sees", listHelp + apiHelp, (*call).list},
		{"ensure", "--job UUID ALIAS=SECRET_KEY ...\n" +
			"         [-o table|json] [--url URL]",
			"create the aliases that are missing; safe to repeat", ensureHelp + apiHelp, (*call).ensure},
		{"delete", "--job UUID (--key KEY | --id UUID) [--url URL]",
			"delete an alias, and nothing else", deleteHelp + apiHelp, (*call).delete},
		{"demo", "", "create an alias in a fake Qovery and show the traffic", demoHelp, (*call).demo},
		{"fake", "[--addr 127.0.0.1:0]", "serve a fake Qovery to try things out on", fakeHelp, (*call).fake},
		{"version", "", "show the version", versionHelp, (*call).version},
		{"help", "[COMMAND]", "show this, or how a command is used", helpHelp, (*call).help},
	}
}

const createHelp = `
Gives a secret that the job sees from a higher scope a second key at job level,
and shows the new alias.

  --job UUID              the job
  --secret UUID           the secret that the alias points to, or
  --secret-key KEY        its key: the narrowest secret of this key that is no
                          alias, of a scope above the job's where there is one
  --key KEY               the key of the alias; keys are case sensitive
  --description TEXT      a note, at most 255 characters
  --interpolate-in-file   replace references to the alias inside secret files
  -o table|json           how to show the alias; default: table
` + urlFlag + `
Example:

  qovery-alias create --job 01234567-89ab-cdef-0123-456789abcdef \
    --secret-key DB_PASSWORD --key PGPASSWORD
`

const listHelp = `
Shows all secrets that the job sees, those of higher scopes included, by key. The
values of secrets are never shown.

  --job UUID              the job
  -o table|json           how to show them; default: table
` + urlFlag + `
Example:

  qovery-alias list --job 01234567-89ab-cdef-0123-456789abcdef
`

const ensureHelp = `
Makes sure that the job has all these aliases. ALIAS is the key of the alias,
SECRET_KEY that of its secret: the narrowest one that is no alias, of a scope above
the job's where there is one. Safe to repeat and to run more than once at a time.
There is one line for each alias, failures with the reason:

  created    the alias was missing and has been created
  exists     it was there already and is left as it is
  conflict   the key belongs to something else
  failed     the alias was not created
  unknown    the alias may or may not have been created

  --job UUID              the job
  -o table|json           how to show the lines; default: table
` + urlFlag + `
Example:

  qovery-alias ensure --job 01234567-89ab-cdef-0123-456789abcdef \
    PGPASSWORD=DB_PASSWORD MAIL_PASSWORD=SMTP_PASSWORD
`

const deleteHelp = `
Deletes an alias of the job. The secret behind it stays. Whatever is no alias at
job level is refused, since deleting a secret would delete its aliases with it.

  --job UUID              the job
  --key KEY               the key of the alias, or
  --id UUID               its id
` + urlFlag + `
Example:

  qovery-alias delete --job 01234567-89ab-cdef-0123-456789abcdef --key PGPASSWORD
`

const demoHelp = `
Starts a fake Qovery in this process, creates an alias in it over HTTP, and shows
the request, the answer, and how the same request is refused the second time. Needs
no account and no network but loopback.

Example:

  qovery-alias demo
` + exitHelp

const fakeHelp = `
Serves a fake Qovery, which lives in memory, until it is interrupted. First it
prints what a client needs, as lines that a shell understands: QOVERY_API_URL,
QOVERY_API_TOKEN, JOB_ID and SECRET_ID, and as comments further secrets.

  --addr HOST:PORT        where to listen; default: 127.0.0.1:0, a free port. Off
                          loopback it serves plain http as well, but qovery-alias
                          sends no token there: put https in front of it

Example:

  qovery-alias fake > fake.env & sleep 1
  set -a; . ./fake.env; set +a
  qovery-alias create --job $JOB_ID --secret $SECRET_ID --key PGPASSWORD
` + exitHelp

const versionHelp = `
Shows the version of the program and that of the Go it was built with.

Example:

  qovery-alias version
` + exitHelp

const helpHelp = `
Shows all commands, or how one of them is used; so does the flag -h of each.

Example:

  qovery-alias help create
` + exitHelp

const urlFlag = `  --url URL               where the API is; default: QOVERY_API_URL, see below
`

const apiHelp = environmentHelp + exitHelp

const environmentHelp = `
Environment; what is empty counts as not set:

  QOVERY_API_TOKEN        an API token, or else
  QOVERY_CLI_ACCESS_TOKEN
  Q_CLI_ACCESS_TOKEN      the token of the Qovery CLI: a JWT or an API token
  QOVERY_API_URL          where the API is; default: https://api.qovery.com.
                          Plain http is accepted for loopback addresses only
`

const exitHelp = `
Exit codes:

  0    done
  1    refused or failed
  2    wrong usage or input; nothing was changed
  3    outcome unknown: the change may or may not have been made
  130  interrupted (3 where the outcome is unknown)
`

// usage is the help of one command.
func (cmd *command) usage() string {
	return strings.TrimSpace("Usage: qovery-alias "+cmd.name+" "+cmd.synopsis) + "\n" + cmd.details
}

func (c *call) help(context.Context) error {
	names, err := newFlags().parse(c.args)
	if err != nil {
		return err
	}
	switch len(names) {
	case 0:
		return c.print(overview())
	case 1:
		if cmd := find(names[0]); cmd != nil {
			return c.print(cmd.usage())
		}
		return wrong("unknown command %q", names[0])
	default:
		return wrong("unexpected argument %q", names[1])
	}
}

func overview() string {
	var b strings.Builder
	b.WriteString("qovery-alias gives the secrets of a Qovery job further keys.\n\n" +
		"Usage: qovery-alias COMMAND [ARGUMENTS]\n\n")
	for _, cmd := range commands() {
		fmt.Fprintf(&b, "  %-9s %s\n", cmd.name, cmd.summary)
	}
	b.WriteString("\nHow one of them is used: qovery-alias help COMMAND\n" + environmentHelp + exitHelp)
	return b.String()
}

func (c *call) version(context.Context) error {
	if err := newFlags().parseAlone(c.args); err != nil {
		return err
	}
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		version = info.Main.Version
	}
	return c.print(fmt.Sprintf("qovery-alias %s %s\n", version, runtime.Version()))
}
